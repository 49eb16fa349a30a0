import CDuckDB

/// A refusal of the library, in its words.
package struct DuckDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The word that begins every message of DuckDB, such as `IO`, `Constraint` or `INTERRUPT`, before ` Error: `;
    /// empty for other messages. Only appending reports a code instead: preparing and pending statements have none.
    package let kind: String
    /// One line, without the kind, suggestions and the cited SQL.
    package let message: String
    /// The statement that failed, if there was one.
    package let sql: String?

    package var description: String { sql.map { "\(message) (in: \($0))" } ?? message }

    /// Another process has the file open; it and its process are in the message. <https://duckdb.org/docs/stable/connect/concurrency>
    package var isLock: Bool { message.contains("Could not set lock on file") }
    /// A signal interrupted a system call that the library does not repeat.
    package var isTransient: Bool { message.contains("Interrupted system call") }
    /// `Database.isInterrupted` requested it.
    package var isInterruption: Bool { kind == "INTERRUPT" }
    /// The file has a storage version of a newer DuckDB. <https://duckdb.org/docs/stable/internals/storage>
    package var isNewerStorage: Bool { kind == "IO" && message.contains("but we can only read") }
    /// Not a DuckDB file, or one whose creation was cut short.
    package var isNotADatabase: Bool {
        kind == "IO" && (message.contains("not a valid DuckDB database file") || message.contains("read enough bytes"))
    }
    /// The disk of the file failed, including a failed COMMIT (`TransactionContext`), or that of `temp_directory`.
    package var isFull: Bool {
        message.contains("No space left on device") || message.contains("failed to offload data block")
    }
    /// The disk failed during a synchronization.
    package var isFailedDisk: Bool { message.contains("fsync failed") || message.contains("Input/output error") }
    package var isDenied: Bool { message.contains("Permission denied") || message.contains("Read-only file system") }
    /// The rows do not fit the table: a constraint, or a value that its column cannot hold.
    package var isData: Bool {
        // For a text that cannot be cast, an appender reports only that it is a text.
        ["Constraint", "Conversion", "Out of Range"].contains(kind) || message.contains("mismatch in AppendDataChunk")
            // The statement does not fit the existing objects.
            || ["Binder", "Catalog"].contains(kind) && !message.contains("xtension")
    }

    /// Rows lack a required value. A DuckLake never makes a column required that is added in the same transaction.
    package var isForWantOfValue: Bool {
        kind == "Constraint" && message.contains("NOT NULL") || message.hasPrefix("Cannot SET NOT NULL")
    }

    /// The required column of this table that would have got no value.
    package func requiredColumn(of table: String) -> String? {
        guard kind == "Constraint", let place = message.firstRange(of: "NOT NULL constraint failed: \(table).") else {
            return nil
        }
        return String(message[place.upperBound...])
    }

    /// - Parameters:
    ///   - text: in the library's words: `Catalog Error: …`, then perhaps a hint, an empty line and the place in the SQL.
    ///   - type: a `duckdb_error_type`, for a text that does not begin with its kind.
    init(_ text: String, sql: String? = nil, type: Int32 = 0) {
        let line = text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "unknown"
        let parts = line.firstRange(of: " Error: ").map { (line[..<$0.lowerBound], line[$0.upperBound...]) }
        kind = parts.map { String($0.0) } ?? Self.kinds[type] ?? ""
        message = parts.map { String($0.1) } ?? line
        self.sql = sql
    }

    private static let kinds: [Int32: String] = [
        1: "Out of Range", 2: "Conversion", 10: "TransactionContext", 18: "Constraint", 28: "IO", 29: "INTERRUPT",
        32: "Invalid Input", 33: "Out of Memory",
    ]
}
