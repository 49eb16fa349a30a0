import Failures
package import ProgramSupport
import SystemIO

/// A database file that the user names instead of its URL.
package enum DatabaseFile {
    /// The URL of the database in a file; nil when the file is not a database, or does not exist.
    package static func url(of path: String) -> String? {
        guard let start = beginning(of: path) else { return nil }
        let scheme =
            start.starts(with: "SQLite format 3".utf8)
            ? "sqlite" : start.dropFirst(8).starts(with: "DUCK".utf8) ? "duckdb" : nil
        return scheme.map { "\($0):///\(path)" }
    }

    private static func beginning(of path: String) -> [UInt8]? {
        guard (try? Files.stat(path))?.kind == .regular, let file = try? Descriptor.openForReading(path) else {
            return nil
        }
        var start = [UInt8](repeating: 0, count: 16)
        let count = start.withUnsafeMutableBytes { bytes in (try? file.read(into: bytes)) ?? 0 }
        return count == 16 ? start : nil
    }

    /// Reports that a database file was named instead of a schema.
    package static func misnamed(_ path: String, command: String) -> ProgramError? {
        guard let url = url(of: path) else { return nil }
        let kind = url.hasPrefix("sqlite") ? "an SQLite" : "a DuckDB"
        return ProgramError(
            .usage, "unable to read a schema from '\(path)': it is \(kind) file",
            hint: "\(command) \(ShellWord.quoted(url))")
    }
}
