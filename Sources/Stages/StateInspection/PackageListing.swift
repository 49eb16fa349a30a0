import LoadPackages
import SystemIO

extension Spool {
    /// Where a package is, wherever it is.
    func place(of id: LoadID) -> Place? { Place.allCases.first { Files.isDirectory(path(of: id, in: $0)) } }
}

extension Spool.Place {
    /// The word people know: the folder `packages` holds what waits.
    var word: String { self == .waiting ? "waiting" : rawValue }
}

extension Manifest {
    var bytes: Int64 { jobs.reduce(0) { $0 + $1.bytes } }

    var tables: [String] {
        var names: [String] = []
        for job in jobs where names.last != job.table { names.append(job.table) }
        return names
    }
}
