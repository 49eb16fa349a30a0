import JSONText
import ProgramSupport

/// The configured catalog: which streams a source reads, and how.
struct AirbyteCatalog {
    private(set) var document: JSONObject
    /// Names that several of the streams have, before any are left out: a selection must not rename the others.
    private let sharedNames: Set<String>

    /// A person's configured catalog, or what `discover` printed.
    init(_ bytes: [UInt8], from place: String) throws {
        let value: JSONValue
        do throws(JSONSyntaxError) { value = try JSONValue(parsing: bytes) } catch {
            throw AirbyteCatalog.unreadable(place, "\(error)")
        }
        let document = value["catalog"]?.objectValue ?? value.objectValue
        guard let document, let streams = document["streams"]?.arrayValue else {
            throw AirbyteCatalog.unreadable(place, "it has no list of streams")
        }
        // The streams that a source offers are not configured yet.
        let isConfigured = streams.allSatisfy { $0["stream", "name"]?.stringValue != nil }
        self.init(try isConfigured ? document : AirbyteCatalog.configured(streams, from: place))
    }

    private init(_ document: JSONObject) {
        self.document = document
        let names = (document["streams"]?.arrayValue ?? []).map { Stream(document: $0).name }
        sharedNames = Set(Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys)
    }

    init(offered document: JSONObject, from place: String) throws {
        self.init(try AirbyteCatalog.configured(document["streams"]?.arrayValue ?? [], from: place))
    }

    private static func configured(_ streams: [JSONValue], from place: String) throws -> JSONObject {
        guard streams.allSatisfy({ $0["name"]?.stringValue != nil }) else {
            throw unreadable(place, "a stream has no name")
        }
        return ["streams": .array(streams.map(configured))]
    }

    private static func unreadable(_ place: String, _ reason: String) -> ProgramError {
        ProgramError(
            .data, "unable to read the catalog of \(place): \(reason)",
            hint: "a catalog is an object with streams, as the source prints them for discover, or configured by hand")
    }

    /// Incremental where it is offered, and by the source's own keys.
    private static func configured(_ stream: JSONValue) -> JSONValue {
        let modes = stream["supported_sync_modes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let cursor = stream["default_cursor_field"]?.arrayValue ?? []
        let key = stream["source_defined_primary_key"]?.arrayValue ?? []
        let hasCursor = stream["source_defined_cursor"]?.boolValue == true || !cursor.isEmpty
        let isIncremental = modes.contains("incremental") && hasCursor
        return [
            "stream": stream, "sync_mode": isIncremental ? "incremental" : "full_refresh",
            "destination_sync_mode": isIncremental ? (key.isEmpty ? "append" : "append_dedup") : "overwrite",
            "cursor_field": .array(cursor), "primary_key": .array(key),
        ]
    }

    /// One configured stream.
    struct Stream {
        let document: JSONValue

        var name: String { document["stream", "name"]?.stringValue ?? "" }
        var namespace: String? { document["stream", "namespace"]?.stringValue }
        /// As `--list` shows it.
        var fullName: String { namespace.map { "\($0).\(name)" } ?? name }
        /// All the names that `--select` knows it by.
        var names: [String] { [name, fullName] }
        var isIncremental: Bool { document["sync_mode"]?.stringValue == "incremental" }
        var destinationMode: String { document["destination_sync_mode"]?.stringValue ?? "append" }
        var schema: JSONValue { document["stream", "json_schema"] ?? [:] }

        /// Names of columns; a path into nested objects as the column that it becomes.
        var key: [String] {
            var paths = document["primary_key"]?.arrayValue ?? []
            if paths.isEmpty { paths = document["stream", "source_defined_primary_key"]?.arrayValue ?? [] }
            return paths.compactMap { path in
                path.stringValue ?? path.arrayValue.map { $0.compactMap(\.stringValue).joined(separator: "__") }
            }
        }

        /// How its table is written unless something else is said.
        var usualDisposition: String {
            switch destinationMode {
            case "overwrite", "overwrite_dedup": "replace"
            case "append_dedup" where !key.isEmpty: "merge"
            default: "append"
            }
        }
    }

    var streams: [Stream] { (document["streams"]?.arrayValue ?? []).map(Stream.init) }

    /// The streams as resources: by their names, with the namespace where several have one name.
    var resources: [(name: String, stream: Stream)] {
        streams.map { stream in
            (sharedNames.contains(stream.name) ? "\(stream.namespace ?? "").\(stream.name)" : stream.name, stream)
        }
    }

    mutating func select(_ selection: StreamSelection) throws {
        if selection.isEmpty { return }
        let offered = streams.map(\.fullName)
        if let pattern = selection.unmatched(streams.map(\.names)) {
            throw ProgramError(
                .usage, "unable to select \(pattern): the source offers no stream of that name",
                hint: "it offers \(offered.prefix(12).joined(separator: ", "))"
                    + (offered.count > 12 ? " and \(offered.count - 12) more; --list shows all" : ""))
        }
        document["streams"] = .array(streams.filter { selection.takes($0.names) }.map(\.document))
    }
}
