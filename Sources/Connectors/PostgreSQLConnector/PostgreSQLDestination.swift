import ArgumentParser
package import DestinationKinds
package import Destinations
import Failures
import PostgreSQL
import RelationalSQL
package import Schemas
import SystemIO

/// A dataset in a schema of a PostgreSQL database.
package final class PostgreSQLDestination: Destination, TableDefining {
    package static let kind = DestinationKind.postgresql

    package var location: String { place.url }
    package var dataset: String { place.dataset }

    let place: PostgreSQLLocation
    let lockTimeout: Double
    private var connection: Connection?

    package init(_ target: DestinationTarget, _ options: NoOptions) throws(DestinationError) {
        place = try PostgreSQLLocation(target)
        lockTimeout = target.lockTimeout
    }

    package func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        let dialect = PostgreSQLDialect(schema: place.dataset)
        return try SQLSession(
            PostgreSQLConnection(try connected(), dialect, url: place.url, lockTimeout: lockTimeout), access)
    }

    package static func definitions(
        of tables: [TableChange], pipeline: String
    ) throws(DestinationError) -> String {
        let schema = try DatasetName.schema(nil, pipeline: pipeline, maxLength: 63)
        return SQLPrinter.definitions(of: tables, PostgreSQLDialect(schema: schema))
    }

    package static func storedType(of column: Column) -> String { PostgreSQLTypes.stored(column) }

    private func connected() throws(DestinationError) -> Connection {
        if let connection, connection.isConnected { return connection }
        let opened = try connect { StopSignal.requested }
        connection = opened
        return opened
    }

    /// A connection of its own.
    func connect(_ isInterrupted: @escaping () -> Bool) throws(DestinationError) -> Connection {
        if let absence = ConnectionOptions.absence {
            throw DestinationError(
                .unavailable, "unable to connect to \(place.shown): \(absence)",
                hint: "install PostgreSQL's client library: apt-get install libpq5")
        }
        do { return try Connection.open(place.parameters, timeout: 15, isInterrupted: isInterrupted) } catch {
            throw DestinationError(error, unableTo: "connect to \(place.shown)", url: place.url)
        }
    }
}
