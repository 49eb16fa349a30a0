import DatasetReaders
import Destinations
import Failures
import RelationalSQL
import SQLite
import SystemIO

/// A look at an SQLite file. It keeps writers from committing, unless the file has a write-ahead log, and so ends as soon as it can.
final class SQLiteReadingSession: ReadingSession {
    let dialect: any SQLDialect = SQLiteDialect()
    private let control: QueryControl
    private let file: String
    private var database: Database?
    private var open: [WeakRows] = []

    private struct WeakRows { weak var rows: SQLiteRows? }

    init(
        _ database: Database, _ control: QueryControl, file: String, lockTimeout: Double
    ) throws(DestinationError) {
        self.database = database
        self.control = control
        self.file = file
        try SQLiteReadingSession.begin(database, file: file, lockTimeout: lockTimeout)
        do throws(SQLiteError) {
            try PostgreSQLFunctions.register(in: database, now: Clock.nowMicroseconds())
        } catch { throw DestinationError(error, unableTo: "read \(file)", file: file) }
        database.authorize { SQLiteReadingSession.allows($0) }
    }

    /// Begins a transaction that reads the file as it is now, when no other program writes to it.
    static func begin(_ database: Database, file: String, lockTimeout: Double) throws(DestinationError) {
        try LockWait.retry(
            seconds: lockTimeout, action: "read \(file)", isHeld: { (error: SQLiteError) in error.isBusy },
            explained: { SQLiteReadingSession.explained($0, file) },
            overdue: {
                DestinationError(
                    .temporary,
                    "unable to read \(file): another program has been writing to it for \(Int(lockTimeout)) s",
                    hint: "try again when it has ended, or wait longer with --lock-timeout; `fuser \(file)` names it")
            }
        ) { () throws(SQLiteError) in
            do throws(SQLiteError) {
                try database.execute("PRAGMA query_only=1; PRAGMA temp_store=FILE; PRAGMA trusted_schema=0; BEGIN")
                // The transaction begins to read here.
                _ = try database.integer("SELECT count(*) FROM sqlite_master")
            } catch {
                if database.inTransaction { try? database.execute("ROLLBACK") }
                throw error
            }
        }
    }

    private static func explained(_ error: SQLiteError, _ file: String) -> DestinationError {
        guard error.isUnfinished else { return DestinationError(error, unableTo: "read \(file)", file: file) }
        return DestinationError(
            .temporary,
            "unable to read \(file): a program was stopped while it wrote, and what it began must be undone first",
            hint: "run that program again, or sqlite3 \(file) 'PRAGMA schema_version'")
    }

    deinit { close() }

    func close() {
        for rows in open { rows.rows?.close() }
        open = []
        database = nil
    }

    // MARK: What queries may do

    /// Settings that can be asked for; those in the second list about something, which changes nothing.
    private static let pragmas: Set<String> = [
        "application_id", "collation_list", "compile_options", "encoding", "freelist_count", "function_list",
        "module_list",
        "page_count", "page_size", "pragma_list", "schema_version", "table_list", "user_version",
    ]
    private static let pragmasAbout: Set<String> = [
        "foreign_key_list", "index_info", "index_list", "index_xinfo", "table_info", "table_list", "table_xinfo",
    ]
    /// Load code, or change what the library does.
    private static let functions: Set<String> = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"]

    static func allows(_ action: Database.Action) -> Bool {
        switch action {
        case .read, .declare: true
        case .call(let name): !functions.contains(name.lowercased())
        case .pragma(let name, let hasArgument):
            (hasArgument ? pragmasAbout : pragmas.union(pragmasAbout)).contains(name.lowercased())
        case .other: false
        }
    }

    // MARK: Queries

    func open(_ query: Query) throws(QueryFailure) -> any QueryRows {
        guard let database else { throw QueryFailure(.unusable, "unable to run the query: the session has ended") }
        if let interruption = control.interruption { throw QueryFailure(interruption) }
        let statement = try compile(query, database)
        guard statement.columnCount > 0, statement.isReadOnly else { throw QueryFailure.refusal("it is not a query") }
        try bind(query.parameters, to: statement)
        let rows = SQLiteRows(statement, query, self)
        open.removeAll { $0.rows == nil }
        open.append(WeakRows(rows: rows))
        return rows
    }

    private func compile(_ query: Query, _ database: Database) throws(QueryFailure) -> Statement {
        let prefix = query.isExplained ? "EXPLAIN QUERY PLAN " : ""
        let sql = prefix + query.sql
        let compiled: (statement: Statement?, byteCount: Int)
        do throws(SQLiteError) { compiled = try database.prepareFirst(sql) } catch {
            // Their names are words of SQLite's, which an older library takes for functions in quotes alone.
            guard let other = SQLiteReadingSession.quotingSides(sql), let second = try? database.prepareFirst(other)
            else {
                throw failure(error, skipping: prefix.utf8.count)
            }
            return try statement(of: second, other, skipping: prefix.utf8.count)
        }
        return try statement(of: compiled, sql, skipping: prefix.utf8.count)
    }

    /// The text with `left(` and `right(` in quotes; nil where they are not in it.
    private static func quotingSides(_ sql: String) -> String? {
        let text = StatementText(sql, .sqlite)
        var bytes: [UInt8] = []
        var done = 0
        let all = Array(sql.utf8)
        for (token, next) in zip(text.tokens, text.tokens.dropFirst())
        where text.isMark(next, "(") && ["left", "right"].contains(text.word(token)) {
            bytes += all[done..<token.range.lowerBound] + Array("\"\(text.word(token))\"".utf8)
            done = token.range.upperBound
        }
        return done == 0 ? nil : String(decoding: bytes + all[done...], as: UTF8.self)
    }

    private func statement(
        of compiled: (statement: Statement?, byteCount: Int), _ sql: String, skipping prefix: Int
    ) throws(QueryFailure) -> Statement {
        if let place = SQLScanner.firstToken(in: sql, from: compiled.byteCount, .sqlite) {
            throw QueryFailure.secondStatement(at: place - prefix)
        }
        guard let statement = compiled.statement else { throw QueryFailure.empty }
        return statement
    }

    private func bind(_ parameters: [QueryParameter], to statement: Statement) throws(QueryFailure) {
        for index in 0..<statement.parameterCount {
            guard let name = statement.parameterName(index + 1)?.dropFirst() else { throw QueryFailure.nameless }
            guard let parameter = parameters.first(where: { $0.name == name }) else {
                throw QueryFailure.missing(parameter: String(name))
            }
            do throws(SQLiteError) {
                switch parameter.value {
                case .null: try statement.bindNull(index + 1)
                case .integer(let number): try statement.bind(index + 1, number)
                case .text(let text): try statement.bind(index + 1, text)
                }
            } catch { throw failure(error) }
        }
    }

    func failure(_ error: SQLiteError, skipping prefix: Int = 0) -> QueryFailure {
        if error.isInterruption, let interruption = control.interruption { return QueryFailure(interruption) }
        if error.isDenied || error.message.hasPrefix("not authorized") || error.message.hasPrefix("unsafe use of") {
            return .refusal("\(error.message): it would change something, or reach something outside of the database")
        }
        if error.isRefusal || error.isTooBig || error.isMismatch {
            return QueryFailure(
                .data, "unable to run the query: \(error.message)",
                offset: error.offset.map { max($0 - prefix, 0) })
        }
        return QueryFailure(DestinationError(error, unableTo: "run the query", file: file))
    }

    // MARK: Tables

    func storedTables() throws(QueryFailure) -> [StoredTable] {
        let found = try texts(
            Query(
                """
                SELECT m.name, m.type = 'view', c.name, c.type, c."notnull" FROM main.sqlite_master AS m
                JOIN pragma_table_xinfo(m.name, 'main') AS c ON c.hidden <> 1
                WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid
                """))
        var tables: [StoredTable] = []
        for row in found {
            let name = row[0] ?? ""
            if tables.last?.name != name { tables.append(StoredTable(name: name, isView: row[1] == "1", columns: [])) }
            tables[tables.count - 1].columns.append(
                StoredColumn(name: row[2] ?? "", type: row[3] ?? "", isNullable: row[4] == "0"))
        }
        return tables
    }
}
