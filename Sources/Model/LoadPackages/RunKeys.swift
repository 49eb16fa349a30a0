package import SystemIO

/// The folder `run_keys`: a file for each run key, named by its identity digits, with the load id of the newest package
/// that the key has made. However many packages were loaded, only one file is opened.
///
/// It only saves work: if a file is missing, the run is repeated, and dlt-load recognizes it by its load id.
extension Spool {
    private var runKeyFolder: String { Paths.join(path, PackageLayout.runKeys) }

    /// The package that a run key has already made, waiting or loaded.
    package func package(withIdentity identity: String) throws(SystemError) -> (id: LoadID, place: Place)? {
        guard Files.exists(runKeyFolder) else { return try listedPackage(withIdentity: identity) }
        let text: [UInt8]
        do throws(SystemError) { text = try Files.readAll(identity, below: runKeyFolder) } catch {
            if error.isAbsence { return nil }
            throw error
        }
        let line = String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let id = LoadID(line), id.identity == identity else { return nil }
        // In the order in which packages move.
        return [Place.waiting, .loaded].first { Files.exists(path(of: id, in: $0)) }.map { (id, $0) }
    }

    /// For a spool from before the folder existed.
    private func listedPackage(withIdentity identity: String) throws(SystemError) -> (id: LoadID, place: Place)? {
        for place in [Place.waiting, .loaded] {
            if let id = try packages(place).last(where: { $0.identity == identity }) { return (id, place) }
        }
        return nil
    }

    /// Records the package that a run key makes. The caller holds the pipeline's lock.
    func noteRunKey(of id: LoadID) throws(SystemError) {
        guard let identity = id.identity else { return }
        try noteRunKey(identity, id, in: runKeyFolder)
    }

    private func noteRunKey(_ identity: String, _ id: LoadID, in folder: String) throws(SystemError) {
        // In place: an interrupted write has no load id, and leaves nothing else.
        let file = try Descriptor.openRegular(identity, below: folder, for: .updating)
        try file.truncate(to: 0)
        try file.writeAll("\(id.text)\n")
        try file.close()
    }

    /// Creates the folder in a spool from before it existed. The caller holds the pipeline's lock.
    func prepareRunKeys() throws(SystemError) {
        guard !Files.exists(runKeyFolder) else { return }
        let partial = Paths.join(path, ".\(PackageLayout.runKeys).partial")
        try Files.removeTree(partial)
        try Files.makeDirectory(partial, mode: 0o700, intermediates: true)
        // Oldest first, so that the newest one of a key stays. An id does not show whether it comes from a key;
        // other ids are never looked up.
        for id in try (packages(.loaded) + packages(.waiting)).sorted() {
            if let identity = id.identity { try noteRunKey(identity, id, in: partial) }
        }
        try Files.rename(partial, to: runKeyFolder)
    }
}
