import SQLite
import SystemIO
import TestSupport

/// A file of SQLite that is read, and the programs run on it.
struct SourceFile {
    let folder: WorkDirectory

    init(_ statements: String) throws {
        folder = try WorkDirectory()
        try execute(statements)
    }

    func execute(_ sql: String) throws { try Database.open(folder.path("source.db")).execute(sql) }

    func shell(_ script: String, _ more: [String: String] = [:]) throws -> ProgramResult {
        try runShell(
            script, environment: ["DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": "p"].merging(more) { $1 },
            currentDirectory: folder.path, timeoutSeconds: 120)
    }

    func extract(_ options: String) throws -> ProgramResult {
        try shell("dlt-extract sql sqlite:///source.db \(options)")
    }
}
