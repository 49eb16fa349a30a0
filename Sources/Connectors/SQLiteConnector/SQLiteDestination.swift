package import Destinations
import Failures
import RelationalSQL
import SQLite
import SystemIO

/// A dataset in an SQLite file.
///
/// The dataset's own file is opened as main, never attached, so that one transaction covers all that a load changes.
/// An existing file's journal mode is kept; settings of the connection only are changed, and end with it.
package final class SQLiteDestination: Destination {
    package static let schemes = ["sqlite"]

    package let location: String
    package let dataset: String
    package let typeName = "dlt.destinations.sqlalchemy"
    package private(set) var capabilities = DestinationCapabilities(
        maxIdentifierLength: nil, maxColumns: 2000, foldsCase: true,
        mergeStrategies: ["delete-insert", "scd2", "upsert", "insert-only"],
        replaceStrategies: ["truncate-and-insert", "insert-from-staging"], locksReadersOnAlter: false)

    /// Opened, and so created, by the first transaction: what is found wrong before leaves no file.
    private var database: Database?
    private let file: String
    private let url: String
    private let access: DestinationAccess
    private let lockTimeout: Double

    package init(_ target: DestinationTarget, access: DestinationAccess) throws(DestinationError) {
        let location = try SQLiteLocation(target)
        self.location = location.url
        self.dataset = location.dataset
        self.access = access
        file = location.file
        url = target.url.masked
        lockTimeout = target.lockTimeout
    }

    package func begin() throws(DestinationError) -> any DestinationTransaction {
        if access == .read && database == nil && !Files.exists(file) { return EmptyTransaction() }
        let transaction = SQLiteTransaction(try open(), file: file, lockTimeout: lockTimeout)
        try transaction.begin(exclusive: access == .write)
        return transaction
    }

    private func open() throws(DestinationError) -> Database {
        if let database { return database }
        var opened = try openFile()
        if access == .write && opened.isReadOnly && !Files.deniesWriting(file) {
            // The library goes on with reading alone when it cannot open for writing, whatever the reason; it may have passed.
            opened = try openFile()
        }
        if access == .write && opened.isReadOnly {
            throw Files.deniesWriting(file)
                ? DestinationError(
                    .denied, "unable to write to \(url): the file may only be read",
                    hint: "check the permissions of \(file)")
                : DestinationError(
                    .storage,
                    "unable to write to \(url): the system only lets it be read, though its permissions allow more",
                    hint: "check the disk of \(file)")
        }
        capabilities.maxColumns = opened.limit(.columns)
        database = opened
        return opened
    }

    private func openFile() throws(DestinationError) -> Database {
        do {
            return try Database.open(file, flags: access == .read ? .readOnly : .create) { StopSignal.requested }
        } catch {
            // The library says no more than that it cannot open; whether one may is asked of the system.
            let place = Files.exists(file) ? file : Paths.parent(file)
            let cannotBeMade = !Files.exists(file) && Files.isOnReadOnlySystem(place)
            if error.isCantOpen && !Files.isDirectory(file) && Files.deniesWriting(place) && !cannotBeMade {
                throw DestinationError(
                    .denied, "unable to open \(url): \(place) may not be written to",
                    hint: "check the permissions of \(place)")
            }
            throw DestinationError(error, unableTo: "open \(url)", file: file)
        }
    }

    package func sql(for step: LoadStep) -> String { SQLitePrinter.printer.printed(step) }
}
