import JSONText
import SQLite
import SystemIO
import TestSupport

/// A file of SQLite, whose records are whole.
struct SQLitePlace: ConformancePlace {
    let name = "SQLite"
    let cases = ConformanceCase.all

    func arguments(_ work: WorkDirectory) -> [String] { ["sqlite:///" + work.path("x.db")] }

    func dump(_ work: WorkDirectory) throws -> Dump? {
        let path = work.path("x.db")
        return Files.exists(path) ? try Dump(SQLiteReading(Database.open(path, flags: .readOnly))) : nil
    }

    func expectation(of conformance: ConformanceCase) throws -> [JSONValue] { try conformance.recorded() }
}

private struct SQLiteReading: ConformanceDatabase {
    let database: Database

    init(_ database: Database) { self.database = database }

    func tableNames() throws -> [String] {
        try query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).map { $0[0] ?? "" }
    }

    func columns(of table: String) throws -> [[JSONValue]] {
        let info = try database.prepare("PRAGMA table_info(\(quoted(table)))")
        var columns: [[JSONValue]] = []
        while try info.step() {
            columns.append([.string(info.string(1)), .string(info.string(2)), .integer(info.int64(3))])
        }
        return columns
    }

    func rows(of table: String, columns: [(name: String, type: String)]) throws -> [JSONObject] {
        // A scan is in rowid order; a column may be named rowid.
        let statement = try database.prepare(
            "SELECT \(columns.map { quoted($0.name) }.joined(separator: ", ")) FROM \(quoted(table))")
        var rows: [JSONObject] = []
        while try statement.step() {
            var row: JSONObject = [:]
            for (index, column) in columns.enumerated() { row[column.name] = cell(statement, index, column.type) }
            rows.append(row)
        }
        return rows
    }

    private func cell(_ statement: Statement, _ index: Int, _ declared: String) -> JSONValue? {
        switch statement.type(index) {
        case .null: nil
        case .integer: .integer(statement.int64(index))
        case .float: realCell(statement.double(index))
        case .blob: ["hex": .string(hex(statement.blob(index)))]
        case .text:
            declared.uppercased() == "JSON" ? jsonCell(statement.string(index)) : .string(statement.string(index))
        }
    }

    private func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    func query(_ sql: String) throws -> [[String?]] {
        let statement = try database.prepare(sql)
        var rows: [[String?]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { statement.isNull($0) ? nil : statement.string($0) })
        }
        return rows
    }
}
