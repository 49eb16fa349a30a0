import DatasetReaders
import Failures
import MariaDB
import SystemIO
import TableSources

/// A read-only transaction in which every statement sees the same state of the database, as far as its tables know transactions: those
/// of InnoDB do.
final class MariaDBTableSession: TableSession {
    let dialect: any TableDialect = MariaDBTableDialect()
    let shown: String
    let databaseName: String
    private var connection: Connection?

    init(_ address: MariaDBAddress, _ place: TablePlace) throws(TableError) {
        shown = place.shown
        databaseName = address.database
        do {
            let connection = try Connection(address.settings) { StopSignal.requested }
            self.connection = connection
            // Limits of time and of rows are set for users' queries. What is read does not depend on a user's settings, and a reader that
            // waits for the next program does not lose its connection.
            let limit = connection.isMariaDB ? "max_statement_time = 0" : "max_execution_time = 0"
            try connection.execute(
                """
                SET SESSION time_zone = '+00:00', sql_mode = '', sql_select_limit = DEFAULT, \(limit), \
                net_write_timeout = 31536000, net_read_timeout = 31536000, wait_timeout = 31536000
                """)
            try connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            try connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        } catch { throw TableError(error, unableTo: "connect to \(place.shown)") }
    }

    deinit { close() }

    /// The server ends the transaction with the connection.
    func close() { connection = nil }

    func open(unableTo action: String) throws(TableError) -> Connection {
        guard let connection else { throw TableError(.unusable, "unable to \(action): the connection is closed") }
        return connection
    }

    // MARK: The catalog

    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable] {
        let action = "read the catalog of \(shown)"
        let connection = try open(unableTo: action)
        do throws(MariaDBError) {
            return try MariaDBCatalog(connection).tables(request)
        } catch { throw TableError(error, unableTo: action) }
    }

    func names(in schema: String?) throws(TableError) -> [TableName] {
        let found = try texts(
            """
            SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = \(MariaDBCatalog.schema(schema)) \
            AND TABLE_TYPE <> 'SEQUENCE' ORDER BY CAST(TABLE_NAME AS BINARY)
            """)
        return found.compactMap { row in row[0].map { TableName(schema: schema, $0) } }
    }

    func schemas() throws(TableError) -> [String] {
        try texts(
            """
            SELECT SCHEMA_NAME FROM information_schema.SCHEMATA \
            WHERE SCHEMA_NAME NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY 1
            """
        ).compactMap { $0[0] }
    }

    private func texts(_ sql: String) throws(TableError) -> [[String?]] {
        let action = "read the catalog of \(shown)"
        let connection = try open(unableTo: action)
        do throws(MariaDBError) { return try connection.texts(sql) } catch { throw TableError(error, unableTo: action) }
    }

    // MARK: Rows

    func columns(ofQuery sql: String) throws(TableError) -> [SourceColumn] {
        try check(sql, "--query")
        try QueryText.check(query: sql, .mysql)
        let action = "read the query"
        let connection = try open(unableTo: action)
        do throws(MariaDBError) {
            let rows = try connection.query("SELECT * FROM (\n\(sql)\n) AS dlt_query LIMIT 0")
            defer { rows.close() }
            return rows.columns.map { SourceColumn($0) }
        } catch { throw TableError(error, unableTo: action) }
    }

    func rows(of selection: TableSelection) throws(TableError) -> any TableRows {
        let action = "read \(selection.described)"
        if let condition = selection.condition {
            try check(condition, "--where")
            try QueryText.check(condition: condition, .mysql)
        }
        let connection = try open(unableTo: action)
        let sql = try SelectPrinter(dialect).sql(selection)
        do throws(MariaDBError) {
            return MariaDBTableRows(try connection.query(sql), selection, action)
        } catch { throw TableError(error, unableTo: action) }
    }

    /// A comment that the server runs.
    private func check(_ text: String, _ option: String) throws(TableError) {
        if text.contains("/*!") || text.contains("/*M!") {
            throw TableError(
                .usage, "unable to use '\(option)': it has a comment that is run, /*! … */",
                hint: "write it without the comment")
        }
    }
}
