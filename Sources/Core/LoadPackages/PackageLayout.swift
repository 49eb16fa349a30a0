import SystemIO

/// Every folder and file name of the spool, once. The layout is a format: man page dlt-package(5) describes it.
///
/// A package's place is its state: `packages/.<load_id>.partial` is being written, `packages/<load_id>` waits,
/// `loaded/<load_id>` and `failed/<load_id>` are done.
package enum PackageLayout {
    /// The format that packages are written in.
    package static let formatVersion = 2
    /// Format 1 knew checksums of rows only.
    static let readableVersions = 1...formatVersion

    package static func spool(dataDirectory: String) -> String { Paths.join(dataDirectory, "spool") }

    static let pipelineFile = "pipeline.json"
    static let stateFile = "state.json"
    static let schemas = "schemas"
    static let lock = "lock"
    static let waiting = "packages"
    static let loaded = "loaded"
    static let failed = "failed"

    package static let manifestFile = "manifest.json"
    static let schemaFile = "schema.json"
    static let jobs = "jobs"

    static func schemaFile(_ name: String) -> String { "\(name).json" }
    static func partial(_ id: LoadID) -> String { ".\(id.text).partial" }

    /// The load id of a partial folder, or nil for any other name.
    static func loadID(ofPartial name: String) -> LoadID? {
        guard name.hasPrefix("."), name.hasSuffix(".partial") else { return nil }
        return LoadID(String(name.dropFirst().dropLast(8)))
    }

    static func jobFile(table: String, number: Int) -> String { "\(table).\(number).jsonl.zst" }
}
