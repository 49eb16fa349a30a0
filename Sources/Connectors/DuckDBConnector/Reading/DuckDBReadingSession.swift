import DatasetReaders
import Destinations
import DuckDB
import Failures
import RelationalSQL
import Synchronization
import SystemIO

/// A look at a DuckDB file, which no other process can have open for writing meanwhile.
///
/// That the file is opened for reading alone would not do: a query can read and write files of the system. So access to anything but the
/// database is off, and the configuration is locked before the first query.
final class DuckDBReadingSession: ReadingSession {
    var dialect: any SQLDialect { own }
    private var own: DuckDBDialect
    let control: QueryControl
    private let place: DuckDBPlace
    private let workFolder: String
    private var database: Database?
    private let watch: QueryWatch
    private var open: [WeakRows] = []
    private var searchPath: String?

    private struct WeakRows { weak var rows: DuckDBRows? }

    /// - Parameter folder: for what does not fit into memory.
    static func settings(_ folder: String) -> [(name: String, value: String)] {
        [
            // The folder first: it is outside of the database.
            ("temp_directory", folder), ("access_mode", "READ_ONLY"), ("autoload_known_extensions", "false"),
            ("enable_external_access", "false"),
        ]
    }

    init(_ database: Database, _ control: QueryControl, _ place: DuckDBPlace, workFolder: String) {
        self.database = database
        self.control = control
        self.place = place
        self.workFolder = workFolder
        own = place.dialect
        watch = QueryWatch(control)
    }

    deinit { close() }

    func close() {
        watch.end()
        for rows in open { rows.rows?.close() }
        open = []
        guard let database else { return }
        database.close()
        self.database = nil
        if Files.exists(workFolder) { try? Files.removeTree(workFolder) }
    }

    // MARK: The place

    /// - Parameter all: also those that have none of dlt's tables.
    func datasets(all: Bool) throws(DestinationError) -> [String] {
        let query =
            all
            ? "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()"
            : "SELECT schema_name FROM duckdb_tables() WHERE database_name = current_database() AND table_name = '_dlt_version'"
        return try look(query).compactMap { $0[0] }
    }

    /// Makes the dataset the place of names without a qualifier, and the configuration final.
    func enter() throws(DestinationError) {
        let catalog = try look("SELECT current_database()").first?[0] ?? ""
        own = DuckDBDialect(catalog: catalog, schema: place.dataset)
        // Of every query, which has a connection of its own. It may still be set when the configuration is locked.
        let path = "\(Database.quoteIdentifier(catalog)).\(Database.quoteIdentifier(place.dataset))"
        searchPath = "SET search_path = \(Database.quoteLiteral(path))"
        // A library without time zones has no such option; all its times are UTC.
        _ = try? database?.execute("SET GLOBAL TimeZone = 'UTC'")
        do throws(DuckDBError) {
            try database?.execute("SET GLOBAL lock_configuration = true")
        } catch { throw explained(error) }
    }

    private func look(_ query: String) throws(DestinationError) -> [[String?]] {
        do throws(DuckDBError) { return try database?.query(query) ?? [] } catch { throw explained(error) }
    }

    private func explained(_ error: DuckDBError) -> DestinationError {
        let known = DestinationError(error, unableTo: "read \(place.shown)", file: place.file?.path ?? place.shown)
        // The hints of that kind are about rows that are written.
        return known.kind == .data ? DestinationError(.unusable, known.message) : known
    }

    // MARK: Queries

    func open(_ query: Query) throws(QueryFailure) -> any QueryRows {
        guard let database else { throw QueryFailure(.unusable, "unable to run the query: the session has ended") }
        if let interruption = control.interruption { throw QueryFailure(interruption) }
        let text = StatementText(query.sql, .duckdb)
        try text.checkOneStatement()
        if !place.isFile { try DuckDBGuard.check(text) }
        let statement = Statement(try NumberedQuery(query, .duckdb), isExplained: query.isExplained)
        let cursor = try running(statement) { () throws(DuckDBError) -> Cursor in
            try Cursor(database, after: searchPath, statement.sql)
        }
        try check(cursor.kind, text, query)
        var described = cursor.columns
        var reading = cursor
        try running(statement) { () throws(DuckDBError) -> Void in
            reading = try readable(cursor, statement, database)
            watch.begin(reading)
            try reading.run(statement.query.values.map { Database.Value($0) })
            if reading === cursor {
                described = cursor.columns
                reading = try readable(cursor, statement, database)
                if reading === cursor { return }
                watch.close(cursor)
                watch.begin(reading)
                try reading.run(statement.query.values.map { Database.Value($0) })
            }
        }
        let rows = DuckDBRows(reading, described: described, query, self)
        open.removeAll { $0.rows == nil }
        open.append(WeakRows(rows: rows))
        return rows
    }

    private struct Statement {
        let query: NumberedQuery
        let prefix: String

        init(_ query: NumberedQuery, isExplained: Bool) {
            self.query = query
            prefix = isExplained ? "EXPLAIN " : ""
        }

        var sql: String { prefix + query.text }

        func offset(_ error: DuckDBError) -> Int? {
            error.offset(in: sql).flatMap { $0 < prefix.utf8.count ? nil : query.original($0 - prefix.utf8.count) }
        }
    }

    private func check(_ kind: Cursor.Kind, _ text: StatementText, _ query: Query) throws(QueryFailure) {
        switch kind {
        case .query: return
        case .explanation where query.isExplained:
            if let first = text.first, text.beginsQuery(first) { return }
        case .explanation: return try text.checkExplained()
        case .other: break
        }
        throw QueryFailure.refusal("it is not a query", offset: text.first?.range.lowerBound)
    }

    /// The same query, with columns as text whose type is not read as it is.
    private func readable(
        _ cursor: Cursor, _ statement: Statement, _ database: Database
    ) throws(DuckDBError) -> Cursor {
        // Until its parameters have values, a query may seem to have one column of this name.
        let isUnknown = cursor.columns.count == 1 && cursor.columns[0].name == "unknown" && !cursor.hasRun
        guard cursor.kind == .query, !isUnknown, cursor.columns.contains(where: { $0.form == .other }) else {
            return cursor
        }
        let tokens = SQLScanner.tokens(of: statement.sql, .duckdb)
        let bytes = Array(statement.sql.utf8)
        let end = tokens.first { $0.kind == .mark && bytes[$0.range.lowerBound] == UInt8(ascii: ";") }
        let inner = String(decoding: bytes[..<(end?.range.lowerBound ?? bytes.count)], as: UTF8.self)
        let columns = cursor.columns.enumerated().map { index, column in
            column.form == .other ? "CAST(#\(index + 1) AS VARCHAR)" : "#\(index + 1)"
        }
        return try Cursor(
            database, after: searchPath, "SELECT \(columns.joined(separator: ", ")) FROM (\n\(inner)\n)")
    }

    private func running<Result>(
        _ statement: Statement, _ body: () throws(DuckDBError) -> Result
    ) throws(QueryFailure) -> Result {
        do { return try body() } catch {
            var failure = failure(error)
            failure.offset = statement.offset(error)
            throw failure
        }
    }

    func failure(_ error: DuckDBError) -> QueryFailure {
        if error.isInterruption, let interruption = control.interruption { return QueryFailure(interruption) }
        let reason = "unable to run the query: \(error.message)"
        switch error.kind {
        case "Permission": return .refusal(error.message)
        case "Parser", "Binder", "Catalog", "Conversion", "Out of Range", "Invalid Input", "Not implemented", "Syntax":
            let isRefused =
                error.message.contains("read-only mode") || error.message.contains("disabled by configuration")
                || error.message.contains("configuration has been locked")
            return isRefused ? .refusal(error.message) : QueryFailure(.data, reason)
        case "Out of Memory":
            return QueryFailure(
                .configuration, reason, hint: "ask for less; the disk of TMPDIR takes what memory does not")
        default:
            return QueryFailure(
                DestinationError(error, unableTo: "run the query", file: place.file?.path ?? place.shown))
        }
    }

    func close(_ cursor: Cursor) { watch.close(cursor) }

    // MARK: Tables

    func storedTables() throws(QueryFailure) -> [StoredTable] {
        let found = try texts(
            Query(
                """
                SELECT c.table_name, c.table_name IN (SELECT v.view_name FROM duckdb_views() AS v
                WHERE v.database_name = current_database() AND v.schema_name = :schema), c.column_name, c.data_type, c.is_nullable
                FROM duckdb_columns() AS c WHERE c.database_name = current_database() AND c.schema_name = :schema
                ORDER BY c.table_name, c.column_index
                """, parameters: [QueryParameter(name: "schema", value: .text(place.dataset))]))
        var tables: [StoredTable] = []
        for row in found {
            let name = row[0] ?? ""
            if tables.last?.name != name {
                tables.append(StoredTable(name: name, isView: row[1] == "true", columns: []))
            }
            tables[tables.count - 1].columns.append(
                StoredColumn(name: row[2] ?? "", type: row[3] ?? "", isNullable: row[4] == "true"))
        }
        return tables
    }
}

extension Database.Value {
    fileprivate init(_ value: QueryParameter.Value) {
        self =
            switch value {
            case .null: .null
            case .text(let text): .text(text)
            case .integer(let number): .integer(number)
            }
    }
}
