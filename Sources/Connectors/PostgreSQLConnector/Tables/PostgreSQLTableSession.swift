import DatasetReaders
import Failures
import JSONText
import PostgreSQL
import SystemIO
import TableSources

/// A read-only transaction in which every statement sees the same state of the database.
final class PostgreSQLTableSession: TableSession {
    let dialect: any TableDialect = PostgreSQLTableDialect()
    let shown: String
    let databaseName: String
    let place: TablePlace
    private let address: PostgreSQLAddress
    private let connection: Connection
    private var isOpen = false

    init(_ address: PostgreSQLAddress, _ place: TablePlace) throws(TableError) {
        self.address = address
        self.place = place
        shown = place.shown
        databaseName = address.database
        var parameters = address.parameters
        // Later ones win, and the URL's own password should.
        if let password = place.password { parameters.insert((name: "password", value: password), at: 0) }
        do {
            connection = try Connection.open(
                parameters, timeout: 15, isInterrupted: { StopSignal.requested || place.isInterrupted() })
        } catch {
            throw TableError(error, unableTo: "connect to \(place.shown)", url: address.url)
        }
    }

    deinit { close() }

    var serverVersion: Int { connection.serverVersion }

    func begin() throws(TableError) {
        isOpen = true
        let wait = Int(min(max(place.lockTimeout * 1000, 1), 2_000_000_000))
        let snapshot = place.snapshot.map { "SET TRANSACTION SNAPSHOT \(Connection.quoteLiteral($0)); " } ?? ""
        // Limits of time are set for users' queries; a limit of this session's own, from PGOPTIONS or the URL, is meant. What is read
        // does not depend on a user's settings.
        try run(
            """
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \(snapshot)\
            SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings \
            WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') AND source <> 'client'; \
            SET LOCAL lock_timeout = \(wait); SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; \
            SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; \
            SET LOCAL standard_conforming_strings = on; SET LOCAL client_min_messages = error
            """, unableTo: "begin to read \(shown)")
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        connection.abandonCopyOut()
        // The server ends the transaction of a broken connection by itself.
        if connection.isConnected { _ = try? connection.execute("ROLLBACK") }
    }

    @discardableResult
    func run(_ sql: String, _ values: [String?] = [], unableTo action: String) throws(TableError) -> QueryResult {
        do throws(PostgreSQLError) { return try connection.execute(sql, values) } catch {
            throw explained(error, action)
        }
    }

    func explained(_ error: PostgreSQLError, _ action: String) -> TableError {
        TableError(error, unableTo: action, url: address.url)
    }

    // MARK: Rows

    func columns(ofQuery sql: String) throws(TableError) -> [SourceColumn] {
        try QueryText.check(query: sql, .postgresql)
        let action = "read the query"
        let result: QueryResult
        do throws(PostgreSQLError) {
            // One statement at most; it is planned and finds no rows.
            let probe = "SELECT * FROM (\n\(sql)\n) AS dlt_query LIMIT 0"
            try connection.send(probe)
            result = try connection.receive(probe)
        } catch { throw explained(error, action) }
        let types = (0..<result.columnCount).map { result.columnType($0) }
        let known = try columnTypes(types.map { (Int($0.type), Int($0.modifier)) })
        return zip(0..<result.columnCount, known).map { place, type in
            type.column(result.columnName(place), isNullable: nil)
        }
    }

    func rows(of selection: TableSelection) throws(TableError) -> any TableRows {
        if let condition = selection.condition { try QueryText.check(condition: condition, .postgresql) }
        let sql = try SelectPrinter(dialect).sql(selection)
        let action = "read \(selection.described)"
        do throws(PostgreSQLError) {
            // To return to, if not all rows are taken.
            try connection.execute("SAVEPOINT dlt_rows")
            try connection.beginCopyOut("COPY (\(sql)) TO STDOUT (FORMAT binary)")
        } catch { throw explained(error, action) }
        return CopyOutRows(self, connection, selection, action)
    }

    /// The rows that are not taken are not sent.
    func abandonRows() {
        connection.abandonCopyOut()
        if connection.isConnected { _ = try? connection.execute("ROLLBACK TO SAVEPOINT dlt_rows") }
    }
}
