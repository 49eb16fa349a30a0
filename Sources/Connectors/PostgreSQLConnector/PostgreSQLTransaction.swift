import Destinations
import Digests
import Failures
import JobRows
import LoadPackages
import PostgreSQL
import RelationalSQL
import Schemas
import SystemIO

/// One transaction. Nothing is set or locked beyond its end, so that it can run behind a pool of connections.
final class PostgreSQLTransaction: DestinationTransaction {
    let dialect: PostgreSQLDialect
    private let connection: Connection
    private let printer: SQLPrinter
    private let url: String
    private let lockTimeout: Double
    /// Begun, and neither committed nor rolled back.
    private var isOpen = false
    private var hasSchema = false

    init(_ connection: Connection, _ dialect: PostgreSQLDialect, url: String, lockTimeout: Double) {
        self.connection = connection
        self.dialect = dialect
        self.url = url
        self.lockTimeout = lockTimeout
        printer = SQLPrinter(dialect)
    }

    deinit { rollback() }

    // MARK: Beginning and ending

    /// Reads one state of the database to its end.
    func beginReading() throws(DestinationError) {
        try begin("READ ONLY", isolation: "REPEATABLE READ")
    }

    /// Takes the dataset's write lock. Each statement sees what was committed before it, and so all that the last holder did.
    func beginWriting() throws(DestinationError) {
        try begin("READ WRITE", isolation: "READ COMMITTED")
        do throws(PostgreSQLError) {
            try connection.execute("SELECT pg_advisory_xact_lock(\(PostgreSQLTransaction.lockKey(of: dialect.schema)))")
        } catch {
            rollback()
            guard error.sqlState == "55P03" else {
                throw DestinationError(error, unableTo: "lock dataset \(dialect.schema)", url: url)
            }
            throw DestinationError(
                .temporary,
                "unable to lock dataset \(dialect.schema): another program has been loading into it for \(Int(lockTimeout)) s",
                hint:
                    "try again when it has ended, or wait longer with --lock-timeout; pg_locks names it (locktype advisory)"
            )
        }
    }

    private func begin(_ access: String, isolation: String) throws(DestinationError) {
        // Limits are set for people's queries; like pg_dump, a load takes the time that it takes. But when this machine is gone, the
        // server is to notice in minutes, and to give up the locks.
        let sql = """
            BEGIN ISOLATION LEVEL \(isolation) \(access); SET LOCAL statement_timeout = 0; \
            SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = \(milliseconds(lockTimeout)); \
            SET LOCAL tcp_keepalives_idle = 60; SET LOCAL tcp_keepalives_interval = 15; \
            SET LOCAL tcp_keepalives_count = 4; SET LOCAL datestyle = 'ISO'; \
            SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
            """
        isOpen = true
        do throws(PostgreSQLError) { try connection.execute(sql) } catch {
            rollback()
            throw DestinationError(error, unableTo: "begin a transaction at \(url)", url: url)
        }
    }

    /// Advisory locks are a database's; this one is the dataset's.
    static func lockKey(of dataset: String) -> Int64 {
        var digest = XXH64()
        var text = "dlt dataset \(dataset)"
        text.withUTF8 { digest.update(UnsafeRawBufferPointer($0)) }
        return Int64(bitPattern: digest.digest())
    }

    /// Zero would be no limit.
    private func milliseconds(_ seconds: Double) -> Int { Int(min(max(seconds * 1000, 1), 2_000_000_000)) }

    func commit() throws(DestinationError) {
        do throws(PostgreSQLError) {
            try connection.execute("COMMIT")
            isOpen = false
        } catch {
            rollback()
            let reason = DestinationError(error, unableTo: "commit to \(url)", url: url)
            guard error.isDisconnected && !error.isInterruption else { throw reason }
            throw DestinationError(
                .temporary, reason.message,
                hint: "the answer was lost, not necessarily the load: the next run looks whether it is there")
        }
    }

    func rollback() {
        guard isOpen else { return }
        isOpen = false
        connection.abandonCopy()
        // Of a connection that broke the server undoes everything by itself.
        if connection.isConnected { _ = try? connection.execute("ROLLBACK") }
    }

    // MARK: Reading

    func columns(of table: String) throws(DestinationError) -> [String]? {
        let names = try types(of: table, in: "n.nspname = $2", [dialect.schema]).map(\.name)
        return names.isEmpty ? nil : names
    }

    /// Columns in their order, and the OIDs of their types.
    private func types(
        of table: String, in condition: String, _ values: [String]
    ) throws(DestinationError) -> [(name: String, type: Int)] {
        let query = """
            SELECT a.attname, a.atttypid FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = $1 AND \(condition) AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0
            AND NOT a.attisdropped ORDER BY a.attnum
            """
        return try reading(table) { () throws(PostgreSQLError) in
            try connection.execute(query, [table] + values).rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) }
        }
    }

    private func exists(_ table: String) throws(DestinationError) -> Bool { try columns(of: table) != nil }

    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool {
        let query = "SELECT load_id FROM \(dialect.table(names.loads)) WHERE load_id = $1 AND status = 0"
        return try !rows(names.loads, query, [id]).isEmpty
    }

    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String? {
        let query = """
            SELECT load_id FROM \(dialect.table(names.loads))
            WHERE length(load_id) >= 35 AND right(load_id, 18) = $1 AND status = 0 LIMIT 1
            """
        return try rows(names.loads, query, [identity]).first?[0]
    }

    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID? {
        let query = "SELECT max(load_id COLLATE \"C\") FROM \(dialect.table(names.loads)) WHERE status = 0"
        return try rows(names.loads, query).first?[0].flatMap { LoadID($0) }
    }

    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try schema(names, "schema_name = $1 ORDER BY inserted_at DESC", name)
    }

    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try schema(names, "version_hash = $1", hash)
    }

    private func schema(
        _ names: SystemNames, _ condition: String, _ value: String
    ) throws(DestinationError) -> StoredSchema? {
        let query = "SELECT version_hash, schema FROM \(dialect.table(names.version)) WHERE \(condition) LIMIT 1"
        guard let row = try rows(names.version, query, [value]).first, let hash = row[0], let text = row[1] else {
            return nil
        }
        return try StoredSchema(hash: hash, text: text)
    }

    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        guard try exists(names.loads) else { return nil }
        // Load ids are digits, and are ordered as such in any collation but the database's own.
        let query = """
            SELECT s._dlt_load_id, s.state FROM \(dialect.table(names.state)) AS s
            JOIN \(dialect.table(names.loads)) AS l ON l.load_id = s._dlt_load_id
            WHERE s.pipeline_name = $1 AND l.status = 0
            ORDER BY l.load_id COLLATE "C" DESC, s.created_at DESC LIMIT 1
            """
        guard let row = try rows(names.state, query, [pipeline]).first, let load = row[0], let text = row[1] else {
            return nil
        }
        return try StoredState(loadID: load, text: text)
    }

    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64? {
        var latest: Int64?
        for (table, column) in [
            (names.version, "inserted_at"), (names.loads, "inserted_at"), (names.state, "created_at"),
        ] {
            // Whole seconds are exact also where extract() gives a double.
            let query = """
                SELECT extract(epoch FROM date_trunc('second', t))::bigint * 1000000
                + extract(microseconds FROM t)::bigint % 1000000
                FROM (SELECT max(\(column)) AS t FROM \(dialect.table(table))) AS latest
                """
            guard let text = try rows(table, query).first?[0], let time = Int64(text) else { continue }
            latest = max(latest ?? time, time)
        }
        return latest
    }

    /// The rows of a query on a table, as text; none when the table does not exist.
    func rows(_ table: String, _ query: String, _ values: [String] = []) throws(DestinationError) -> [[String?]] {
        guard try exists(table) else { return [] }
        return try reading(table) { () throws(PostgreSQLError) in try connection.execute(query, values).rows }
    }

    private func reading<T>(_ table: String, _ body: () throws(PostgreSQLError) -> T) throws(DestinationError) -> T {
        do { return try body() } catch {
            throw DestinationError(error, unableTo: "read table \"\(table)\"", url: url)
        }
    }

    // MARK: Writing

    func execute(_ step: LoadStep) throws(DestinationError) {
        switch step {
        case .createTable(let change):
            try check(change)
            try createSchema()
        case .addColumns(let change):
            try check(change)
            try lockPatiently(change.table)
        case .truncateRows(let table), .swapTable(let table, _), .dropTable(let table): try lockPatiently(table)
        default: break
        }
        for statement in printer.statements(for: step) {
            let values = statement.values.map(text)
            let found: QueryResult
            do throws(PostgreSQLError) {
                found = try connection.execute(statement.text { index, value in parameter(index, value) }, values)
            } catch { throw explained(error, step) }
            if let refusal = statement.refusal, found.rowCount > 0 {
                throw DestinationError(refusal.kind, refusal.message + (found.string(0, 0) ?? ""), hint: refusal.hint)
            }
        }
    }

    /// With its type, since a parameter may stand where none can be inferred.
    private func parameter(_ index: Int, _ value: RecordValue) -> String {
        switch value {
        case .null: "$\(index)"
        case .text: "$\(index)::varchar"
        case .integer: "$\(index)::bigint"
        case .timestamp: "$\(index)::timestamptz"
        }
    }

    private func text(_ value: RecordValue) -> String? {
        switch value {
        case .null: nil
        case .text(let text): text
        case .integer(let number): String(number)
        case .timestamp(let microseconds): PostgreSQLDialect.timestamp(microseconds)
        }
    }

    private func check(_ change: TableChange) throws(DestinationError) {
        for column in change.columns {
            guard let refusal = PostgreSQLTypes.refusal(of: column) else { continue }
            throw DestinationError(
                .data,
                "unable to make column \"\(column.name)\" of table \"\(change.table)\": PostgreSQL has no type for it, "
                    + refusal,
                hint: "run the whole pipe again with another precision in --columns")
        }
        // The server would cut longer names off.
        for name in [change.table] + change.columns.map(\.name) where name.utf8.count > 63 {
            throw DestinationError(
                .data,
                "unable to make table \"\(change.table)\": the name \"\(name)\" has \(name.utf8.count) bytes, "
                    + "PostgreSQL holds 63",
                hint: "run the whole pipe again with a lower dlt-normalize --max-identifier-length")
        }
    }

    private func createSchema() throws(DestinationError) {
        if hasSchema { return }
        do throws(PostgreSQLError) {
            // Asked first: who may not create schemas may still use one.
            let found = try connection.execute(
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", [dialect.schema])
            if found.rowCount == 0 {
                try connection.execute("CREATE SCHEMA IF NOT EXISTS \(dialect.quote(dialect.schema))")
            }
            hasSchema = true
        } catch { throw DestinationError(error, unableTo: "create schema \"\(dialect.schema)\"", url: url) }
    }

    /// Takes a lock that excludes readers, without making them queue up behind this wait: while a long query holds the table,
    /// it is asked for in short attempts, and readers go on in between.
    private func lockPatiently(_ table: String) throws(DestinationError) {
        guard try exists(table) else { return }
        let deadline = Clock.monotonicNanoseconds() + Int64(min(lockTimeout, 1e9) * 1e9)
        let name = dialect.table(table)
        var pause = 100
        while true {
            do throws(PostgreSQLError) {
                try connection.execute(
                    "SAVEPOINT dlt_lock; SET LOCAL lock_timeout = 200; LOCK TABLE \(name) IN ACCESS EXCLUSIVE MODE; "
                        + "SET LOCAL lock_timeout = \(milliseconds(lockTimeout)); RELEASE SAVEPOINT dlt_lock")
                return
            } catch {
                guard error.sqlState == "55P03", Clock.monotonicNanoseconds() < deadline else {
                    throw DestinationError(error, unableTo: "lock table \"\(table)\"", url: url)
                }
            }
            do throws(PostgreSQLError) {
                try connection.execute("ROLLBACK TO SAVEPOINT dlt_lock; RELEASE SAVEPOINT dlt_lock")
            } catch { throw DestinationError(error, unableTo: "lock table \"\(table)\"", url: url) }
            if !StopSignal.sleep(milliseconds: pause) {
                throw DestinationError(.stopped, "unable to lock table \"\(table)\": asked to stop")
            }
            pause = min(pause * 2, 1000)
        }
    }

    private func explained(_ error: PostgreSQLError, _ step: LoadStep) -> DestinationError {
        let action: String
        switch step {
        case .addColumns(let change):
            let required = change.columns.filter { !$0.isNullable }.map { "\"\($0.name)\"" }
            if error.sqlState == "23502", !required.isEmpty {
                return DestinationError(
                    .data,
                    "unable to add column \(required.joined(separator: ", ")) to table \"\(change.table)\": it must not be "
                        + "null, but the rows that are there have no value for it",
                    hint: "declare it nullable, or load into an empty table")
            }
            action = "add columns to table \"\(change.table)\""
        case .createTable(let change): action = "create table \"\(change.table)\""
        case .createStaging(let change): action = "stage rows of table \"\(change.table)\""
        case .deleteRows(let table), .truncateRows(let table): action = "empty table \"\(table)\""
        case .insertRows(let rows): action = "insert into table \"\(rows.table)\""
        case .insertFromStaging(let change): action = "insert into table \"\(change.table)\""
        case .merge(let merge): action = "merge into table \"\(merge.root.name)\""
        case .swapTable(let table, _): action = "replace table \"\(table)\""
        case .dropTable(let table), .dropStaging(let table): action = "drop table \"\(table)\""
        case .insertRecord(let record): action = "insert into table \"\(record.table)\""
        case .deleteRecords(let record): action = "delete from table \"\(record.table)\""
        }
        return DestinationError(error, unableTo: action, url: url)
    }

    // MARK: Rows

    func insert(_ rows: RowInsert, from blocks: BlockReader, progress: (Int) throws -> Void) throws {
        let (forms, format) = try forms(of: rows)
        let encoder = CopyEncoder(rows, forms: forms, format: format)
        try copying(rows) { () throws(PostgreSQLError) in
            try connection.beginCopy(dialect.copy(rows, format))
            try connection.copy(encoder.header)
        }
        let batches = RowBatches(blocks, of: rows, columns: encoder.columns)
        while let batch = try batches.next() {
            try encoder.encode(batch) { bytes in
                try copying(rows) { () throws(PostgreSQLError) in try connection.copy(bytes) }
            }
            try progress(batch.rowCount)
        }
        try copying(rows) { () throws(PostgreSQLError) in
            try connection.copy(encoder.trailer)
            _ = try connection.endCopy()
        }
    }

    /// Binary where the table's columns are those that the schema stands for; a table that somebody has made or changed in
    /// another way gets text, which the server reads as whatever its columns are.
    private func forms(of rows: RowInsert) throws(DestinationError) -> ([CopyForm], CopyEncoder.Format) {
        let found: [(name: String, type: Int)]
        switch rows.place {
        case .table: found = try types(of: rows.table, in: "n.nspname = $2", [dialect.schema])
        case .staging: found = try types(of: rows.table, in: "n.oid = pg_catalog.pg_my_temp_schema()", [])
        case .successor(let name): found = try types(of: name, in: "n.nspname = $2", [dialect.schema])
        }
        let types = Dictionary(found.map { ($0.name, $0.type) }) { first, _ in first }
        let forms = rows.columns.compactMap { CopyForm($0.dataType, in: types[$0.name] ?? 0) }
        if forms.count == rows.columns.count { return (forms, .binary) }
        return (rows.columns.map { CopyForm(textOf: $0.dataType) }, .text)
    }

    private func copying(_ rows: RowInsert, _ body: () throws(PostgreSQLError) -> Void) throws(DestinationError) {
        do { try body() } catch {
            let place = CopyPlace(error.context).map { "\($0.text) of \(rows.job.file)" }
            let reason = DestinationError(error, unableTo: "insert into table \"\(rows.table)\"", url: url)
            throw DestinationError(
                reason.kind, place.map { "\(reason.message): \($0)" } ?? reason.message, hint: reason.hint)
        }
    }
}

/// The row and column of a failed COPY, which the server tells in words: `COPY t, line 3, column a: "x"`.
private struct CopyPlace {
    let text: String

    init?(_ context: String?) {
        guard let line = context?.split(separator: "\n").last(where: { $0.hasPrefix("COPY ") }) else { return nil }
        guard let row = line.firstMatch(of: /, line (\d+)(?:, column (.*?))?(?:: .*)?$/) else {
            text = String(line)
            return
        }
        text = "row \(row.1)" + (row.2.map { ", column \"\($0)\"," } ?? "")
    }
}
