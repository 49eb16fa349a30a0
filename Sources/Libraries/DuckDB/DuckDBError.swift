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
    /// Where in it, as the library shows it.
    private let excerpt: Excerpt?

    /// A piece of one line of a statement, and which byte of the piece is meant. Lines count from 1.
    private struct Excerpt: Sendable, Equatable {
        let line: Int
        let text: String
        let caret: Int

        /// `LINE 1: SELECT * FROM t`, and below it a caret. A long line is cut at both ends, which dots say.
        init?(_ message: String) {
            let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
            guard let index = lines.lastIndex(where: { $0.hasPrefix("LINE ") }), lines.indices.contains(index + 1),
                let colon = lines[index].utf8.firstIndex(of: UInt8(ascii: ":")),
                let line = Int(lines[index][..<colon].dropFirst(5)),
                let mark = lines[index + 1].utf8.firstIndex(of: UInt8(ascii: "^"))
            else { return nil }
            self.line = line
            let start = lines[index].utf8.distance(from: lines[index].startIndex, to: colon) + 2
            var text = lines[index].utf8.dropFirst(start)
            var caret = lines[index + 1].utf8.distance(from: lines[index + 1].startIndex, to: mark) - start
            if text.starts(with: "...".utf8) { (text, caret) = (text.dropFirst(3), caret - 3) }
            if text.reversed().starts(with: "...".utf8) { text = text.dropLast(3) }
            guard caret >= 0 else { return nil }
            (self.text, self.caret) = (String(decoding: text, as: UTF8.self), caret)
        }
    }

    /// Which byte of a statement is meant; nil where it is not said, or the statement is another one.
    package func offset(in sql: String) -> Int? {
        guard let excerpt else { return nil }
        var start = 0
        for (index, line) in sql.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            if index + 1 == excerpt.line {
                let line = String(decoding: line, as: UTF8.self)
                guard let place = line.utf8.firstRange(of: excerpt.text.utf8)?.lowerBound else { return nil }
                return start + line.utf8.distance(from: line.startIndex, to: place) + excerpt.caret
            }
            start += line.count + 1
        }
        return nil
    }

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
        excerpt = Excerpt(text)
        self.sql = sql
    }

    private static let kinds: [Int32: String] = [
        1: "Out of Range", 2: "Conversion", 10: "TransactionContext", 18: "Constraint", 28: "IO", 29: "INTERRUPT",
        32: "Invalid Input", 33: "Out of Memory",
    ]
}
