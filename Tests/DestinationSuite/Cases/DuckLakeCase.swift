import ArgumentParser
import DestinationKinds
import Destinations
import DuckDB
import DuckDBConnector
import Glibc
import Schemas
import SystemIO
import TestSupport

/// A DuckLake whose catalog is an SQLite file: DuckDB's types and SQL, and rows in files of Parquet.
struct DuckLakeCase: DestinationCase {
    let kind = DestinationKind.duckdb
    let title = "DuckLake"
    var absence: String? {
        if !DuckDBLibrary.isThere { return DuckDBLibrary.absence }
        return DuckDBLibrary.extensions == nil ? DuckDBLibrary.absenceOfExtensions : nil
    }

    func open(_ target: DestinationTarget) throws -> any Destination {
        try DuckDBDestination(
            target, DuckDBDestination.Options.parse(["--extensions", DuckDBLibrary.extensions ?? ""]))
    }

    func dataset(of pipeline: String, in folder: WorkDirectory) throws -> any TestDataset {
        try DuckLakeTestDataset(folder, pipeline + "_dataset")
    }

    private let inFile = DuckDBCase()
    var declaredTypes: [String: String] { inFile.declaredTypes }
    var differences: [String: String?] { inFile.differences }
    func text(_ column: String, _ type: DataType) -> String { inFile.text(column, type) }
    func kept(_ text: String) -> String { inFile.kept(text) }
}

private final class DuckLakeTestDataset: TestDataset {
    private let file: String
    let name: String
    var url: String { "ducklake:sqlite:" + file }
    /// DuckDB looks for extensions there.
    let environment: [String: String]

    init(_ folder: WorkDirectory, _ name: String) throws {
        file = folder.path("lake.sqlite")
        self.name = name
        environment = ["HOME": folder.path("home")]
        try Files.makeDirectory(folder.path("home/.duckdb"), intermediates: true)
        _ = symlink(DuckDBLibrary.extensions ?? "", folder.path("home/.duckdb/extensions"))
    }

    private var attachment: String {
        "ATTACH '\(url)' AS lake (DATA_PATH '\(Paths.withoutExtension(file)).files/')"
    }

    var client: String {
        "bash -c '{ echo \"$0; USE lake;\"; cat; } | dlt-test-duckdb :memory:' \"\(attachment)\""
    }

    func exists() -> Bool { Files.exists(file) }

    /// One for all looks, since the lake lets others in, and to load its extensions takes a while.
    private var opened: Database?

    private func connected() throws -> Database {
        if let opened { return opened }
        let database = try Database.open(
            nil,
            [("threads", "1"), ("temp_directory", ""), ("extension_directory", DuckDBLibrary.extensions ?? "")])
        _ = try? database.execute("SET GLOBAL TimeZone = 'UTC'")
        try database.execute(attachment)
        opened = database
        return database
    }

    /// Where a name without a schema leads; before the first load there is none.
    private func connectedToDataset() throws -> Database {
        let database = try connected()
        try database.execute("USE lake.\(name)")
        return database
    }

    func execute(_ sql: String) throws {
        try connected().execute("CREATE SCHEMA IF NOT EXISTS lake.\(name)")
        try connectedToDataset().execute(sql)
    }

    func query(_ sql: String) throws -> [[String?]] { try connectedToDataset().query(sql) }

    func look(_ sql: String) throws -> [[String?]]? {
        do { return try query(sql) } catch let error as DuckDBError {
            if error.message.contains("database is locked") { return nil }
            throw error
        }
    }

    func tables() throws -> [String] {
        guard exists() else { return [] }
        return try connected().query(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'lake'"
        ).map { $0[0] == name ? $0[1] ?? "" : "\($0[0] ?? "").\($0[1] ?? "")" }
    }

    func columns(of table: String) throws -> [TestColumn] {
        try query(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE database_name = 'lake' "
                + "AND schema_name = '\(name)' AND table_name = \(Database.quoteLiteral(table)) ORDER BY column_index"
        ).map { TestColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNullable: $0[2] == "true") }
    }

    /// Ours: the lake lets others in.
    /// It knows none.
    func indexes(of table: String) -> [TestIndex] { [] }

    func lock() throws -> AnyObject {
        Held(lock: try FileLock.acquire(folder: Paths.parent(file), .exclusive, wait: .seconds(10)))
    }

    private final class Held {
        private let lock: FileLock
        init(lock: consuming FileLock) { self.lock = lock }
    }
}
