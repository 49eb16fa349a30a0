import JSONText
import SQLite
import SystemIO
import TestSupport

/// One pipeline's folder: data directory, database, and the programs run in it.
struct Pipeline {
    let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    var environment: [String: String] { ["DLT_DATA_DIR": folder.path("data")] }
    var databasePath: String { folder.path("x.db") }
    var url: String { "sqlite:///" + databasePath }

    /// Runs a script as a newcomer would type it: bash without pipefail, `$URL` for the database.
    func shell(
        _ script: String, stdin: [UInt8] = [], environment more: [String: String] = [:], timeoutSeconds: Int = 60
    ) throws -> ProgramResult {
        let path = Environment.get("PATH") ?? "/usr/bin:/bin"
        let environment = environment.merging(["PATH": "\(buildFolder):\(path)", "URL": url]) { $1 }
        return try run(
            argv: ["bash", "-c", script], stdin: stdin, environment: environment.merging(more) { $1 },
            currentDirectory: folder.path, timeoutSeconds: timeoutSeconds)
    }

    func shell(_ script: String, stdin: String) throws -> ProgramResult { try shell(script, stdin: Array(stdin.utf8)) }

    func normalize(_ arguments: String..., stdin: [UInt8]) throws -> ProgramResult {
        try run(
            argv: [Paths.join(buildFolder, "dlt-normalize")] + arguments, stdin: stdin, environment: environment,
            currentDirectory: folder.path, timeoutSeconds: 120)
    }

    func load(_ arguments: String..., stdin: [UInt8] = []) throws -> ProgramResult {
        try run(
            argv: [Paths.join(buildFolder, "dlt-load"), url] + arguments, stdin: stdin, environment: environment,
            currentDirectory: folder.path, timeoutSeconds: 120)
    }

    // MARK: Looking

    /// Not read-only: what a killed program left has to be rolled back by its next reader.
    func database() throws -> Database {
        try Database.open(databasePath, flags: .readWrite, busyTimeoutMilliseconds: 5000)
    }

    func integer(_ sql: String) throws -> Int64? { try database().integer(sql) }
    func integers(_ sql: String) throws -> [Int64] {
        let statement = try database().prepare(sql)
        var values: [Int64] = []
        while try statement.step() { values.append(statement.int64(0)) }
        return values
    }

    /// The rows of a query, their cells separated by bars.
    func lines(of sql: String) throws -> [String] {
        let statement = try database().prepare(sql)
        var lines: [String] = []
        while try statement.step() {
            lines.append((0..<statement.columnCount).map { statement.string($0) }.joined(separator: "|"))
        }
        return lines
    }

    /// Every table with every cell, as text; empty when there is no database.
    func contents() throws -> [String] {
        guard Files.exists(databasePath) else { return [] }
        let database = try database()
        var names: [String] = []
        let listing = try database.prepare("SELECT name, sql FROM sqlite_master ORDER BY name")
        var lines: [String] = []
        while try listing.step() {
            names.append(listing.string(0))
            lines.append(listing.string(1))
        }
        for name in names {
            let statement = try database.prepare("SELECT * FROM \(Database.quoteIdentifier(name))")
            while try statement.step() {
                lines.append(
                    "\(name): " + (0..<statement.columnCount).map { statement.string($0) }.joined(separator: "|"))
            }
        }
        return lines
    }

    /// Names of everything below a pipeline's `packages` folder: waiting packages and what is half-done.
    func packages(_ pipeline: String = "t") throws -> [String] {
        let path = "data/spool/\(pipeline)/packages"
        return Files.exists(folder.path(path)) ? try folder.list(path) : []
    }

    /// No writer left a partial folder, and no temporary file lies about.
    func hasLeftovers(_ pipeline: String = "t") throws -> Bool {
        try packages(pipeline).contains { $0.hasPrefix(".") }
            || folder.list().contains { $0.hasPrefix("x.db-") || $0.hasSuffix(".tmp") }
    }
}
