import CSQLite

/// A connection to a SQLite file. Use from one thread at a time: the library's own locks are off.
package final class Database {
    package enum Flags: Sendable {
        case readOnly
        /// The file must exist.
        case readWrite
        /// The file is created if absent.
        case create
    }

    /// Limits of this build and connection. See <https://sqlite.org/limits.html>.
    package enum Limit: Sendable {
        case columns, variables, sqlBytes, valueBytes, attachedDatabases, compoundSelects

        fileprivate var id: Int32 {
            switch self {
            case .columns: SQLITE_LIMIT_COLUMN
            case .variables: SQLITE_LIMIT_VARIABLE_NUMBER
            case .sqlBytes: SQLITE_LIMIT_SQL_LENGTH
            case .valueBytes: SQLITE_LIMIT_LENGTH
            case .attachedDatabases: SQLITE_LIMIT_ATTACHED
            case .compoundSelects: SQLITE_LIMIT_COMPOUND_SELECT
            }
        }
    }

    package let path: String
    /// Asked regularly while a statement runs; true ends the statement.
    private let isInterrupted: () -> Bool
    private var isAllowed: (Action) -> Bool = { _ in true }
    /// Nil after `close`.
    private var connection: OpaquePointer?

    private init(path: String, connection: OpaquePointer, isInterrupted: @escaping () -> Bool) {
        self.path = path
        self.connection = connection
        self.isInterrupted = isInterrupted
        // Some milliseconds of work, so that the question costs nothing.
        let instructions: Int32 = 50_000
        sqlite3_progress_handler(
            connection, instructions,
            { context in
                guard let context else { return 0 }
                return Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().isInterrupted() ? 1 : 0
            },
            Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        // The v2 form waits for statements that outlive this object, instead of leaking the connection.
        // <https://sqlite.org/c3ref/close.html>
        sqlite3_close_v2(connection)
    }

    /// - Parameters:
    ///   - path: `:memory:` and "" are SQLite's names for databases without a file.
    ///   - busyTimeoutMilliseconds: how long to wait for another connection's lock.
    ///   - isInterrupted: asked regularly while a statement runs; true ends it, and its transaction if it has changed
    ///     anything.
    package static func open(
        _ path: String, flags: Flags = .create, busyTimeoutMilliseconds: Int = 0,
        isInterrupted: @escaping () -> Bool = { false }
    ) throws(SQLiteError) -> Database {
        var connection: OpaquePointer?
        let access =
            switch flags {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        let result = sqlite3_open_v2(path, &connection, access | SQLITE_OPEN_NOMUTEX, nil)
        guard result == SQLITE_OK, let connection else {
            let error = SQLiteError(result: result, connection: connection, sql: nil)
            sqlite3_close(connection)
            throw error
        }
        sqlite3_extended_result_codes(connection, 1)
        sqlite3_busy_timeout(connection, Int32(clamping: busyTimeoutMilliseconds))
        return Database(path: path, connection: connection, isInterrupted: isInterrupted)
    }

    /// Closes the connection; its statements must be gone. `deinit` closes it without reporting errors.
    package func close() throws(SQLiteError) {
        guard let open = connection else { return }
        try check(sqlite3_close(open), nil)
        connection = nil
    }

    /// Runs one or several statements and drops their rows.
    package func execute(_ sql: String) throws(SQLiteError) {
        try check(sqlite3_exec(connection, sql, nil, nil, nil), sql)
    }

    /// Compiles one statement.
    ///
    /// - Parameter lasting: whether the statement will be used many times.
    package func prepare(_ sql: String, lasting: Bool = true) throws(SQLiteError) -> Statement {
        var statement: OpaquePointer?
        let flags = lasting ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        try check(sqlite3_prepare_v3(connection, sql, -1, flags, &statement, nil), sql)
        guard let statement else {
            throw SQLiteError(result: SQLITE_MISUSE, connection: nil, sql: sql)
        }
        return Statement(statement, database: self)
    }

    /// Compiles the first statement of a text.
    ///
    /// - Returns: the statement, nil where the text holds none, and how many bytes of the text it takes.
    package func prepareFirst(_ sql: String) throws(SQLiteError) -> (statement: Statement?, byteCount: Int) {
        var statement: OpaquePointer?
        var count = 0
        var text = sql
        let result = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                var tail: UnsafePointer<CChar>?
                let result = sqlite3_prepare_v3(
                    connection, bytes.baseAddress, Int32(clamping: bytes.count), 0, &statement, &tail)
                if let tail, let start = bytes.baseAddress { count = tail - start }
                return result
            }
        }
        try check(result, sql)
        return (statement.map { Statement($0, database: self) }, count)
    }

    // MARK: What statements may do

    /// Something that a statement would do.
    package enum Action: Sendable {
        /// Reading rows, of a table or of anything.
        case read
        case call(String)
        case pragma(String, hasArgument: Bool)
        /// What the library itself does when a pragma is first read as a table. A query cannot change the table of tables.
        case declare
        /// Whatever changes something, or reaches out of the database.
        case other
    }

    /// From now on statements are compiled only if all that they would do is allowed.
    package func authorize(_ isAllowed: @escaping (Action) -> Bool) {
        self.isAllowed = isAllowed
        sqlite3_set_authorizer(
            connection,
            { context, code, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                let database = Unmanaged<Database>.fromOpaque(context).takeUnretainedValue()
                func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
                let action: Action =
                    switch code {
                    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: .read
                    case SQLITE_FUNCTION: .call(text(second))
                    case SQLITE_UPDATE where text(first) == "sqlite_master": .declare
                    case SQLITE_PRAGMA: .pragma(text(first), hasArgument: second != nil)
                    default: .other
                    }
                return database.isAllowed(action) ? SQLITE_OK : SQLITE_DENY
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// The first column of the first row, as an integer; nil when there is no row or it is NULL.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql, lasting: false)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.int64(0)
    }

    /// The first column of the first row, as text; nil when there is no row or it is NULL.
    package func string(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql, lasting: false)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.string(0)
    }

    // MARK: State

    /// Rows changed by the last INSERT, UPDATE or DELETE.
    package var changes: Int64 { sqlite3_changes64(connection) }
    /// Whether each statement commits by itself.
    package var isAutocommit: Bool { sqlite3_get_autocommit(connection) != 0 }
    package var inTransaction: Bool { !isAutocommit }
    package var isReadOnly: Bool { sqlite3_db_readonly(connection, "main") == 1 }

    package func limit(_ limit: Limit) -> Int { Int(sqlite3_limit(connection, limit.id, -1)) }

    // MARK: SQL text

    package static func quoteIdentifier(_ name: String) -> String { quote(name, "\"") }

    package static func quoteLiteral(_ text: String) -> String {
        // SQL text ends at a zero byte, so such a value is written as its bytes.
        guard text.utf8.contains(0) else { return quote(text, "'") }
        let digits = text.utf8.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "CAST(X'\(digits.joined())' AS TEXT)"
    }

    private static func quote(_ text: String, _ mark: Character) -> String {
        var quoted = String(mark)
        for character in text.unicodeScalars {
            if Character(character) == mark { quoted.append(mark) }
            // Names cannot contain a zero byte; a visible replacement fails more clearly than a truncated name.
            quoted.unicodeScalars.append(character == "\0" ? "\u{FFFD}" : character)
        }
        quoted.append(mark)
        return quoted
    }

    /// For the other files of this module.
    func withHandle<Result>(_ body: (OpaquePointer?) -> Result) -> Result { body(connection) }

    // MARK: Errors

    @inline(__always)
    func check(_ result: Int32, _ sql: @autoclosure () -> String?) throws(SQLiteError) {
        if result != SQLITE_OK { throw SQLiteError(result: result, connection: connection, sql: sql()) }
    }
}
