package import Destinations
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
    package let capabilities: DestinationCapabilities

    /// nil when there is no file and none is to be made.
    private let database: Database?
    private let file: String
    private let access: DestinationAccess
    private let lockTimeout: Double

    package init(_ target: DestinationTarget, access: DestinationAccess) throws(DestinationError) {
        let location = try SQLiteLocation(target)
        self.location = location.url
        self.dataset = location.dataset
        self.access = access
        file = location.file
        lockTimeout = target.lockTimeout
        if access == .read && !Files.exists(location.file) {
            database = nil
            capabilities = SQLiteDestination.capabilities(maxColumns: 2000)
            return
        }
        do {
            let database = try Database.open(location.file, flags: access == .read ? .readOnly : .create)
            try SQLiteDestination.configure(database)
            capabilities = SQLiteDestination.capabilities(maxColumns: database.limit(.columns))
            self.database = database
        } catch {
            throw DestinationError(error, unableTo: "open \(target.url.masked)", file: location.file)
        }
        if access == .write && database?.isReadOnly == true {
            throw DestinationError(
                .denied, "unable to write to \(target.url.masked): the file may only be read",
                hint: "check the permissions of \(location.file)")
        }
    }

    private static func capabilities(maxColumns: Int) -> DestinationCapabilities {
        DestinationCapabilities(maxIdentifierLength: nil, maxColumns: maxColumns, foldsCase: true, mergeStrategies: [])
    }

    /// None of these is stored in the file.
    private static func configure(_ database: Database) throws(SQLiteError) {
        try database.execute("PRAGMA synchronous=FULL")
        try database.execute("PRAGMA cache_size=-16384")
        try database.execute("PRAGMA temp_store=FILE")
    }

    package func begin() throws(DestinationError) -> any DestinationTransaction {
        guard let database else { return EmptyTransaction() }
        let transaction = SQLiteTransaction(database, file: file, lockTimeout: lockTimeout)
        try transaction.begin(exclusive: access == .write)
        return transaction
    }

    package func sql(for step: LoadStep) -> String { SQLitePrinter.printed(step) }
}
