package import Destinations
import Failures
import PostgreSQL
import RelationalSQL
import SystemIO

/// A dataset in a schema of a PostgreSQL database.
package final class PostgreSQLDestination: Destination {
    package static let schemes = ["postgresql", "postgres"]

    package var location: String { place.url }
    package var dataset: String { place.dataset }
    package let typeName = "dlt.destinations.postgres"
    package let capabilities = DestinationCapabilities(
        maxIdentifierLength: 63, maxColumns: 1600, foldsCase: false,
        mergeStrategies: ["delete-insert", "upsert", "scd2", "insert-only"],
        replaceStrategies: ["truncate-and-insert", "insert-from-staging", "staging-optimized"],
        locksReadersOnAlter: true)

    private let place: PostgreSQLLocation
    private let dialect: PostgreSQLDialect
    private let printer: SQLPrinter
    private let access: DestinationAccess
    private let lockTimeout: Double
    private var connection: Connection?
    private var hasPrintedSchema = false

    package init(_ target: DestinationTarget, access: DestinationAccess) throws(DestinationError) {
        place = try PostgreSQLLocation(target)
        dialect = PostgreSQLDialect(schema: place.dataset)
        printer = SQLPrinter(dialect)
        self.access = access
        lockTimeout = target.lockTimeout
    }

    package func begin() throws(DestinationError) -> any DestinationTransaction {
        let transaction = PostgreSQLTransaction(try connected(), dialect, url: place.url, lockTimeout: lockTimeout)
        if access == .write { try transaction.beginWriting() } else { try transaction.beginReading() }
        return transaction
    }

    private func connected() throws(DestinationError) -> Connection {
        if let connection, connection.isConnected { return connection }
        if let absence = ConnectionOptions.absence {
            throw DestinationError(
                .unavailable, "unable to connect to \(place.shown): \(absence)",
                hint: "install PostgreSQL's client library: apt-get install libpq5")
        }
        do {
            let opened = try Connection.open(place.parameters, timeout: 15) { StopSignal.requested }
            connection = opened
            return opened
        } catch { throw DestinationError(error, unableTo: "connect to \(place.shown)", url: place.url) }
    }

    package func sql(for step: LoadStep) -> String {
        guard case .createTable = step, !hasPrintedSchema else { return printer.printed(step) }
        hasPrintedSchema = true
        return "CREATE SCHEMA IF NOT EXISTS \(dialect.quote(dialect.schema));\n" + printer.printed(step)
    }
}
