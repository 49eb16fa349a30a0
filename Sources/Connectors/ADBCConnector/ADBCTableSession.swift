import ADBC
import Arrow
import DatasetReaders
import Failures
import JSONText
import TableSources

/// One connection of a driver, in one transaction where the database is known to have snapshots.
final class ADBCTableSession: TableSession {
    let dialect: any TableDialect
    let shown: String
    let databaseName: String
    let product: ADBCProduct
    private let driver: ADBCDriver
    private var connection: ADBCConnection?

    init(_ address: ADBCAddress, _ place: TablePlace) throws(TableError) {
        shown = place.shown
        product = address.product
        databaseName = address.databaseName
        dialect = ADBCTableDialect(product: product)
        driver = try DriverSearch(address).open(place.settings["driver"], shown: shown)
        do throws(ADBCError) {
            let wishes =
                [(key: "adbc.connection.readonly", value: "true")]
                + (product.hasSnapshots ? [(key: "adbc.connection.autocommit", value: "false")] : [])
            let connection = try ADBCConnection(driver, options: address.options, wishes: wishes)
            if product == .postgresql {
                try connection.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                try connection.run("SET timezone = 'UTC'")
            }
            self.connection = connection
        } catch { throw TableError(error, unableTo: "connect to \(place.shown)") }
    }

    deinit { close() }

    func close() {
        connection?.close()
        connection = nil
    }

    func open(unableTo action: String) throws(TableError) -> ADBCConnection {
        guard let connection else { throw TableError(.unusable, "unable to \(action): the connection is closed") }
        return connection
    }

    // MARK: The catalog

    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable] {
        try ADBCCatalog(self, open(unableTo: "read the catalog")).tables(request)
    }

    func names(in schema: String?) throws(TableError) -> [TableName] {
        try ADBCCatalog(self, open(unableTo: "read the catalog")).names(in: schema)
    }

    func schemas() throws(TableError) -> [String] {
        try ADBCCatalog(self, open(unableTo: "read the catalog")).schemas()
    }

    // MARK: Rows

    func columns(ofQuery sql: String) throws(TableError) -> [SourceColumn] {
        try QueryText.check(query: sql, product.rules)
        return try columns("SELECT * FROM (\n\(sql)\n) AS dlt_query WHERE 1 = 0", unableTo: "read the query")
    }

    /// The columns of a statement: as the driver knows them, or else those of its rows, of which there are none.
    func columns(_ sql: String, unableTo action: String) throws(TableError) -> [SourceColumn] {
        let connection = try open(unableTo: action)
        let found: Result<[ArrowField], ArrowError>
        do throws(ADBCError) { found = try Self.fields(connection.statement(sql)) } catch {
            throw TableError(error, unableTo: action)
        }
        do throws(ArrowError) { return try found.get().map { SourceColumn($0, product) } } catch {
            throw TableError(error, unableTo: action)
        }
    }

    private static func fields(_ statement: ADBCStatement) throws(ADBCError) -> Result<[ArrowField], ArrowError> {
        defer { statement.close() }
        do throws(ADBCError) {
            return try ArrowSchemaReader.columns { address throws(ADBCError) in try statement.describe(into: address) }
        } catch {
            guard error.status == .notImplemented else { throw error }
        }
        let stream = ArrowStream()
        try statement.run(into: stream.address)
        defer { stream.close() }
        return Result { () throws(ArrowError) in try stream.columns() }
    }

    func rows(of selection: TableSelection) throws(TableError) -> any TableRows {
        let action = "read \(selection.described)"
        if let condition = selection.condition { try QueryText.check(condition: condition, product.rules) }
        let connection = try open(unableTo: action)
        let infinite = try hasInfiniteCursor(selection, connection, action) ? selection.cursor : nil
        let sql = try SelectPrinter(dialect).sql(selection)
        return try ADBCTableRows(connection, sql, selection, action, infinite: infinite)
    }

    /// As PostgreSQL's own session does: the view is older than the locks.
    func hold(_ tables: [SourceTable]) throws(TableError) {
        guard product == .postgresql else { return }
        let action = "lock the tables of \(shown)"
        let connection = try open(unableTo: action)
        do throws(ADBCError) {
            for table in tables { try connection.run("SELECT 1 FROM \(dialect.table(table.name)) LIMIT 0") }
        } catch { throw TableError(error, unableTo: action) }
        let changed = TableSelection(
            .query(
                """
                SELECT coalesce(c.relname::text, '') AS name FROM pg_catalog.pg_locks AS l
                LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
                WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.relation >= 16384 AND (c.oid IS NULL
                OR c.relkind = 'r' AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)) LIMIT 1
                """), columns: [SourceColumn("name", storedType: "text")])
        let rows = try rows(of: changed)
        defer { rows.close() }
        guard try rows.next(ByteBuffer()) else { return }
        throw TableError(
            .temporary, "unable to \(action): another session emptied, rewrote or replaced one of them meanwhile",
            hint: "run the same command again")
    }

    /// Asked for by itself: among the rows another time stands for infinity.
    private func hasInfiniteCursor(
        _ selection: TableSelection, _ connection: ADBCConnection, _ action: String
    ) throws(TableError) -> Bool {
        guard let cursor = selection.cursor, let finite = dialect.finite(selection.columns[cursor]) else {
            return false
        }
        var infinite = selection
        infinite.columns = [selection.columns[cursor]]
        infinite.condition = "NOT \(finite)" + (selection.condition.map { " AND (\n\($0)\n)" } ?? "")
        infinite.limit = 1
        let sql = try SelectPrinter(dialect).sql(infinite)
        let rows = try ADBCTableRows(connection, sql, infinite, action, infinite: nil)
        defer { rows.close() }
        return try rows.next(ByteBuffer())
    }
}

extension ADBCConnection {
    /// Runs a statement without rows.
    func run(_ sql: String) throws(ADBCError) {
        let statement = try statement(sql)
        defer { statement.close() }
        let stream = ArrowStream()
        try statement.run(into: stream.address)
        stream.close()
    }
}
