import Failures
import LoadPackages
import ProgramSupport
import SystemIO

/// Where a package is: in a pipeline's spool, where it can be moved on, or anywhere else.
struct PackagePlace {
    let path: String
    /// The pipeline's folder, if the path belongs to a spool.
    let spool: Spool?
    let id: LoadID?
    let place: Spool.Place?
    let origin: Origin

    /// How the package was found.
    enum Origin: Equatable {
        /// A user has named its folder, and so may load it anywhere.
        case path
        /// dlt-normalize has made it for this command; or, `waited`, found it waiting.
        case line(waited: Bool)
        /// It waited.
        case spool
    }

    /// Whether it must be at the destination in the end, whichever program loads it.
    var isNamed: Bool { origin != .spool }

    /// - Parameter path: may be relative, and may be that of a package that has moved.
    init(_ path: String, _ origin: Origin = .path) {
        let full = (try? Files.realPath(path)) ?? path
        self.path = full
        self.origin = origin
        // …/spool/<pipeline>/packages/<load_id>
        let folder = Paths.parent(full)
        let pipeline = Paths.parent(folder)
        let spools = Paths.parent(pipeline)
        id = LoadID(Paths.lastComponent(full))
        place = Spool.Place(rawValue: Paths.lastComponent(folder))
        if id != nil, place != nil,
            let spool = Spool(dataDirectory: Paths.parent(spools), pipeline: Paths.lastComponent(pipeline)),
            spool.path == pipeline
        {
            self.spool = spool
        } else {
            spool = nil
        }
    }

    init(spool: Spool, waiting id: LoadID, _ origin: Origin = .spool) {
        path = spool.path(of: id, in: .waiting)
        self.spool = spool
        self.id = id
        place = .waiting
        self.origin = origin
    }

    /// Whether dlt-normalize named it, and it waits.
    var isWaitingForItsLine: Bool {
        if case .line = origin { place == .waiting && movedTo == nil } else { false }
    }

    func manifest() throws -> Manifest {
        if (try? Files.stat(path))?.kind == .regular {
            throw ProgramError(
                .usage, "unable to load '\(path)': it is a file, not a package",
                hint:
                    "records go through dlt-normalize: dlt-normalize --table NAME < \(ShellWord.quoted(path)) | dlt-load URL"
            )
        }
        return try PackageReader.manifest(path)
    }

    func open() throws -> PackageReader {
        guard let spool, let id, let place else { return try PackageReader(path) }
        return try spool.open(id, in: place, loadingRows: true)
    }

    /// The place to which the package has moved since.
    var movedTo: Spool.Place? {
        guard let spool, let id, !Files.exists(path) else { return nil }
        return [.loaded, .failed].first { Files.exists(spool.path(of: id, in: $0)) }
    }
}
