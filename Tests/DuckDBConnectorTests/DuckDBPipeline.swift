import DuckDB
import SystemIO
import TestSupport

/// A pipeline of its own with a file of its own, and the programs run on them.
struct DuckDBPipeline {
    let folder: WorkDirectory
    /// The schema that the dataset is.
    let dataset = "p_dataset"
    var file: String { folder.path("x.duckdb") }
    var url: String { "duckdb:///" + file }

    init() throws { folder = try WorkDirectory() }

    /// Runs a script with the programs in the path, and `$URL` for the database.
    func shell(
        _ script: String, stdin: String = "", _ more: [String: String] = [:], timeoutSeconds: Int = 120
    ) throws -> ProgramResult {
        let environment = ["DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": "p", "URL": url, "FILE": file]
        return try runShell(
            "set -o pipefail; " + script, stdin: stdin, environment: environment.merging(more) { $1 },
            currentDirectory: folder.path, timeoutSeconds: timeoutSeconds)
    }

    /// Loads rows; the status is the worst of the two programs.
    func load(_ rows: String, table: String = "t", _ flags: String = "", load: String = "") throws -> ProgramResult {
        try shell("dlt-normalize --table \(table) \(flags) | dlt-load \"$URL\" \(load)", stdin: rows + "\n")
    }

    /// Makes a waiting package of many rows with ids from `first` on; returns its path.
    func package(rows: Int, from first: Int = 1, columns: String = "", _ flags: String = "") throws -> String {
        let result = try shell(
            """
            seq \(first) \(first + rows - 1) | sed 's/.*/{"id":&,"text":"row &, and some text that makes it longer"\(columns)}/' \
            | dlt-normalize --table t \(flags)
            """)
        guard result.status == 0, let path = result.stdout.firstMatch(of: /"path":"([^"]*)"/)?.1 else {
            throw Failure(what: result.description)
        }
        return String(path).replacing("\\/", with: "/")
    }

    struct Failure: Error { let what: String }

    // MARK: Looking

    /// The file, attached as `x`, with the dataset as the first place to look for tables in.
    func connect(readOnly: Bool = true) throws -> Database {
        let database = try Database.open(nil, [("threads", "1"), ("temp_directory", "")])
        try database.execute("SET GLOBAL TimeZone = 'UTC'")
        try database.execute("ATTACH '\(file)' AS x" + (readOnly ? " (READ_ONLY)" : ""))
        try database.execute("USE x")
        if try !database.query("SELECT 1 FROM duckdb_schemas() WHERE schema_name = '\(dataset)'").isEmpty {
            try database.execute("USE x.\(dataset)")
        }
        return database
    }

    func query(_ sql: String) throws -> [[String?]] {
        let database = try connect()
        defer { database.close() }
        return try database.query(sql)
    }

    func value(_ sql: String) throws -> String? { try query(sql).first?.first ?? nil }

    func execute(_ statements: String...) throws {
        let database = try connect(readOnly: false)
        defer { database.close() }
        for statement in statements { try database.execute(statement) }
    }

    /// The number of rows, and the sum of ids, which tells whether each is there once.
    func sum(_ table: String = "t") throws -> String? {
        try value("SELECT count(*) || ' ' || coalesce(sum(id), 0) || ' ' || count(DISTINCT id) FROM \(table)")
    }

    static func sum(_ ids: ClosedRange<Int>) -> String { "\(ids.count) \(ids.reduce(0, +)) \(ids.count)" }

    /// Whatever lies beside the file that is not the pipeline's.
    func leftovers() throws -> [String] {
        try folder.list().filter { $0 != "x.duckdb" && $0 != "data" }
    }

    /// How many packages wait.
    func waiting() throws -> Int { try folder.list("data/spool/p/packages").count }
}
