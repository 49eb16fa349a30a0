import Destinations
import Failures
import SQLite
import SystemIO

extension DestinationError {
    /// Explains a failed call to the library.
    ///
    /// - Parameters:
    ///   - action: a verb and its object, to follow "unable to".
    ///   - file: the database's file, for hints.
    ///   - isStatement: a statement of a load failed, in a file that could be read.
    init(_ error: SQLiteError, unableTo action: String, file: String, isStatement: Bool = false) {
        let failure = Self.cause(of: error, file: file)
        let reason = "unable to \(action): \(error.message)" + (failure.map { " (\($0.reason))" } ?? "")
        let place = failure?.object ?? file
        if error.isInterruption {
            self.init(.stopped, "unable to \(action): asked to stop")
        } else if error.isBusy {
            self.init(
                .temporary, "unable to \(action): another program holds a lock on \(file)",
                hint: "try again when it has ended; `fuser \(file)` names it")
        } else if let failure, failure.isTransient {
            let hint = failure.isForWantOfDescriptors ? "raise the limit of open files with `ulimit -n`" : "try again"
            self.init(.temporary, reason, hint: hint)
        } else if error.isFull || failure?.isForWantOfSpace == true {
            self.init(
                .storage, reason, hint: "free some space on the disk of \(place), then run the same command again")
        } else if error.isNotADatabase {
            self.init(.unusable, "unable to \(action): \(file) is not an SQLite database", hint: "check the URL")
        } else if error.isCorrupt {
            // The library reports unreadable disks in this way, too.
            self.init(
                .unusable, reason, hint: "check the file with `sqlite3 \(file) 'PRAGMA integrity_check'`, and its disk")
        } else if error.isReadOnly || error.isDenied {
            self.init(.denied, reason, hint: "check the permissions of \(file) and of its folder")
        } else if error.isInputOutput || failure?.isFailedDevice == true {
            self.init(.storage, reason, hint: "check the disk of \(place)")
        } else if error.isCantOpen && failure == nil {
            self.init(.temporary, reason, hint: "the system refused it for a passing reason: try again")
        } else if error.isCantOpen {
            self.init(.cannotCreate, reason, hint: "check the permissions of \(file) and of its folder")
        } else {
            let isData = error.isTooBig || error.isConstraint || error.isMismatch || isStatement && error.isRefusal
            self.init(isData ? .data : .unusable, reason, hint: Self.hint(error))
        }
    }

    /// What the user can do about a table that differs from what a load expects.
    private static func hint(_ error: SQLiteError) -> String? {
        if error.message.contains("view") || error.message.contains("virtual table") {
            return
                "a load needs its own table: drop what has its name, or choose another (dlt-extract --resource NAME)"
        }
        if error.message.contains("generated column") {
            return "the database computes that column: leave it out of the rows, or out of the table"
        }
        return nil
    }

    /// The system's reason for the failure, if it can be known; its object is the place to look at.
    ///
    /// The library passes on the reason of some failures only. For the others, a lasting reason is found by trying the
    /// same where the library writes: beside the file, and in its temporary folder.
    private static func cause(of error: SQLiteError, file: String) -> SystemError? {
        let told =
            error.systemCode == 0 ? nil : SystemError(code: error.systemCode, operation: "write to", object: file)
        let folder = Paths.parent(file)
        func obstacle() -> SystemError? {
            Files.obstacleToWriting(in: folder)
                ?? temporaryFolder.flatMap { Files.isDirectory($0) ? Files.obstacleToWriting(in: $0) : nil }
        }
        if error.isInputOutput { return told ?? obstacle() }
        if error.isFull { return obstacle() }
        guard error.isCantOpen, Files.isDirectory(folder), !Files.isDirectory(file),
            !Files.deniesWriting(Files.exists(file) ? file : folder)
        else { return told }
        // A second attempt of the library, with fewer rights, hides why the file or its journal could not be created.
        return obstacle() ?? (told?.isAbsence == true || Files.exists(file) ? nil : told)
    }

    /// The folder of the library's temporary files; nil where it chooses itself.
    private static var temporaryFolder: String? {
        ["SQLITE_TMPDIR", "TMPDIR"].lazy.compactMap { Environment.get($0) }.first
    }
}
