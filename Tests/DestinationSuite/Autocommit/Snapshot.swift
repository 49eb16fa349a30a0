import LoadPackages
import SQLite

/// All that a file of the destination without transactions holds, but for what is another in each run.
struct Snapshot: Hashable {
    struct Contents: Hashable {
        /// Name, type and constraint.
        var columns: [[String]]
        /// Values in the order of the columns, nil for null.
        var rows: [[String?]]
    }

    private(set) var tables: [String: Contents] = [:]
    /// Indexes, and whatever else is no table.
    private(set) var others: [String] = []

    /// Columns that are drawn or read from the clock.
    private static let volatile = [
        "_dlt_loads": ["inserted_at"], "_dlt_version": ["inserted_at"],
        "_dlt_pipeline_state": ["created_at", "_dlt_id"],
    ]

    init(_ file: String) throws {
        let database = try Database.open(file)
        for row in try Snapshot.rows("SELECT name, type FROM sqlite_master", database) {
            guard let name = row[0] else { continue }
            guard row[1] == "table" else {
                others.append(name)
                continue
            }
            let table = Database.quoteIdentifier(name)
            let columns = try Snapshot.rows(
                "SELECT name, type, \"notnull\" FROM pragma_table_info(\(Database.quoteLiteral(name)))", database
            ).map { $0.map { $0 ?? "" } }.filter { Snapshot.volatile[name]?.contains($0[0]) != true }
            let values = columns.map { "quote(\(Database.quoteIdentifier($0[0])))" }.joined(separator: ", ")
            let rows = try Snapshot.rows("SELECT \(values) FROM \(table)", database).map { row in
                row.map { $0 == "NULL" ? nil : $0 }
            }
            tables[name] = Contents(columns: columns, rows: rows.sorted { "\($0)" < "\($1)" })
        }
        others.sort()
    }

    /// A file that is not there holds nothing.
    init() {}

    private static func rows(_ sql: String, _ database: Database) throws -> [[String?]] {
        let statement = try database.prepare(sql)
        var rows: [[String?]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { statement.isNull($0) ? nil : statement.string($0) })
        }
        return rows
    }

    /// Values of columns as they are told, not quoted; none when there is no such table.
    static func rows(of table: String, _ columns: [String], in file: String) throws -> [[String?]] {
        let database = try Database.open(file)
        let known = try rows("SELECT name FROM sqlite_master WHERE name = \(Database.quoteLiteral(table))", database)
        if known.isEmpty { return [] }
        let names = columns.map { Database.quoteIdentifier($0) }.joined(separator: ", ")
        return try rows("SELECT \(names) FROM \(Database.quoteIdentifier(table))", database)
    }

    /// Rows of a table, of some of its columns.
    func rows(_ table: String, _ columns: [String]) -> [[String?]] {
        guard let contents = tables[table] else { return [] }
        let places = columns.map { name in contents.columns.firstIndex { $0[0] == name } }
        return contents.rows.map { row in places.map { $0.flatMap { row[$0] } } }
    }

    // MARK: Loads

    private func loads(_ condition: (String) -> Bool) -> Set<String> {
        Set(rows("_dlt_loads", ["load_id", "status"]).compactMap { condition($0[1] ?? "") ? $0[0] : nil })
    }

    /// Loads that readers believe.
    var valid: Set<String> { loads { $0 == "0" } }
    /// Loads that are being published.
    var marked: Set<String> { loads { $0 != "0" }.subtracting(valid) }

    /// Without staging tables and marks, which readers do not look at.
    var visible: Snapshot {
        var result = self
        result.others = []
        result.tables = tables.filter { AutocommitDialect.load(ofStaging: $0.key) == nil }
        if let loads = tables["_dlt_loads"], let status = loads.columns.firstIndex(where: { $0[0] == "status" }) {
            result.tables["_dlt_loads"]?.rows = loads.rows.filter { $0[status] == "0" }
        }
        return result
    }

    /// What differs, in words.
    func differences(from expected: Snapshot) -> [String] {
        var found: [String] = []
        for name in Set(tables.keys).union(expected.tables.keys).sorted() where tables[name] != expected.tables[name] {
            let (mine, theirs) = (tables[name], expected.tables[name])
            found.append(
                "\(name): \(mine.map { "\($0)" } ?? "absent") instead of \(theirs.map { "\($0)" } ?? "absent")")
        }
        if others != expected.others { found.append("\(others) instead of \(expected.others)") }
        return found
    }
}
