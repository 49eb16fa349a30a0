import CommandConnector
package import Destinations
import DuckDBConnector
import PostgreSQLConnector
import SQLiteConnector

/// The destinations that the programs are built with, in the order of lists.
package var allDestinations: [any Destination.Type] {
    [
        SQLiteDestination.self, PostgreSQLDestination.self, DuckDBDestination.self, TargetDestination.self,
        CommandDestination.self,
    ]
}
