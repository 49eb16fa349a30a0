import ArgumentParser
package import DestinationKinds
package import Destinations
import DuckDB
import Failures
import ProgramSupport
import RelationalSQL
package import Schemas
import SystemIO

/// A dataset in a schema of a DuckDB file, of a DuckLake or of a MotherDuck database.
package final class DuckDBDestination: Destination, TableDefining {
    package struct Options: ParsableArguments {
        // One thread: the same rows then cost less processor time in all, and a load on a busy machine is no slower.
        @Option(help: ArgumentHelp("Threads of DuckDB.", valueName: "n"))
        var workers = 1

        // With the memory outside of this limit, dlt-load stays below 300 MB on tables of 171 columns.
        @Option(
            help: ArgumentHelp(
                "Memory of DuckDB (K, M, G); above that it writes to a folder beside the file.",
                valueName: "size"))
        var maxMemory = ByteSize(190 << 20)

        @Option(help: ArgumentHelp("Folder of DuckDB's extensions (default: DuckDB's own).", valueName: "folder"))
        var extensions: String?

        package init() {}

        package func validate() throws {
            if workers < 1 { throw ValidationError("'--workers' must be at least 1.") }
        }
    }

    package static let kind = DestinationKind.duckdb

    package var location: String { place.location }
    package var dataset: String { place.dataset }

    let place: DuckDBPlace
    /// Of the library, such as its memory.
    let settings: [(name: String, value: String)]
    let lockTimeout: Double
    private let connection: DuckDBConnection

    package init(_ target: DestinationTarget, _ options: Options) throws(DestinationError) {
        place = try DuckDBPlace(target)
        // DuckDB fetches no extension from the network unless the user asks for it.
        var settings = [
            ("threads", "\(options.workers)"), ("memory_limit", "\(options.maxMemory.bytes)B"), ("temp_directory", ""),
            ("autoinstall_known_extensions", "false"),
        ]
        if let folder = options.extensions { settings.append(("extension_directory", folder)) }
        self.settings = settings.map { (name: $0.0, value: $0.1) }
        lockTimeout = target.lockTimeout
        connection = DuckDBConnection(place, self.settings, lockTimeout: target.lockTimeout)
    }

    package func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        if access == .read, let file = place.file, !Files.exists(file.path) { return EmptySQLSession(place.dialect) }
        return try SQLSession(connection, access)
    }

    package static func definitions(
        of tables: [TableChange], pipeline: String
    ) throws(DestinationError) -> String {
        let schema = try DuckDBPlace.dataset(nil, pipeline: pipeline)
        return SQLPrinter.definitions(of: tables, DuckDBDialect(catalog: nil, schema: schema))
    }

    package static func storedType(of column: Column) -> String { DuckDBTypes.type(of: column) }
}
