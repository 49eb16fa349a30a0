import JSONText
import LoadPackages
import SystemIO

extension Spool {
    /// What a package says of itself. Of a loaded one only the manifest may be left, so nothing else is read.
    func manifest(of id: LoadID, in place: Place) throws -> Manifest {
        let file = Paths.join(path(of: id, in: place), "manifest.json")
        do { return try Manifest(document: JSONValue(parsing: Files.readAll(file))) } catch let error as JSONSyntaxError
        {
            throw PackageDamage("\(file) is not JSON: \(error)")
        }
    }

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
