package import Destinations
import DuckDBConnector
import PostgreSQLConnector
import SQLiteConnector

/// The destinations that the programs are built with, in the order in which they are listed.
package var allDestinations: [any Destination.Type] {
    [SQLiteDestination.self, PostgreSQLDestination.self, DuckDBDestination.self]
}
