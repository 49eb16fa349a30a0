import Destinations
import SQLite

extension DestinationError {
    /// What a failed call to the library means.
    ///
    /// - Parameters:
    ///   - action: a verb and its object, fit after "unable to".
    ///   - file: the database's file, for hints.
    init(_ error: SQLiteError, unableTo action: String, file: String) {
        let reason = "unable to \(action): \(error.message)"
        if error.isInterruption {
            self.init(.stopped, "unable to \(action): asked to stop")
        } else if error.isBusy {
            self.init(
                .temporary, "unable to \(action): another program holds a lock on \(file)",
                hint: "try again when it has ended; `fuser \(file)` names it")
        } else if error.isFull {
            self.init(.storage, reason, hint: "free some space on the disk of \(file), then run the same command again")
        } else if error.isNotADatabase {
            self.init(.unusable, "unable to \(action): \(file) is not an SQLite database", hint: "check the URL")
        } else if error.isCorrupt {
            self.init(.unusable, reason, hint: "check the file with `sqlite3 \(file) 'PRAGMA integrity_check'`")
        } else if error.isReadOnly || error.isDenied {
            self.init(.denied, reason, hint: "check the permissions of \(file) and of its folder")
        } else if error.isCantOpen {
            self.init(.cannotCreate, reason, hint: "check the permissions of \(file) and of its folder")
        } else if error.isInputOutput {
            self.init(.storage, reason, hint: "check the disk of \(file)")
        } else {
            self.init(error.isTooBig || error.isConstraint ? .data : .unusable, reason)
        }
    }
}
