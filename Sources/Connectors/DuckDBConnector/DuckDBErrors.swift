import Destinations
import DuckDB
import Failures
import RelationalSQL
import SystemIO

extension DestinationError {
    /// Explains a failed call to the library.
    ///
    /// - Parameters:
    ///   - action: a verb and its object, to follow "unable to".
    ///   - file: the database's file, or its name if it is not a file.
    init(_ error: DuckDBError, unableTo action: String, file: String) {
        let reason = "unable to \(action): \(error.message)"
        if error.isInterruption {
            self.init(.stopped, "unable to \(action): asked to stop")
        } else if error.isLock {
            self.init(.temporary, reason, hint: "try again when the other program has ended")
        } else if error.isTransient {
            self.init(.temporary, reason, hint: "try again")
        } else if error.isNotADatabase {
            self.init(
                .unusable, "unable to \(action): \(file) is not a DuckDB database, or its creation was never finished",
                hint: "check the URL")
        } else if error.isNewerStorage {
            self.init(
                .unusable,
                "unable to \(action): \(file) was written by another DuckDB than \(Database.libraryVersion ?? "this"): "
                    + error.message, hint: "set DLT_LIBDUCKDB to a newer libduckdb")
        } else if error.isFull {
            self.init(
                .storage, reason, hint: "free some space on the disk of \(file), then run the same command again")
        } else if error.isFailedDisk {
            self.init(.storage, reason, hint: "check the disk of \(file)")
        } else if error.kind == "Out of Memory" {
            self.init(.configuration, reason, hint: "give DuckDB more memory with --max-memory")
        } else if error.message.contains("ransaction conflict") || error.message.contains("database is locked") {
            self.init(.temporary, reason, hint: "another program has changed the DuckLake at the same time; try again")
        } else if error.isData {
            self.init(.data, reason, hint: "the table in the database has a constraint that the data does not meet")
        } else if let cause = SystemError(error.message, operation: "open", object: file) {
            self.init(cause, reason)
        } else if error.message.contains("extension") {
            self.init(
                .unavailable, reason,
                hint: "run DuckDB's INSTALL once, or have dlt-load's --extensions name the folder of its extensions")
        } else {
            self.init(error.kind == "IO" ? .storage : .unusable, reason)
        }
    }
}

extension DuckDBError {
    /// The program that has the file open, such as `/usr/bin/python3 (PID 123)`; nil if the message does not name it.
    var lockHolder: String? {
        guard let start = message.firstRange(of: "lock is held in ")?.upperBound,
            let end = message[start...].firstIndex(of: ")")
        else { return nil }
        return String(message[start...end])
    }
}
