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
/// The dataset's own file is opened as main, never attached, so that one transaction covers all changes of a load. An
/// existing file keeps its journal mode; only settings of the connection change, and end with it.
package final class SQLiteDestination: Destination, TableDefining {
    package static let kind = DestinationKind.sqlite

    package let location: String
    package let dataset: String
    package private(set) var kind = SQLiteDestination.kind

    let file: String
    let lockTimeout: Double
    let url: String
    /// The first session opens the file, and so creates it: an error before that leaves no file.
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
        // Permission to write implies permission to read.
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
            // When the library cannot open the file for writing, for any reason, it continues read-only; the reason may
            // have passed.
            opened = try openFile(.create)
        }
        guard opened.isReadOnly else { return opened }
        throw Files.deniesWriting(file)
            ? DestinationError(
                .denied, "unable to write to \(url): the file is read-only",
                hint: "check the permissions of \(file)")
            : DestinationError(
                .storage,
                "unable to write to \(url): the system only allows reading, although the permissions allow more",
                hint: "check the disk of \(file)")
    }

    private func openFile(_ flags: Database.Flags) throws(DestinationError) -> Database {
        do {
            return try Database.open(file, flags: flags) { StopSignal.requested }
        } catch {
            // The library only reports that it cannot open the file; the system knows whether permissions are the
            // reason.
            let place = Files.exists(file) ? file : Paths.parent(file)
            let cannotBeMade = !Files.exists(file) && Files.isOnReadOnlySystem(place)
            if error.isCantOpen && !Files.isDirectory(file) && Files.deniesWriting(place) && !cannotBeMade {
                throw DestinationError(
                    .denied, "unable to open \(url): \(place) is not writable",
                    hint: "check the permissions of \(place)")
            }
            throw DestinationError(error, unableTo: "open \(url)", file: file)
        }
    }
}
