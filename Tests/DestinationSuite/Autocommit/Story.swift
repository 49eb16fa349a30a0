import DestinationKinds
import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import Loading
@testable import SQLiteConnector

/// Packages that are loaded into the destination without transactions and into SQLite, in this process.
final class Story {
    let folder: WorkDirectory
    let spool: Spool
    /// How tables are replaced.
    var replaceStrategy: ReplaceStrategy?
    private var before: [String] = []
    /// The packages that are to be disturbed, in their order.
    private(set) var packages: [PackageReader] = []

    init() throws {
        folder = try WorkDirectory()
        guard let spool = Spool(dataDirectory: folder.path("data"), pipeline: "p") else {
            throw Pipeline.Failed(what: "spool")
        }
        self.spool = spool
    }

    var file: String { folder.path("x.db") }

    // MARK: Making packages

    /// Normalizes records into a table; the package waits.
    func normalize(_ records: [String], _ options: [String], table: String = "t") throws -> String {
        let result = try TestSupport.run(
            program: "dlt-normalize", arguments: ["--pipeline", "p", "--table", table] + options,
            stdin: records.map { $0 + "\n" }.joined(), environment: ["DLT_DATA_DIR": folder.path("data")])
        guard result.status == 0, let last = try spool.packages(.waiting).last else {
            throw Pipeline.Failed(what: "\(result)")
        }
        return spool.path(of: last, in: .waiting)
    }

    /// Loads a package that comes before what is disturbed, as dlt-load would.
    func load(_ package: String, _ killing: KillSwitch = KillSwitch()) throws {
        let messages = Messages(program: "test", isQuiet: true)
        let loader = Loader(
            .quiet(replaceStrategy, keepLoaded: 100), messages: messages,
            progress: ProgressLine(.never, messages: messages), writesJSON: false
        ) { [file] _ throws(DestinationError) in AutocommitDestination(file: file, killing) }
        try loader.load([PackagePlace(package)])
        before.append(Paths.join(spool.path, "loaded", Paths.lastComponent(package)))
    }

    func disturb(_ package: String) throws { packages.append(try PackageReader(package)) }

    // MARK: Loading

    /// Loads the packages one after the other.
    func load(into destination: any Destination) throws {
        for package in packages { _ = try PackageTransfer(to: destination, replaceStrategy).load(package) }
    }

    /// What SQLite has of the same packages.
    func sqlite() throws -> Snapshot {
        let path = folder.path("proper.db")
        guard let url = DestinationURL("sqlite:///" + path) else { throw Pipeline.Failed(what: path) }
        let target = DestinationTarget(url: url, dataset: nil, pipeline: "p")
        let destination = try SQLiteDestination(target, NoOptions())
        if let strategy = replaceStrategy, !destination.kind.replaceStrategies.contains(strategy) {
            replaceStrategy = nil
        }
        let transfer = PackageTransfer(to: destination, replaceStrategy)
        for package in try before.map({ try PackageReader($0) }) + packages { _ = try transfer.load(package) }
        return try Snapshot(path)
    }

    /// A copy of what was there before, under another name.
    func copy(_ name: String) throws -> String {
        let path = folder.path(name)
        if Files.exists(path) { try Files.remove(path) }
        if Files.exists(file) { try Files.atomicWrite(path, Files.readAll(file)) }
        return path
    }
}
