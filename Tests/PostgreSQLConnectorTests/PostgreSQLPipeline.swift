import PostgreSQL
import SystemIO
import TestSupport

/// A pipeline of its own with a dataset of its own, and the programs run on them.
struct PostgreSQLPipeline {
    let folder: WorkDirectory
    let name: String
    let url: String
    var dataset: String { name + "_dataset" }

    init(url: String? = PostgreSQLServer.url) throws {
        folder = try WorkDirectory()
        name = PostgreSQLServer.uniqueName("t")
        self.url = url ?? ""
    }

    var environment: [String: String] {
        ["DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": name, "URL": url, "DATASET": dataset]
    }

    /// Runs a script with the programs in the path, and `$URL` for the database.
    func shell(
        _ script: String, stdin: String = "", _ more: [String: String] = [:], timeoutSeconds: Int = 120
    ) throws -> ProgramResult {
        try runShell(
            script, stdin: stdin, environment: environment.merging(more) { $1 }, currentDirectory: folder.path,
            timeoutSeconds: timeoutSeconds)
    }

    /// Loads rows; the status is dlt-load's.
    func load(_ rows: String, table: String = "t", _ flags: String = "", load: String = "") throws -> ProgramResult {
        try shell("dlt-normalize --table \(table) \(flags) | dlt-load \"$URL\" \(load)", stdin: rows)
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

    func connect() throws -> Connection { try Connection.open([("dbname", url)], timeout: 10) { false } }

    func query(_ sql: String) throws -> [[String?]] {
        let connection = try connect()
        try connection.execute("SET search_path = \(dataset)")
        return try connection.execute(sql).rows
    }

    func value(_ sql: String) throws -> String? { try query(sql).first?.first ?? nil }

    /// The number of rows, and the sum of ids, which tells whether each is there once.
    func sum(_ table: String = "t") throws -> String? {
        try value("SELECT count(*) || ' ' || coalesce(sum(id), 0) || ' ' || count(DISTINCT id) FROM \(table)")
    }

    static func sum(_ ids: ClosedRange<Int>) -> String { "\(ids.count) \(ids.reduce(0, +)) \(ids.count)" }
}
