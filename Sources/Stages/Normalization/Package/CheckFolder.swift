import LoadPackages
import ProgramSupport
import SystemIO

/// A spool for a package that is never published: rows are written as in any run, into a folder that is removed after
/// the run. The pipeline's own spool, which may be missing or belong to another user, is only read.
final class CheckFolder {
    let spool: Spool
    private let path: String

    init(_ pipeline: String) throws {
        let temporary = Environment.get("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        path = Paths.join(temporary, "dlt-check-\(Entropy.newID())")
        guard let spool = Spool(dataDirectory: path, pipeline: pipeline) else {
            throw ProgramError(.usage, "unable to use \"\(pipeline)\" as a pipeline: it cannot be a folder's name")
        }
        self.spool = spool
        try Files.makeDirectory(path, mode: 0o700)
    }

    deinit { remove() }

    func remove() { try? Files.removeTree(path) }
}
