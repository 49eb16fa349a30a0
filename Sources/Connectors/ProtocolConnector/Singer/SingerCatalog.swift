import ArgumentParser
import JSONText
import ProgramSupport

/// The streams that a tap offers, as its `--discover` prints them, with what a run selects of them.
struct SingerCatalog {
    private(set) var document: JSONObject

    init(_ bytes: [UInt8], from place: String) throws {
        let value: JSONValue
        do throws(JSONSyntaxError) { value = try JSONValue(parsing: bytes) } catch {
            throw ProgramError(
                .data, "unable to read the catalog of \(place): \(error)",
                hint: "a catalog is what the tap prints with --discover: an object with streams")
        }
        guard let document = value.objectValue, document["streams"]?.arrayValue != nil else {
            throw ProgramError(
                .data, "unable to read the catalog of \(place): it has no list of streams",
                hint: "a catalog is what the tap prints with --discover: an object with streams")
        }
        self.document = document
    }

    var streams: [Stream] { (document["streams"]?.arrayValue ?? []).compactMap { $0.objectValue.map(Stream.init) } }

    /// One stream of a catalog.
    struct Stream {
        private(set) var document: JSONObject

        init(document: JSONObject) { self.document = document }

        /// The name in messages.
        var name: String { document["stream"]?.stringValue ?? identifier }
        var identifier: String { document["tap_stream_id"]?.stringValue ?? document["stream"]?.stringValue ?? "" }
        /// All the names that users may know it by.
        var names: [String] { [identifier, name] + (document["table_name"]?.stringValue.map { [$0] } ?? []) }

        var isSelected: Bool { selection ?? false }
        /// Whether a run reads it: a tap decides about a stream of which the catalog says nothing.
        var isRead: Bool { selection ?? metadata([])["selected-by-default"]?.boolValue ?? false }

        private var selection: Bool? {
            (metadata([])["selected"] ?? document["selected"] ?? document["schema"]?["selected"])?.boolValue
        }

        /// FULL_TABLE, INCREMENTAL or LOG_BASED; nil when the tap decides.
        var method: String? {
            let metadata = metadata([])
            let said = [
                metadata["forced-replication-method"], metadata["replication-method"], document["replication_method"],
            ]
            // Some taps write an empty one where they force none.
            return said.compactMap { $0?.stringValue }.first { !$0.isEmpty }
        }

        var key: [String] {
            (metadata([])["table-key-properties"] ?? document["key_properties"])?.arrayValue?.compactMap(\.stringValue)
                ?? []
        }

        var replicationKeys: [String] {
            metadata([])["valid-replication-keys"]?.arrayValue?.compactMap(\.stringValue)
                ?? document["replication_key"]?.stringValue.map { [$0] } ?? []
        }

        func metadata(_ breadcrumb: [String]) -> JSONObject {
            let wanted = JSONValue.strings(breadcrumb)
            let entry = document["metadata"]?.arrayValue?.first { $0["breadcrumb"] == wanted }
            return entry?["metadata"]?.objectValue ?? [:]
        }

        mutating func set(_ key: String, _ value: JSONValue, at breadcrumb: [String]) {
            let wanted = JSONValue.strings(breadcrumb)
            var entries = document["metadata"]?.arrayValue ?? []
            var members = metadata(breadcrumb)
            members[key] = value
            let entry: JSONValue = .object(["breadcrumb": wanted, "metadata": .object(members)])
            if let place = entries.firstIndex(where: { $0["breadcrumb"] == wanted }) {
                entries[place] = entry
            } else {
                entries.append(entry)
            }
            document["metadata"] = .array(entries)
        }

        /// In all the places where taps of any age look.
        mutating func select(_ isSelected: Bool) {
            set("selected", .bool(isSelected), at: [])
            document["selected"] = .bool(isSelected)
            if var schema = document["schema"]?.objectValue {
                schema["selected"] = .bool(isSelected)
                document["schema"] = .object(schema)
            }
        }

        var columns: [String] { document["schema"]?["properties"]?.objectValue?.keys ?? [] }

        /// Whether a pattern is about one of the columns, as STREAM.COLUMN.
        func hasColumn(_ pattern: String) -> Bool { columns.contains { isColumn($0, pattern) } }

        private func isColumn(_ column: String, _ pattern: String) -> Bool {
            pattern.contains(".") && names.contains { StreamSelection.matches("\($0).\(column)", pattern) }
        }

        /// Selects the columns that rules name; if they only exclude some, the others.
        mutating func selectColumns(_ selection: StreamSelection) {
            let isNarrowed = selection.rules.contains { !$0.isExclusion && hasColumn($0.pattern) }
            for column in columns {
                let breadcrumb = ["properties", column]
                let known = metadata(breadcrumb)
                if known["inclusion"] == "automatic" || known["inclusion"] == "unsupported" { continue }
                let rule = selection.rules.last { isColumn(column, $0.pattern) }
                let usual = known["selected"]?.boolValue ?? known["selected-by-default"]?.boolValue ?? true
                set("selected", .bool(rule.map { !$0.isExclusion } ?? (usual && !isNarrowed)), at: breadcrumb)
            }
        }

        mutating func replicate(_ method: ReplicationMethod) {
            set("replication-method", .string(method.name), at: [])
            document["replication_method"] = .string(method.name)
            if let column = method.column {
                set("replication-key", .string(column), at: [])
                document["replication_key"] = .string(column)
            }
        }
    }

    /// Selects streams, and their columns; without rules what the tap itself selected, or all if it selected none.
    mutating func select(_ selection: StreamSelection) throws {
        var streams = streams
        if let pattern = selection.unmatchedColumn(streams) {
            throw ProgramError(
                .usage, "unable to select \(pattern): the tap offers no stream of that name",
                hint: SingerCatalog.offer(streams.map(\.identifier)))
        }
        let whole = try StreamSelection(selection.wholeStreams(streams))
        let hasOwn = streams.contains(where: \.isSelected)
        for place in streams.indices {
            let isWanted =
                whole.isEmpty ? (hasOwn ? streams[place].isSelected : true) : whole.takes(streams[place].names)
            streams[place].select(isWanted)
            if isWanted { streams[place].selectColumns(selection) }
        }
        document["streams"] = .array(streams.map { .object($0.document) })
    }

    /// Sets how streams are replicated.
    mutating func replicate(_ methods: [ReplicationMethod]) throws {
        var streams = streams
        for method in methods {
            var isMet = false
            for place in streams.indices
            where streams[place].names.contains(where: { StreamSelection.matches($0, method.pattern) }) {
                streams[place].replicate(method)
                isMet = true
            }
            if !isMet {
                throw ProgramError(
                    .usage, "unable to replicate \(method.pattern): the tap offers no stream of that name",
                    hint: SingerCatalog.offer(streams.map(\.identifier)))
            }
        }
        document["streams"] = .array(streams.map { .object($0.document) })
    }

    private static func offer(_ names: [String]) -> String {
        let shown = names.prefix(12).joined(separator: ", ")
        return names.isEmpty
            ? "it offers none at all; check its configuration"
            : "it offers \(shown)" + (names.count > 12 ? " and \(names.count - 12) more; --list shows all" : "")
    }
}

/// A value of `--replication`: STREAM=FULL_TABLE, STREAM=INCREMENTAL:COLUMN or STREAM=LOG_BASED.
struct ReplicationMethod: Equatable {
    let pattern: String
    let name: String
    let column: String?

    init(_ text: String) throws {
        let mistake = ValidationError(
            "'--replication \(text)': expected STREAM=METHOD, such as orders=INCREMENTAL:updated_at, 'log*=FULL_TABLE' or x=LOG_BASED."
        )
        guard let equals = text.lastIndex(of: "="), equals != text.startIndex else { throw mistake }
        pattern = String(text[..<equals])
        let parts = text[text.index(after: equals)...].split(separator: ":", maxSplits: 1).map(String.init)
        guard let method = parts.first?.uppercased().replacing("-", with: "_") else { throw mistake }
        switch (method, parts.count) {
        case ("INCREMENTAL", 2): column = parts[1]
        case ("FULL_TABLE", 1), ("LOG_BASED", 1): column = nil
        default: throw mistake
        }
        name = method
    }
}

extension StreamSelection {
    /// The rules about streams; one that selects columns selects their streams.
    func wholeStreams(_ streams: [SingerCatalog.Stream]) -> [String] {
        rules.flatMap { rule -> [String] in
            let isWhole =
                !rule.pattern.contains(".")
                || streams.contains { $0.names.contains { StreamSelection.matches($0, rule.pattern) } }
            if isWhole { return [(rule.isExclusion ? "!" : "") + rule.pattern] }
            return rule.isExclusion ? [] : streams.filter { $0.hasColumn(rule.pattern) }.map(\.identifier)
        }
    }

    /// The first inclusion that matches neither a stream nor a column.
    func unmatchedColumn(_ streams: [SingerCatalog.Stream]) -> String? {
        rules.first { rule in
            !rule.isExclusion
                && !streams.contains { stream in
                    stream.hasColumn(rule.pattern)
                        || stream.names.contains { StreamSelection.matches($0, rule.pattern) }
                }
        }?.pattern
    }
}
