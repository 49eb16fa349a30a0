import ArgumentParser
package import DestinationKinds
package import Destinations
import Failures
import RelationalSQL
import SQLite
package import Schemas
import SystemIO

/// A dataset in an SQLite file.
///
/// The dataset's own file is opened as main, never attached, so that one transaction covers all that a load changes.
/// An existing file's journal mode is kept; settings of the connection only are changed, and end with it.
package final class SQLiteDestination: Destination, TableDefining {
    package static let kind = DestinationKind.sqlite

    package let location: String
    package let dataset: String
    package private(set) var kind = SQLiteDestination.kind

    private let file: String
    private let lockTimeout: Double
    private let url: String
    /// Opened, and so created, by the first session: what is found wrong before leaves no file.
    private var opened: (database: Database, access: DestinationAccess)?

    package init(_ target: DestinationTarget, _ options: NoOptions) throws(DestinationError) {
        let location = try SQLiteLocation(target)
        self.location = location.url
        self.dataset = location.dataset
        file = location.file
        url = target.url.masked
        lockTimeout = target.lockTimeout
    }

    package func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        guard let database = try database(for: access) else { return EmptySQLSession(SQLiteDialect()) }
        return try SQLSession(SQLiteConnection(database, file: file, lockTimeout: lockTimeout), access)
    }

    package static func definitions(of tables: [TableChange], pipeline: String) -> String {
        SQLPrinter.definitions(of: tables, SQLiteDialect())
    }

    package static func storedType(of column: Column) -> String { SQLiteTypes.declaration(column) }

    /// nil for a look at a place that does not exist yet.
    private func database(for access: DestinationAccess) throws(DestinationError) -> Database? {
        // Whoever may write may read.
        if let opened, opened.access == access || opened.access == .write { return opened.database }
        if access == .read && !Files.exists(file) { return nil }
        let database = try access == .read ? openFile(.readOnly) : openForWriting()
        kind.maxColumns = database.limit(.columns)
        opened = (database, access)
        return database
    }

    private func openForWriting() throws(DestinationError) -> Database {
        var opened = try openFile(.create)
        if opened.isReadOnly && !Files.deniesWriting(file) {
            // The library goes on with reading alone when it cannot open for writing, whatever the reason; it may have passed.
            opened = try openFile(.create)
        }
        guard opened.isReadOnly else { return opened }
        throw Files.deniesWriting(file)
            ? DestinationError(
                .denied, "unable to write to \(url): the file may only be read",
                hint: "check the permissions of \(file)")
            : DestinationError(
                .storage,
                "unable to write to \(url): the system only lets it be read, though its permissions allow more",
                hint: "check the disk of \(file)")
    }

    private func openFile(_ flags: Database.Flags) throws(DestinationError) -> Database {
        do {
            return try Database.open(file, flags: flags) { StopSignal.requested }
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
}
