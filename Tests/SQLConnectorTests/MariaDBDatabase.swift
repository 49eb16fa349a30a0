import MariaDB
import SystemIO
import TestSupport

/// A database of its own in the tests' server of MariaDB, and the programs run on it.
final class MariaDBDatabase {
    let folder: WorkDirectory
    let name: String
    let url: String
    private let connection: Connection

    init(_ statements: [String] = []) throws {
        folder = try WorkDirectory()
        var random = FastRandom()
        name = "s_" + String(random.next(), radix: 36)
        url = MariaDBServer.url(MariaDBServer.url, database: name)
        var settings = Connection.Settings()
        settings.user = "loader"
        settings.socket = MariaDBServer.url?.split(separator: "=").last.map(String.init)
        connection = try Connection(settings)
        try connection.execute("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
        try connection.execute("USE \(name)")
        // As the values of the tests need it: with zero dates.
        try connection.execute("SET sql_mode = ''")
        for statement in statements { try connection.execute(statement) }
    }

    deinit { try? connection.execute("DROP DATABASE \(name)") }

    func execute(_ sql: String) throws { try connection.execute(sql) }

    func texts(_ sql: String) throws -> [[String?]] { try connection.texts(sql) }

    /// Runs a script with `$URL`.
    func shell(_ script: String, _ more: [String: String] = [:], timeoutSeconds: Int = 120) throws -> ProgramResult {
        try runShell(
            script,
            environment: ["DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": "p", "URL": url].merging(more) { $1 },
            currentDirectory: folder.path, timeoutSeconds: timeoutSeconds)
    }

    func extract(_ options: String, _ more: [String: String] = [:]) throws -> ProgramResult {
        try shell("dlt-extract sql \"$URL\" \(options)", more)
    }
}
