import DatasetReaders
import Digests
import JSONText
import ProgramSupport
import QueryExpressions
import Schemas

/// The rows of a table as two loads left them, compared by their keys; without a primary key, by all that is in them.
///
/// A table that appends keeps the rows of each load; one with the strategy scd2 keeps each version and its time. Other tables forget what was there.
struct LoadDiff {
    struct Counts {
        var added = 0
        var gone = 0
        var changed = 0
        var same = 0
    }

    /// `LOAD1..LOAD2`, found in the table of loads.
    struct Loads {
        let first: (id: String, time: String)
        let second: (id: String, time: String)

        init(_ text: String, _ session: any ReadingSession, _ tables: QueryTables) throws {
            let ends = text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let table = tables.loads else {
                throw ProgramError(.data, "unable to compare loads: the dataset has no table of loads")
            }
            var request = QueryRequest(table: table.name)
            request.columns = [table.loadID, table.insertedAt]
            request.conditions = ["\(QueryRequest.name(table.status)) = 0"]
            request.order = QueryRequest.name(table.insertedAt)
            guard let dialect = session.portableDialect else {
                throw ProgramError(.usage, "unable to compare loads in this kind of database")
            }
            let all = try session.texts(PortableQuery(request, tables).statement(dialect).query)
                .map { (id: $0[0] ?? "", time: $0[1] ?? "") }
            func find(_ word: String) throws -> (id: String, time: String) {
                if word == "latest", let last = all.last { return last }
                if let exact = all.first(where: { $0.id == word }) { return exact }
                let near = all.filter { !word.isEmpty && $0.id.hasPrefix(word) }
                guard near.count == 1 else {
                    throw ProgramError(
                        .data,
                        "unable to compare loads: \(near.isEmpty ? "no load has" : "several loads have") the id '\(word)'",
                        hint: all.isEmpty
                            ? nil : "the newest are \(all.suffix(3).map(\.id).joined(separator: ", "))")
                }
                return near[0]
            }
            guard ends.count == 2 else {
                throw ProgramError(
                    .usage, "unable to read --diff '\(text)': it is not LOAD1..LOAD2",
                    hint: "for example --diff \(all.dropLast().last?.id ?? "1733000000.1")..latest")
            }
            first = try find(ends[0])
            second = try find(ends[1])
        }
    }

    private let table: DatasetTable
    private let first: Query
    private let second: Query
    private let names: [String]
    private let types: [QueryType]
    private let keys: [Int]
    private let session: any ReadingSession

    /// Why two loads of the table cannot be compared; nil where they can.
    static func obstacle(_ table: DatasetTable, in catalog: DatasetCatalog) -> String? {
        guard let schema = catalog.schemas.first(where: { $0[table: table.name] != nil }) else {
            return "no schema describes it"
        }
        switch schema.writeDisposition(of: table.name) {
        case .append: return nil
        case .merge where schema.root(of: table.name)?.mergeStrategy == "scd2":
            return table.parent == nil ? nil : "child tables of scd2 do not say until when their rows were valid"
        case .merge: return "its write disposition is merge, so that only the newest version of a row is kept"
        case .replace: return "its write disposition is replace, so that only the rows of the last load are kept"
        case .skip: return "it is one of dlt's own"
        }
    }

    init(
        _ table: DatasetTable, _ loads: Loads, _ request: QueryRequest, _ session: any ReadingSession,
        _ dialect: any QueryDialect, _ tables: QueryTables
    ) throws {
        self.table = table
        self.session = session
        let columns = table.columns.filter { !table.isSystem($0) }
        func column(_ hint: String) -> String? { table.columns.first { $0.definition?.has(hint) ?? false }?.name }
        let validity = column("x-valid-from").flatMap { from in column("x-valid-to").map { (from: from, to: $0) } }
        func statement(_ load: (id: String, time: String)) throws -> PortableStatement {
            var request = request
            request.table = table.name
            request.columns = columns.map(\.name).filter { $0 != validity?.from && $0 != validity?.to }
            if let validity {
                let (from, until) = (QueryRequest.name(validity.from), QueryRequest.name(validity.to))
                request.conditions += [
                    "\(from) <= '\(load.time)'", "(\(until) is null or \(until) > '\(load.time)')",
                ]
            } else {
                request.loads = load.id
            }
            return try PortableQuery(request, tables).statement(dialect)
        }
        let before = try statement(loads.first)
        let after = try statement(loads.second)
        (first, second) = (before.query, after.query)
        let names = after.columns.map(\.name)
        self.names = names
        types = after.columns.map(\.type)
        let key = table.columns.filter { $0.definition?.has("primary_key") ?? false }.map(\.name)
        let places = key.compactMap { names.firstIndex(of: $0) }
        keys = places.isEmpty || places.count < key.count ? Array(names.indices) : places
    }

    // MARK: Comparing

    private struct Entry {
        var content: UInt64
        /// Rows with the same key, or the same content where that is the key.
        var count: Int
    }

    /// Two digests, so that rows which only look alike are not taken for the same.
    private struct Key: Hashable {
        let one: UInt64
        let two: UInt64
    }

    private func digest(_ rows: any QueryRows, _ columns: [Int], seed: UInt64) -> UInt64 {
        var digest = XXH64(seed: seed)
        var text: [UInt8] = []
        for column in columns {
            CellText.append(rows.cell(column), to: &text)
            text.append(0)
        }
        text.withUnsafeBytes { digest.update($0) }
        return digest.digest()
    }

    private func key(_ rows: any QueryRows) -> Key {
        Key(one: digest(rows, keys, seed: 1), two: digest(rows, keys, seed: 2))
    }

    private func content(_ rows: any QueryRows) -> UInt64 { digest(rows, Array(names.indices), seed: 3) }

    /// Hands over each row that differs, with what has become of it: rows of the second load first.
    func compare(_ body: (String, any QueryRows) throws -> Void) throws -> Counts {
        var counts = Counts()
        var known: [Key: Entry] = [:]
        let before = try session.open(first)
        while try before.next() {
            known[key(before), default: Entry(content: content(before), count: 0)].count += 1
        }
        before.close()
        var changed: Set<Key> = []
        let after = try session.open(second)
        while try after.next() {
            let key = key(after)
            guard let entry = known[key], entry.count > 0 else {
                counts.added += 1
                try body("added", after)
                continue
            }
            known[key]?.count -= 1
            if entry.content == content(after) {
                counts.same += 1
            } else {
                counts.changed += 1
                changed.insert(key)
                try body("changed", after)
            }
        }
        after.close()
        known = known.filter { $0.value.count > 0 }
        counts.gone = known.reduce(0) { $0 + $1.value.count }
        guard counts.gone > 0 || !changed.isEmpty else { return counts }
        let again = try session.open(first)
        defer { again.close() }
        while try again.next() {
            let key = key(again)
            if changed.contains(key) {
                try body("before", again)
            } else if let entry = known[key], entry.count > 0 {
                known[key]?.count -= 1
                try body("gone", again)
            }
        }
        return counts
    }

    /// The columns of the rows, after one that says what has become of them.
    var columns: [QueryColumn] {
        [QueryColumn(name: "change", type: .text)]
            + zip(names, types).map { QueryColumn(name: $0, type: $1.dataType) }
    }
}

/// A row with a word before it.
final class MarkedRow: QueryRows {
    let columns: [QueryColumn]
    private var word: [UInt8] = []
    private var row: (any QueryRows)?

    init(_ columns: [QueryColumn]) { self.columns = columns }

    func set(_ word: String, _ row: any QueryRows) {
        self.word = Array(word.utf8)
        self.row = row
    }

    func next() -> Bool { false }

    func cell(_ column: Int) -> QueryCell {
        guard column == 0 else { return row?.cell(column - 1) ?? .null }
        // The array stays where it is until the next row.
        return word.withUnsafeBufferPointer { .text(UnsafeBufferPointer(start: $0.baseAddress, count: $0.count)) }
    }

    func close() {}
}
