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
        guard place.isFile, let file = place.file else {
            throw DestinationError(
                .usage, "unable to read \(place.shown): only DuckDB's own files can be read",
                hint: "read it with DuckDB's own program")
        }
        guard Files.exists(file.path) else {
            throw DestinationError(
                .noInput, "unable to read \(place.shown): there is no file \(file.path)", hint: "check the URL")
        }
        if let absence = Database.absence {
            throw DestinationError(
                .unavailable, "unable to open \(place.shown): \(absence)",
                hint: "have DLT_LIBDUCKDB name a libduckdb.so, of DuckDB's release or made by scripts/libduckdb")
        }
        let folder = Paths.join(
            Environment.get("TMPDIR") ?? "/tmp",
            "dlt-duckdb-" + Entropy.bytes(8).map { String($0, radix: 16) }.joined())
        var holder = "another program"
        let action = "open \(place.shown)"
        let (shown, seconds) = (file.path, lockTimeout)
        let database = try LockWait.retry(
            seconds: seconds, action: action,
            isHeld: { (error: DuckDBError) in
                holder = error.lockHolder ?? holder
                return error.isLock
            },
            explained: { DestinationError($0, unableTo: action, file: shown) },
            overdue: {
                DestinationError(
                    .temporary, "unable to \(action): \(holder) has had it open for \(Int(seconds)) s",
                    hint: "try again when it has ended, or wait longer with --lock-timeout")
            }
        ) { () throws(DuckDBError) in
            try Database.open(file.path, settings + DuckDBReadingSession.settings(folder)) { control.isInterrupted }
        }
        return DuckDBReadingSession(database, control, place, workFolder: folder)
    }
}
