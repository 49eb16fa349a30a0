package import DatasetReaders
package import Destinations
import DuckDB
import Failures
import RelationalSQL
import SystemIO

extension DuckDBDestination: DatasetReading {
    package func read(_ control: QueryControl) throws(DestinationError) -> any ReadingSession {
        let session = try open(control)
        guard try session.datasets(all: true).contains(place.dataset) else {
            let others = try session.datasets(all: false)
            throw DestinationError(
                .noInput, "unable to read \(place.shown): it has no schema \"\(place.dataset)\"",
                hint: others.isEmpty
                    ? "nothing was loaded into this database; check the URL"
                    : "name the dataset with --dataset: \(others.joined(separator: ", "))")
        }
        try session.enter()
        return session
    }

    package func datasets(_ control: QueryControl) throws(DestinationError) -> [String] {
        try open(control).datasets(all: false)
    }

    private func open(_ control: QueryControl) throws(DestinationError) -> DuckDBReadingSession {
        let (database, folder) = try DuckDBReadingSession.open(
            place.file?.path, shown: place.shown, lockTimeout: lockTimeout
        ) { folder throws(DuckDBError) in
            try openDatabase(workFolder: folder, control)
        }
        return DuckDBReadingSession(database, control, place, workFolder: folder)
    }

    private func openDatabase(workFolder: String, _ control: QueryControl) throws(DuckDBError) -> Database {
        guard !place.isFile else {
            let own = settings + DuckDBReadingSession.settings(workFolder)
            return try Database.open(place.file?.path, own) { control.isInterrupted }
        }
        // A database in memory, to which the place is attached for reading. After that no other place can be reached.
        let own = settings.filter { $0.name != "temp_directory" } + [(name: "temp_directory", value: workFolder)]
        let database = try Database.open(nil, own) { control.isInterrupted }
        try database.execute(place.attachment(.read))
        try database.execute("USE \(Database.quoteIdentifier(place.catalog))")
        if place.isLake {
            // The rows of a lake are files, which its queries read.
            let folders = try database.query(
                "SELECT value FROM \(Database.quoteIdentifier("__ducklake_metadata_" + place.catalog)).ducklake_metadata "
                    + "WHERE key = 'data_path'")
            let names = folders.compactMap { $0[0] }.map { Database.quoteLiteral(dataFolder($0)) }
            try database.execute("SET GLOBAL allowed_directories = [\(names.joined(separator: ", "))]")
        }
        try database.execute("SET GLOBAL enable_external_access = false")
        return database
    }

    /// A relative one stands beside the catalog.
    private func dataFolder(_ path: String) -> String {
        guard let file = place.file, !path.hasPrefix("/"), !path.contains("://") else { return path }
        return Paths.join(file.folder, path)
    }
}

extension DuckDBReadingSession {
    /// Opens a file for reading alone. The folder is for what does not fit into memory; the caller removes it.
    static func open(
        _ path: String, shown: String, lockTimeout: Double, isInterrupted: @escaping () -> Bool
    ) throws(DestinationError) -> (database: Database, workFolder: String) {
        try open(path, shown: shown, lockTimeout: lockTimeout) { folder throws(DuckDBError) in
            try Database.open(path, settings(folder), isInterrupted: isInterrupted)
        }
    }

    /// The same, in any way to open.
    ///
    /// - Parameters:
    ///   - path: the file, which has to be there; nil for databases that are not one.
    ///   - opening: gets the folder; is called again while another process holds the database.
    static func open(
        _ path: String?, shown: String, lockTimeout: Double, opening: (String) throws(DuckDBError) -> Database
    ) throws(DestinationError) -> (database: Database, workFolder: String) {
        if let path, !Files.exists(path) {
            throw DestinationError(
                .noInput, "unable to read \(shown): there is no file \(path)", hint: "check the URL")
        }
        if let absence = Database.absence {
            throw DestinationError(
                .unavailable, "unable to open \(shown): \(absence)",
                hint: "have DLT_LIBDUCKDB name a libduckdb.so, of DuckDB's release or made by scripts/libduckdb")
        }
        let folder = Paths.join(
            Environment.get("TMPDIR") ?? "/tmp",
            "dlt-duckdb-" + Entropy.bytes(8).map { String($0, radix: 16) }.joined())
        var holder = "another program"
        let action = "open \(shown)"
        let (file, seconds) = (path ?? shown, lockTimeout)
        let database = try LockWait.retry(
            seconds: seconds, action: action,
            isHeld: { (error: DuckDBError) in
                holder = error.lockHolder ?? holder
                return error.isLock
            },
            explained: { DestinationError($0, unableTo: action, file: file) },
            overdue: {
                DestinationError(
                    .temporary, "unable to \(action): \(holder) has had it open for \(Int(seconds)) s",
                    hint: "try again when it has ended, or wait longer with --lock-timeout")
            }
        ) { () throws(DuckDBError) in try opening(folder) }
        return (database, folder)
    }
}
