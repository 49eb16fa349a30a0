import DestinationKinds
import Destinations
import SQLite
import SQLiteConnector
import Schemas
import SystemIO
import TestSupport

struct SQLiteCase: DestinationCase {
    let kind = DestinationKind.sqlite
    let absence: String? = nil

    func open(_ target: DestinationTarget) throws -> any Destination { try SQLiteDestination(target, NoOptions()) }

    func dataset(of pipeline: String, in folder: WorkDirectory) -> any TestDataset {
        SQLiteTestDataset(file: folder.path("x.db"))
    }

    let declaredTypes = [
        "a_text": "TEXT", "a_bigint": "BIGINT", "a_double": "DOUBLE", "a_bool": "BOOLEAN", "a_timestamp": "DATETIME",
        "naive": "DATETIME", "a_date": "DATE", "a_time": "TIME", "a_json": "JSON", "a_decimal": "NUMERIC(38, 9)",
        "a_wei": "TEXT", "a_binary": "BLOB", "small": "SMALLINT", "middle": "INTEGER", "p_decimal": "NUMERIC(10)",
        "ps_decimal": "NUMERIC(10, 2)", "s_decimal": "NUMERIC", "a_short": "VARCHAR(10)",
    ]

    func text(_ column: String, _ type: DataType) -> String {
        switch type {
        case .binary: "hex(\(column))"
        default: column
        }
    }

    /// Numbers with digits behind the point are doubles there, whatever their column is called.
    let differences: [String: String?] = [
        "decimal 12345678901234567890.123456789": "12345678901234567000",
        "decimal 99999999999999999999999999999.999999999": "100000000000000000000000000000",
        "decimal -99999999999999999999999999999.999999999": "-100000000000000000000000000000",
    ]
}

/// A file, which is looked at by the library.
private final class SQLiteTestDataset: TestDataset {
    private let file: String
    let name = "main"
    var url: String { "sqlite:///" + file }
    var client: String { "sqlite3 -bail '\(file)'" }

    init(file: String) { self.file = file }

    func exists() -> Bool { Files.exists(file) }

    func execute(_ sql: String) throws { try Database.open(file, busyTimeoutMilliseconds: 10_000).execute(sql) }

    func query(_ sql: String) throws -> [[String?]] {
        // A reader that may write rolls back what a killed load has left, as the next load does.
        let database = try Database.open(file, flags: .readWrite, busyTimeoutMilliseconds: 10_000)
        return try rows(of: sql, database)
    }

    func look(_ sql: String) throws -> [[String?]]? {
        do { return try rows(of: sql, Database.open(file, flags: .readOnly)) } catch let error as SQLiteError {
            if error.isBusy { return nil }
            throw error
        }
    }

    private func rows(of sql: String, _ database: Database) throws -> [[String?]] {
        let statement = try database.prepare(sql)
        var rows: [[String?]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { text(statement, $0) })
        }
        return rows
    }

    /// The library's own text of a double has 15 digits.
    private func text(_ statement: Statement, _ column: Int) -> String? {
        if statement.isNull(column) { return nil }
        return statement.type(column) == .float ? "\(statement.double(column))" : statement.string(column)
    }

    func tables() throws -> [String] { try query("SELECT name FROM sqlite_master").compactMap { $0[0] } }

    func columns(of table: String) throws -> [TestColumn] {
        try query("SELECT name, type, \"notnull\" FROM pragma_table_info(\(Database.quoteLiteral(table)))").map {
            TestColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNullable: $0[2] == "0")
        }
    }

    func indexes(of table: String) throws -> [TestIndex] {
        try query(
            """
            SELECT i.name, (SELECT group_concat(name) FROM pragma_index_info(i.name)), i."unique" \
            FROM pragma_index_list(\(Database.quoteLiteral(table))) AS i \
            ORDER BY (SELECT min(cid) FROM pragma_index_info(i.name))
            """
        ).map { TestIndex(name: $0[0] ?? "", columns: $0[1] ?? "", isUnique: $0[2] == "1") }
    }

    func lock() throws -> AnyObject {
        let database = try Database.open(file)
        try database.execute("BEGIN IMMEDIATE; CREATE TABLE locked (a)")
        return database
    }
}
