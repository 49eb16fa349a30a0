import JSONText
import SQLite
import SystemIO
import TestSupport

/// A folder with a data directory and a database, and the programs run in it.
struct Place {
    let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    struct Missing: Error { let what: String }

    func shell(
        _ script: String, stdin: String = "", _ more: [String: String] = [:], timeoutSeconds: Int = 60
    ) throws -> ProgramResult {
        let environment = ["DLT_DATA_DIR": folder.path("data"), "no_proxy": "*", "HOME": folder.path]
        return try runShell(
            script, stdin: stdin, environment: environment.merging(more) { $1 }, currentDirectory: folder.path,
            timeoutSeconds: timeoutSeconds)
    }

    /// Makes a package of pipeline `p` and table `t` that waits; returns its path.
    func package(_ rows: String = "{\"a\":1}") throws -> String {
        let result = try shell("dlt-normalize --pipeline p --table t", stdin: rows + "\n")
        guard result.status == 0 else { throw Missing(what: result.description) }
        for line in result.lines {
            let message = try JSONValue(parsing: line)
            if message["type"] == "PACKAGE", let path = message["path"]?.stringValue { return path }
        }
        throw Missing(what: "package in \(result)")
    }

    /// Changes the text of a document of a package, as somebody would who wants it to be taken: of the first format, which has
    /// no checksums of documents.
    func rewrite(_ package: String, _ name: String, _ change: (String) -> String) throws {
        let manifest = Paths.join(package, "manifest.json")
        var document = try JSONValue(parsing: Files.readAll(manifest)).objectValue ?? [:]
        document["format"] = 1
        document["files"] = nil
        document["checksum"] = nil
        try Files.atomicWrite(manifest, JSONValue.object(document).serializedBytes())
        let path = Paths.join(package, name)
        let text = change(String(decoding: try Files.readAll(path), as: UTF8.self))
        try Files.atomicWrite(path, Array(text.utf8))
    }

    func database() throws -> Database { try Database.open(folder.path("x.db"), flags: .readOnly) }

    func rows(_ table: String = "t") throws -> Int64? { try database().integer("SELECT count(*) FROM \(table)") }

    /// The inside of a JSON string.
    static func escaped(_ text: String) -> String { String(JSONValue.string(text).serialized().dropFirst().dropLast()) }
}
