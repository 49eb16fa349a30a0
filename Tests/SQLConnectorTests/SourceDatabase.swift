import PostgreSQL
import SystemIO
import TestSupport

/// A schema of its own in the tests' server, and the programs run on it.
final class SourceDatabase {
    let folder: WorkDirectory
    let schema: String
    let url: String
    private let connection: Connection

    init(_ statements: String = "") throws {
        folder = try WorkDirectory()
        schema = PostgreSQLServer.uniqueName("s")
        url = PostgreSQLServer.url ?? ""
        connection = try Connection.open([("dbname", url)], timeout: 10) { false }
        try connection.execute("CREATE SCHEMA \(schema); SET search_path = \(schema)")
        if !statements.isEmpty { try connection.execute(statements) }
    }

    deinit { _ = try? connection.execute("DROP SCHEMA \(schema) CASCADE") }

    func execute(_ sql: String) throws { try connection.execute(sql) }

    func value(_ sql: String) throws -> String? { try connection.execute(sql).string(0, 0) }

    /// Runs a script with `$URL` and `$SCHEMA`.
    func shell(_ script: String, _ more: [String: String] = [:]) throws -> ProgramResult {
        try runShell(
            script, environment: environment.merging(more) { $1 }, currentDirectory: folder.path, timeoutSeconds: 120)
    }

    var environment: [String: String] {
        ["DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": "p", "URL": url, "SCHEMA": schema]
    }

    func extract(_ options: String, _ more: [String: String] = [:]) throws -> ProgramResult {
        try shell("dlt-extract sql \"$URL\" --schema \"$SCHEMA\" \(options)", more)
    }
}

extension ProgramResult {
    /// The records of a stream, as their text.
    var records: [String] {
        lines.compactMap { line in
            guard line.hasPrefix("{\"type\":\"RECORD\"") else { return nil }
            return line.firstRange(of: "\"record\":").map { String(line[$0.upperBound...].dropLast()) }
        }
    }

    var schemaLine: String { lines.first { $0.hasPrefix("{\"type\":\"SCHEMA\"") } ?? "" }
}
