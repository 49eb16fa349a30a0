import Digests
import Encodings
import SystemIO

/// Every folder and file name of the spool, once. The layout is a format: the man page dlt-package(5) describes it.
///
/// The place of a package is its state: `packages/.<load_id>.partial` is being written, `packages/<load_id>` waits,
/// `loaded/<load_id>` and `failed/<load_id>` are done.
package enum PackageLayout {
    /// The format that packages are written in.
    package static let formatVersion = 2
    /// Format 1 had checksums of rows only.
    static let readableVersions = 1...formatVersion

    package static func spool(dataDirectory: String) -> String { Paths.join(dataDirectory, "spool") }

    static let pipelineFile = "pipeline.json"
    static let stateFile = "state.json"
    static let schemas = "schemas"
    /// Held for moments only.
    static let lock = "lock"
    /// The folder of the locks that are held while packages are loaded.
    static let locks = "locks"
    static let chainFile = "chain.jsonl"
    /// The folder of the packages made by run keys.
    static let runKeys = "run_keys"
    /// The folder of lines that will be appended to the user's files when their package is published.
    static let aside = "aside"
    /// In that folder: what earlier chunks have left out.
    static let leftOutFile = "left_out.json"
    static let waiting = "packages"
    static let loaded = "loaded"
    static let failed = "failed"

    /// The folder of the runs' journals, with a folder for each run. Also beside the spool, for runs that failed before their
    /// pipeline was known.
    package static let runs = "runs"

    package static let manifestFile = "manifest.json"
    static let schemaFile = "schema.json"
    /// Why a package has failed.
    package static let reasonFile = "reason.json"
    static let jobs = "jobs"
    /// Where the rows of root tables come from: a file for each job.
    static let origins = "origins"

    /// The file of a committed schema; nil for a name that would lead out of its folder, which neither our schemas nor
    /// dlt's have.
    static func schemaFile(_ name: String) -> String? {
        isJobFile(name) && name.utf8.count <= longestStem ? "\(name).json" : nil
    }
    static func partial(_ id: LoadID) -> String { ".\(id.text).partial" }

    /// The load id of a partial folder, or nil for any other name.
    static func loadID(ofPartial name: String) -> LoadID? {
        guard name.hasPrefix("."), name.hasSuffix(".partial") else { return nil }
        return LoadID(String(name.dropFirst().dropLast(8)))
    }

    /// The name is the table's if it can be a file name: characters that would lead elsewhere, or cannot be printed,
    /// are percent-encoded, and a long name ends in a digest.
    static func jobFile(table: String, number: Int) -> String { "\(stem(of: table)).\(number).jsonl.zst" }

    static func originFile(table: String, number: Int) -> String { "\(stem(of: table)).\(number).zst" }

    private static func stem(of table: String) -> String {
        var name = PercentEncoding.encoded(table) { $0 > 0x20 && $0 != 0x7F && !"/%\\\"'".utf8.contains($0) }
        if name.utf8.first == UInt8(ascii: ".") { name = "%2E" + String(name.unicodeScalars.dropFirst()) }
        var stem = Array(name.utf8)
        if stem.count > longestStem {
            let digest = Hexadecimal.text(SHA3.digest256(table).prefix(8), uppercase: true)
            // Cut between characters, not inside one.
            var end = longestStem - 17
            while stem[end] & 0xC0 == 0x80 { end -= 1 }
            stem = stem[..<end] + Array("~\(digest)".utf8)
        }
        return String(decoding: stem, as: UTF8.self)
    }

    /// File systems allow 255 bytes for a name; the rest is for the number and the endings.
    private static let longestStem = 200

    /// Whether a name in a manifest is that of a file in the folder of jobs.
    static func isJobFile(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
    }
}
