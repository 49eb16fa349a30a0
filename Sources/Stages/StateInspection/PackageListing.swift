import LoadPackages
import SystemIO

extension Spool {
    /// Where a package is, in any place.
    func place(of id: LoadID) -> Place? { Place.allCases.first { Files.isDirectory(path(of: id, in: $0)) } }
}

extension Spool.Place {
    /// The word for users: the folder `packages` contains the waiting ones.
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
