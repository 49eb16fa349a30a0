import DuckDB
import Failures
import SystemIO
package import TableSources

/// Files that the library reads by itself, such as Parquet, as queries of a database in memory.
package enum DuckDBFiles {
    /// How much of the machine the library may use.
    package struct Limits: Sendable {
        package var threads: Int
        /// As the library spells sizes, such as 128MB.
        package var memory: String

        package init(threads: Int, memory: String) {
            self.threads = threads
            self.memory = memory
        }
    }

    /// - Parameter name: of the file, in messages.
    package static func open(_ name: String, _ limits: Limits) throws(TableError) -> any TableSession {
        if let absence = Database.absence {
            throw TableError(
                .unavailable, "unable to read \(name): \(absence)",
                hint:
                    "Parquet is read by the library of DuckDB: pip install duckdb, and let DLT_LIBDUCKDB name the library in it"
            )
        }
        let database: Database
        do throws(DuckDBError) {
            database = try Database.open(
                nil,
                [
                    ("threads", String(limits.threads)), ("memory_limit", limits.memory), ("temp_directory", ""),
                    // Nothing comes from elsewhere, and nothing is installed.
                    ("autoinstall_known_extensions", "false"), ("autoload_known_extensions", "false"),
                ], isInterrupted: { StopSignal.requested })
        } catch { throw TableError(.configuration, "unable to read \(name): \(error.message)") }
        do { return try DuckDBTableSession(database, shown: name, file: name, workFolder: "") } catch {
            throw TableError(error)
        }
    }

    /// The query of a file of Parquet.
    ///
    /// - Parameters:
    ///   - path: without wildcards.
    ///   - skipped: the number of rows at the beginning that are left out.
    package static func parquet(_ path: String, skipping skipped: Int) -> String {
        let rows = "SELECT * FROM read_parquet(\(Database.quoteLiteral(path)))"
        return skipped > 0 ? rows + " OFFSET \(skipped)" : rows
    }
}
