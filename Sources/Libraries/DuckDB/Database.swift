import CDuckDB
import Glibc

/// A database, and the one connection to it. Use from one thread at a time.
///
/// DuckDB runs a statement as many small tasks, on this thread and its own; this type checks for a request to stop
/// between them. <https://duckdb.org/docs/stable/clients/c/query>
package final class Database {
    /// A parameter's value; a timestamp is microseconds since 1970, UTC.
    package enum Value: Sendable { case null, text(String), integer(Int64), timestamp(Int64) }

    let isInterrupted: () -> Bool
    private(set) var database: duckdb_database?
    private(set) var connection: duckdb_connection?
    /// The last statement: many rows of dlt's tables are inserted by statements of the same text, and parsing one with
    /// a thousand parameters takes longer than running it.
    private var prepared: (sql: String, statement: duckdb_prepared_statement?)?
    /// A statement has failed since the transaction began. DuckDB then accepts COMMIT, undoes everything, and reports
    /// success.
    private var hasFailed = false

    private init(_ isInterrupted: @escaping () -> Bool) { self.isInterrupted = isInterrupted }

    deinit { close() }

    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { dlt_duckdb_load().map { String(cString: $0) } }

    /// The version, such as `v1.5.5`; nil if the library is absent.
    package static var libraryVersion: String? { absence == nil ? String(cString: duckdb_library_version()) : nil }

    /// Opens a file or, without one, a database in memory, to which files can be attached.
    ///
    /// - Parameters:
    ///   - path: created if absent.
    ///   - options: such as `threads` and `memory_limit`. <https://duckdb.org/docs/stable/configuration/overview>
    ///   - isInterrupted: asked between the tasks of a statement, some milliseconds each; true ends it, and its transaction.
    /// - Throws: `isLock` when another process has the file.
    ///
    /// <https://duckdb.org/docs/stable/clients/c/connect>
    package static func open(
        _ path: String? = nil, _ options: [(name: String, value: String)] = [],
        isInterrupted: @escaping () -> Bool = { false }
    ) throws(DuckDBError) -> Database {
        if let absence { throw DuckDBError(absence) }
        let database = Database(isInterrupted)
        var config: duckdb_config?
        var reason: UnsafeMutablePointer<CChar>?
        defer { duckdb_destroy_config(&config) }
        _ = duckdb_create_config(&config)
        for option in options where duckdb_set_config(config, option.name, option.value) != DUCKDB_SUCCESS {
            throw DuckDBError("the option \(option.name) cannot be '\(option.value)'")
        }
        guard duckdb_open_ext(path, &database.database, config, &reason) == DUCKDB_SUCCESS else {
            defer { duckdb_free(reason) }
            throw database.failure(reason, nil)
        }
        guard duckdb_connect(database.database, &database.connection) == DUCKDB_SUCCESS else {
            throw DuckDBError("out of memory")
        }
        return database
    }

    /// Closes the connection, undoes uncommitted changes, and writes the log into the file. `deinit` does so as well.
    package func close() {
        forgetPrepared()
        duckdb_disconnect(&connection)
        duckdb_close(&database)
    }

    // MARK: Transactions, whose beginnings and ends nothing interrupts

    package func begin() throws(DuckDBError) {
        hasFailed = false
        try execute("BEGIN TRANSACTION", isStoppable: false)
    }

    /// - Throws: also when a statement of the transaction has failed, because nothing is left to commit then.
    package func commit() throws(DuckDBError) {
        if hasFailed { throw DuckDBError("TransactionContext Error: a statement of the transaction has failed") }
        try execute("COMMIT", isStoppable: false)
    }

    package func rollback() throws(DuckDBError) { try execute("ROLLBACK", isStoppable: false) }

    // MARK: Statements

    /// Runs one statement with parameters `?` or `$1` and so on; returns the number of rows that it inserted, deleted or updated.
    @discardableResult
    package func execute(
        _ sql: String, _ values: [Value] = [], isStoppable: Bool = true
    ) throws(DuckDBError) -> Int {
        var result = try run(sql, values, isStoppable)
        defer { duckdb_destroy_result(&result) }
        return Int(duckdb_rows_changed(&result))
    }

    /// Runs a SELECT; returns its rows, in its order, as text that DuckDB casts them to: nil for NULL, `\xAA` for a
    /// byte of a BLOB that is not ASCII.
    package func query(_ sql: String, _ values: [Value] = []) throws(DuckDBError) -> [[String?]] {
        var result = try run("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n\(sql)\n)", values, true)
        defer { duckdb_destroy_result(&result) }
        var rows: [[String?]] = []
        while var chunk = Optional(duckdb_fetch_chunk(result)), chunk != nil {
            defer { duckdb_destroy_data_chunk(&chunk) }
            let vectors = (0..<duckdb_column_count(&result)).map { ColumnVector(chunk, $0) }
            for row in 0..<Int(duckdb_data_chunk_get_size(chunk)) { rows.append(vectors.map { $0.text(row) }) }
        }
        return rows
    }

    /// <https://duckdb.org/docs/stable/clients/c/prepared>
    private func run(_ sql: String, _ values: [Value], _ isStoppable: Bool) throws(DuckDBError) -> duckdb_result {
        var pending: duckdb_pending_result?
        var result = duckdb_result()
        var hasRun = false
        defer {
            duckdb_destroy_pending(&pending)
            // Not used again: a failed statement may be in any state.
            if !hasRun { forgetPrepared() }
        }
        let statement = try prepare(sql)
        for (index, value) in values.enumerated() {
            guard Database.bind(statement, idx_t(index + 1), value) == DUCKDB_SUCCESS else {
                throw failure(duckdb_prepare_error(statement), sql)
            }
        }
        guard duckdb_pending_prepared(statement, &pending) == DUCKDB_SUCCESS, finish(pending, isStoppable) else {
            throw failure(duckdb_pending_error(pending), sql)
        }
        guard duckdb_execute_pending(pending, &result) == DUCKDB_SUCCESS else {
            defer { duckdb_destroy_result(&result) }
            throw failure(duckdb_result_error(&result), sql)
        }
        hasRun = true
        return result
    }

    /// A statement, which lives until the next one is prepared.
    private func prepare(_ sql: String) throws(DuckDBError) -> duckdb_prepared_statement? {
        if let prepared, prepared.sql == sql { return prepared.statement }
        forgetPrepared()
        var statement: duckdb_prepared_statement?
        guard duckdb_prepare(connection, sql, &statement) == DUCKDB_SUCCESS else {
            defer { duckdb_destroy_prepare(&statement) }
            throw failure(duckdb_prepare_error(statement), sql)
        }
        prepared = (sql, statement)
        return statement
    }

    private func forgetPrepared() {
        var statement = prepared?.statement
        duckdb_destroy_prepare(&statement)
        prepared = nil
    }

    static func bind(_ statement: duckdb_prepared_statement?, _ index: idx_t, _ value: Value) -> Int32 {
        switch value {
        case .null: duckdb_bind_null(statement, index)
        case .integer(let value): duckdb_bind_int64(statement, index, value)
        case .timestamp(let value): duckdb_bind_timestamp_tz(statement, index, value)
        case .text(let text): duckdb_bind_varchar_length(statement, index, text, idx_t(text.utf8.count))
        }
    }

    /// Runs a statement until its result is there; false when it has failed.
    private func finish(_ pending: duckdb_pending_result?, _ isStoppable: Bool) -> Bool {
        // Microseconds, while only the library's own threads have work.
        var pause: useconds_t = 50
        while true {
            switch Int(duckdb_pending_execute_task(pending)) {
            case DUCKDB_PENDING_READY: return true
            case DUCKDB_PENDING_ERROR: return false
            case DUCKDB_PENDING_NO_TASKS:
                usleep(pause)
                pause = min(pause * 2, 1000)
            default: pause = 50
            }
            if isStoppable, isInterrupted() { duckdb_interrupt(connection) }
        }
    }

    func failure(_ text: UnsafePointer<CChar>?, _ sql: String?, type: Int32 = 0) -> DuckDBError {
        hasFailed = true
        return DuckDBError(text.map { String(cString: $0) } ?? "unknown", sql: sql, type: type)
    }

    // MARK: SQL text, which ends at a zero byte

    package static func quoteIdentifier(_ name: String) -> String { quote(name.utf8, UInt8(ascii: "\"")) }

    package static func quoteLiteral(_ text: String) -> String {
        let pieces = text.utf8.split(separator: 0, omittingEmptySubsequences: false)
        let quoted = pieces.map { quote($0, UInt8(ascii: "'")) }
        return quoted.count == 1 ? quoted[0] : "(\(quoted.joined(separator: " || chr(0) || ")))"
    }

    private static func quote(_ text: some Collection<UInt8>, _ mark: UInt8) -> String {
        let doubled = text.flatMap { $0 == mark ? [mark, mark] : $0 == 0 ? Array("\u{FFFD}".utf8) : [$0] }
        return String(decoding: [mark] + doubled + [mark], as: UTF8.self)
    }
}
