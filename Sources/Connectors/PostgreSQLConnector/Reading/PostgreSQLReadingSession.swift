import DatasetReaders
import Destinations
import Failures
import PostgreSQL
import RelationalSQL

/// A transaction that reads one state of a database and cannot change it. Queries are cursors in it: the server declares one only for what
/// its parser takes for a query that changes no rows, and rows come as they are asked for.
///
/// READ ONLY alone would not do. It can be taken back before the transaction has looked at anything, so the first look is ours. COPY to a
/// program or a file passes it, and so do functions that reach beyond the database: the first is not a query, and the others are refused by
/// their names (`PostgreSQLGuard`). A superuser's session goes on as one of the server's own roles, which can read all tables and no more.
final class PostgreSQLReadingSession: ReadingSession {
    var dialect: any SQLDialect { own }
    let control: QueryControl
    private let own: PostgreSQLDialect
    private let connection: Connection
    private let url: String
    private let lockTimeout: Double
    private var isOpen = false
    /// After an error the server takes nothing more in this transaction.
    private var isBroken = false
    private var count = 0
    /// The cursor that rows were asked of which are on their way.
    private weak var waiting: PostgreSQLRows?
    private var open: [WeakRows] = []

    private struct WeakRows { weak var rows: PostgreSQLRows? }

    init(_ connection: Connection, _ control: QueryControl, schema: String, url: String, lockTimeout: Double) {
        self.connection = connection
        // A query that was given a tenth of a second is not to get two.
        connection.interval = 20
        self.control = control
        own = PostgreSQLDialect(schema: schema)
        self.url = url
        self.lockTimeout = lockTimeout
    }

    deinit { close() }

    // MARK: Beginning and ending

    func begin() throws(QueryFailure) {
        let schema = own.quote(own.schema)
        let wait = Int(min(max(lockTimeout * 1000, 1), 2_000_000_000))
        do throws(PostgreSQLError) {
            isOpen = true
            // What is printed, and what our own look at the text relies on, does not depend on a user's settings. A cursor is planned for all of
            // its rows. The SELECT is the look that makes the transaction's mode final.
            try connection.execute(
                """
                BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = \(wait); \
                SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; \
                SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; \
                SET LOCAL standard_conforming_strings = on; SET LOCAL cursor_tuple_fraction = 1; \
                SET LOCAL client_min_messages = error; SET LOCAL search_path = \(schema), public; SELECT 1
                """)
            let isSuperuser = try connection.execute("SELECT pg_catalog.current_setting('is_superuser')").string(0, 0)
            if isSuperuser == "on", connection.serverVersion >= 140_000 {
                // Rows that a policy would hide from that role are reported, instead of left out.
                try connection.execute("SET LOCAL row_security = off; SET LOCAL ROLE pg_read_all_data")
            }
        } catch {
            close()
            throw failure(error, unableTo: "begin a transaction at \(url)")
        }
    }

    func close() {
        waiting = nil
        for rows in open { rows.rows?.forget() }
        open = []
        guard isOpen else { return }
        isOpen = false
        guard connection.isConnected else { return }
        // Rows may be on their way.
        _ = try? connection.receive("")
        _ = try? connection.execute("ROLLBACK")
        // In a pool of connections a lock would outlive this session.
        _ = try? connection.execute("SELECT pg_catalog.pg_advisory_unlock_all()")
    }

    func rest() -> Bool {
        close()
        isBroken = true
        return connection.isConnected
    }

    // MARK: Queries

    func open(_ query: Query) throws(QueryFailure) -> any QueryRows {
        if let interruption = control.interruption { throw QueryFailure(interruption) }
        let form = try PostgreSQLGuard.check(query)
        let numbered = try NumberedQuery(query, .postgresql)
        if isBroken {
            // At another moment, and without the cursors of before.
            isBroken = false
            close()
            try begin()
        }
        count += 1
        let cursor = "dlt_\(count)"
        let prefix =
            switch form {
            case .cursor: "DECLARE \(cursor) NO SCROLL CURSOR FOR "
            case .direct: query.isExplained ? "EXPLAIN " : ""
            }
        let result = try run(prefix, numbered)
        guard form == .cursor else { return PostgreSQLRows(whole: result, query, self) }
        let rows = try PostgreSQLRows(cursor: cursor, query, self)
        open.removeAll { $0.rows == nil }
        open.append(WeakRows(rows: rows))
        return rows
    }

    private func run(_ prefix: String, _ query: NumberedQuery) throws(QueryFailure) -> QueryResult {
        try settle()
        let sql = prefix + query.text
        do throws(PostgreSQLError) {
            try connection.send(
                sql,
                query.values.map { value in
                    switch value {
                    case .null: nil
                    case .text(let text): text
                    case .integer(let number): String(number)
                    }
                })
            return try connection.receive(sql)
        } catch {
            var failure = failure(error, unableTo: "run the query")
            failure.offset = error.position.flatMap { place in
                let before = sql.unicodeScalars.prefix(place - 1).reduce(0) { $0 + UTF8.width($1) }
                return before < prefix.utf8.count ? nil : query.original(before - prefix.utf8.count)
            }
            throw failure
        }
    }

    /// Asks for rows of a cursor, and does not wait for them.
    func ask(_ rows: PostgreSQLRows, _ statement: String) throws(QueryFailure) {
        try settle()
        do throws(PostgreSQLError) { try connection.send(statement) } catch {
            throw failure(error, unableTo: "run the query")
        }
        waiting = rows
    }

    /// The rows that were asked for last.
    func answer() throws(QueryFailure) -> QueryResult {
        waiting = nil
        do throws(PostgreSQLError) { return try connection.receive("FETCH") } catch {
            throw failure(error, unableTo: "run the query")
        }
    }

    /// Takes in what is on its way, so that something else can be sent.
    private func settle() throws(QueryFailure) {
        guard let rows = waiting else { return }
        try rows.receive()
    }

    func end(cursor: String) {
        guard isOpen, !isBroken else { return }
        try? settle()
        _ = try? connection.execute("CLOSE \(cursor)")
    }

    private func failure(_ error: PostgreSQLError, unableTo action: String) -> QueryFailure {
        isBroken = true
        if error.isInterruption || error.sqlState == "57014", let interruption = control.interruption {
            return QueryFailure(interruption)
        }
        switch error.sqlState {
        case "25006", "25001":
            return .refusal("\(error.message): it would change something")
        case "0A000" where error.message.hasPrefix("DECLARE "):
            return .refusal("it would change rows")
        default:
            let known = DestinationError(error, unableTo: action, url: url)
            let isWrong = ["42", "22", "26", "34"].contains(error.sqlState.map { String($0.prefix(2)) } ?? "")
            let isDenied = error.sqlState == "42501"
            return QueryFailure(
                isWrong && !isDenied ? .data : known.kind, known.message,
                hint: error.hint ?? (isWrong && !isDenied ? nil : known.hint))
        }
    }

    // MARK: Tables

    func hasSchema(_ name: String) throws(DestinationError) -> Bool {
        try look("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", [name]).rowCount > 0
    }

    /// Schemas that have dlt's tables.
    func datasets() throws(DestinationError) -> [String] {
        try look(
            """
            SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = '_dlt_version' ORDER BY 1
            """, []
        ).rows.compactMap { $0[0] }
    }

    private func look(_ sql: String, _ values: [String?]) throws(DestinationError) -> QueryResult {
        do throws(PostgreSQLError) { return try connection.execute(sql, values) } catch {
            throw DestinationError(error, unableTo: "read \(url)", url: url)
        }
    }

    func storedTables() throws(QueryFailure) -> [StoredTable] {
        let found = try texts(
            Query(
                """
                SELECT c.relname, c.relkind IN ('v', 'm'), a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                c.relkind = 'r' AND NOT c.relhassubclass
                FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY c.relname, c.oid, a.attnum
                """, parameters: [QueryParameter(name: "schema", value: .text(own.schema))]))
        var tables: [StoredTable] = []
        for row in found {
            let name = row[0] ?? ""
            if tables.last?.name != name {
                // Each partition counts its places from the first.
                tables.append(
                    StoredTable(name: name, isView: row[1] == "true", hasPlaces: row[5] == "true", columns: []))
            }
            tables[tables.count - 1].columns.append(
                StoredColumn(name: row[2] ?? "", type: row[3] ?? "", isNullable: row[4] == "false"))
        }
        return tables
    }
}
