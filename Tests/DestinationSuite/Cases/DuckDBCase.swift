import ArgumentParser
import DestinationKinds
import Destinations
import DuckDB
import DuckDBConnector
import Glibc
import Schemas
import SystemIO
import TestSupport

struct DuckDBCase: DestinationCase {
    let kind = DestinationKind.duckdb
    var absence: String? { DuckDBLibrary.isThere ? nil : DuckDBLibrary.absence }

    func open(_ target: DestinationTarget) throws -> any Destination {
        try DuckDBDestination(target, DuckDBDestination.Options.parse([]))
    }

    func dataset(of pipeline: String, in folder: WorkDirectory) -> any TestDataset {
        DuckDBTestDataset(file: folder.path("x.duckdb"), name: pipeline + "_dataset")
    }

    let declaredTypes = [
        "a_text": "VARCHAR", "a_bigint": "BIGINT", "a_double": "DOUBLE", "a_bool": "BOOLEAN",
        "a_timestamp": "TIMESTAMP WITH TIME ZONE", "naive": "TIMESTAMP", "a_date": "DATE", "a_time": "TIME",
        "a_json": "JSON", "a_decimal": "DECIMAL(38,9)", "a_wei": "DECIMAL(38,0)", "a_binary": "BLOB",
        "small": "SMALLINT", "middle": "INTEGER", "p_decimal": "DECIMAL(10,9)", "ps_decimal": "DECIMAL(10,2)",
        "a_short": "VARCHAR",
    ]

    func text(_ column: String, _ type: DataType) -> String {
        switch type {
        case .timestamp: "strftime(\(column)::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%f')"
        case .time: "strftime(DATE '2000-01-01' + \(column), '%H:%M:%S.%f')"
        case .binary: "hex(\(column))"
        default: column
        }
    }

    /// Its numbers have 38 digits.
    let differences: [String: String?] = [
        "wei 115792089237316195423570985008687907853269984665640564039457584007913129639935": nil
    ]

    /// U+0000 is left out, as dlt does.
    func kept(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" }))
    }

    /// It knows who has the file.
    let lockHolder = "dlt-test-duckdb (PID "
}

/// A schema of a file, which is looked at by the library, in a database of its own for each look: one process has the file at a time.
private final class DuckDBTestDataset: TestDataset {
    private let file: String
    let name: String
    var url: String { "duckdb:///" + file }
    var client: String { "dlt-test-duckdb '\(file)'" }

    init(file: String, name: String) {
        self.file = file
        self.name = name
    }

    func exists() -> Bool { Files.exists(file) }

    /// Waits for a program that is just ending.
    private func open(_ access: String, seconds: Double) throws(DuckDBError) -> Database {
        let deadline = Clock.monotonicNanoseconds() + Int64(seconds * 1e9)
        while true {
            do throws(DuckDBError) {
                return try Database.open(file, [("access_mode", access), ("threads", "1"), ("temp_directory", "")])
            } catch {
                guard error.isLock, Clock.monotonicNanoseconds() < deadline else { throw error }
                usleep(10_000)
            }
        }
    }

    private func connected<Result>(
        _ access: String, seconds: Double = 10, _ body: (Database) throws -> Result
    ) throws -> Result {
        let database = try open(access, seconds: seconds)
        defer { database.close() }
        // A library without time zones has no such option; all its times are UTC.
        _ = try? database.execute("SET GLOBAL TimeZone = 'UTC'")
        return try body(database)
    }

    func execute(_ sql: String) throws {
        try connected("READ_WRITE") { database in
            try database.execute("CREATE SCHEMA IF NOT EXISTS \(name)")
            try database.execute("USE \(name)")
            try database.execute(sql)
        }
    }

    func query(_ sql: String) throws -> [[String?]] { try query(sql, seconds: 10) }

    private func query(_ sql: String, seconds: Double) throws -> [[String?]] {
        try connected("READ_ONLY", seconds: seconds) { database in
            try database.execute("USE \(name)")
            return try database.query(sql)
        }
    }

    func look(_ sql: String) throws -> [[String?]]? {
        do { return try query(sql, seconds: 0) } catch let error as DuckDBError {
            if error.isLock { return nil }
            throw error
        }
    }

    /// Also of other schemas, which no load may leave anything in.
    func tables() throws -> [String] {
        guard exists() else { return [] }
        return try connected("READ_ONLY") { database in
            try database.query("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal")
        }.map { $0[0] == name ? $0[1] ?? "" : "\($0[0] ?? "").\($0[1] ?? "")" }
    }

    func columns(of table: String) throws -> [TestColumn] {
        try query(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE schema_name = '\(name)' "
                + "AND table_name = \(Database.quoteLiteral(table)) ORDER BY column_index"
        ).map { TestColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNullable: $0[2] == "true") }
    }

    func indexes(of table: String) throws -> [TestIndex] {
        try query(
            "SELECT index_name, expressions, is_unique FROM duckdb_indexes() WHERE schema_name = '\(name)' "
                + "AND table_name = \(Database.quoteLiteral(table)) ORDER BY index_name"
        ).map { TestIndex(name: $0[0] ?? "", columns: $0[1] ?? "", isUnique: $0[2] == "true") }
    }

    func lock() throws -> AnyObject { try Holder(file) }

    /// Another program that has the file open.
    private final class Holder {
        private var process: ChildProcess

        init(_ file: String) throws {
            process = try ChildProcess.spawn(
                argv: [Paths.join(buildFolder, "dlt-test-duckdb"), file], stdin: .pipe, stdout: .pipe)
            guard let output = process.standardOutput.take() else { return }
            var first = [UInt8](repeating: 0, count: 5)
            let count = try first.withUnsafeMutableBytes { (bytes) throws(SystemError) in try output.read(into: bytes) }
            if count == 0 { throw NotOpened(file: file) }
        }

        deinit {
            process.signal()
            _ = try? process.wait()
        }
    }

    private struct NotOpened: Error { let file: String }
}
