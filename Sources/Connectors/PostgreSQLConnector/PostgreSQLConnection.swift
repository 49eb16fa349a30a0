import Destinations
import Digests
import Failures
import JobRows
import LoadPackages
import PostgreSQL
import RelationalSQL
import Schemas
import SystemIO

/// A connection with at most one transaction. No setting or lock outlives the transaction, so that it works with a pool
/// of connections.
final class PostgreSQLConnection: SQLConnection {
    var dialect: any SQLDialect { own }
    private let own: PostgreSQLDialect
    private let connection: Connection
    private let url: String
    private let lockTimeout: Double
    /// Whether a transaction has begun that was neither committed nor rolled back.
    private var isOpen = false

    init(_ connection: Connection, _ dialect: PostgreSQLDialect, url: String, lockTimeout: Double) {
        self.connection = connection
        own = dialect
        self.url = url
        self.lockTimeout = lockTimeout
    }

    deinit { rollback() }

    // MARK: Beginning and ending

    func begin(_ access: DestinationAccess) throws(DestinationError) {
        switch access {
        // Reads one state of the database until its end.
        case .read: try begin("READ ONLY", isolation: "REPEATABLE READ")
        // Each statement sees everything committed before it, including all that the last holder of the lock did.
        case .write:
            try begin("READ WRITE", isolation: "READ COMMITTED")
            try lockDataset()
        }
    }

    private func lockDataset() throws(DestinationError) {
        do throws(PostgreSQLError) {
            try connection.execute("SELECT pg_advisory_xact_lock(\(PostgreSQLConnection.lockKey(of: own.schema)))")
        } catch {
            rollback()
            guard error.sqlState == "55P03" else { throw explained(error, unableTo: "lock dataset \(own.schema)") }
            throw DestinationError(
                .temporary,
                "unable to lock dataset \(own.schema): another program has been loading into it for \(Int(lockTimeout)) s",
                hint:
                    "try again when it has ended, or wait longer with --lock-timeout; pg_locks names it (locktype advisory)"
            )
        }
    }

    private func begin(_ access: String, isolation: String) throws(DestinationError) {
        // Limits are set for users' queries; like pg_dump, a load takes the time it needs. But if this machine
        // disappears, the server should notice within minutes and release the locks.
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
            throw explained(error, unableTo: "begin a transaction at \(url)")
        }
    }

    /// Advisory locks cover a whole database; this key stands for one dataset.
    static func lockKey(of dataset: String) -> Int64 {
        var digest = XXH64()
        var text = "dlt dataset \(dataset)"
        text.withUTF8 { digest.update(UnsafeRawBufferPointer($0)) }
        return Int64(bitPattern: digest.digest())
    }

    /// Zero would mean no limit.
    private func milliseconds(_ seconds: Double) -> Int { Int(min(max(seconds * 1000, 1), 2_000_000_000)) }

    func commit() throws(DestinationError) {
        do throws(PostgreSQLError) {
            try connection.execute("COMMIT")
            isOpen = false
        } catch {
            rollback()
            let reason = explained(error, unableTo: "commit to \(url)")
            guard error.isDisconnected && !error.isInterruption else { throw reason }
            throw DestinationError(
                .temporary, reason.message,
                hint: "the answer was lost, but the load may be there: the next run checks")
        }
    }

    func rollback() {
        guard isOpen else { return }
        isOpen = false
        connection.abandonCopy()
        // The server undoes the transaction of a broken connection by itself.
        if connection.isConnected { _ = try? connection.execute("ROLLBACK") }
    }

    // MARK: Statements

    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String? {
        try failing { () throws(PostgreSQLError) in
            let found = try connection.execute(
                statement.text { index, value in parameter(index, value) }, statement.values.map(text))
            changedRows = found.affectedRows
            return found.rowCount > 0 ? found.string(0, 0) ?? "" : nil
        }
    }

    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]] {
        try failing { () throws(PostgreSQLError) in
            try connection.execute(query.text { index, _ in "$\(index)" }, query.values.map(text)).rows
        }
    }

    func columns(of table: String) throws(SQLFailure) -> [StoredColumn] {
        try failing { () throws(PostgreSQLError) in
            try columns(of: table, in: "n.nspname = $2", [own.schema]).map(\.column)
        }
    }

    private(set) var changedRows: Int?

    /// Whether COPY cannot fill the table: it supports neither a view nor a table with row security; INSERT supports
    /// both, a view through its trigger.
    func traits(of table: String) throws(SQLFailure) -> TableTraits {
        let query: SQLStatement = """
            SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = \(value: .text(table)) AND n.nspname = \(value: .text(own.schema))
            AND (pg_catalog.row_security_active(c.oid) OR c.relkind = 'v' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger AS t
            WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 68 = 68))
            """
        return TableTraits(takesInsertsOnly: try !rows(of: query).isEmpty)
    }

    private func failing<Result>(_ body: () throws(PostgreSQLError) -> Result) throws(SQLFailure) -> Result {
        do { return try body() } catch {
            throw SQLFailure(lacksValue: error.sqlState == "23502") { [url] action in
                DestinationError(error, unableTo: action, url: url)
            }
        }
    }

    /// Columns in their order, and the OIDs of their types.
    private func columns(
        of table: String, in condition: String, _ values: [String]
    ) throws(PostgreSQLError) -> [(column: StoredColumn, type: Int)] {
        let query = """
            SELECT a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod) || coalesce((
            SELECT ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_catalog.pg_collation AS co
            JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
            WHERE co.oid = a.attcollation AND a.attcollation <> ty.typcollation), ''), a.attnotnull, a.attidentity = 'a'
            FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = $1 AND \(condition) AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0
            AND NOT a.attisdropped ORDER BY a.attnum
            """
        return try connection.execute(query, [table] + values).rows.map {
            let column = StoredColumn(
                name: $0[0] ?? "", type: $0[2] ?? "", isNullable: $0[3] == "f", isIdentity: $0[4] == "t")
            return (column, Int($0[1] ?? "") ?? 0)
        }
    }

    /// With its type, since a parameter may stand where its type cannot be inferred.
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

    private func explained(_ failure: PostgreSQLError, unableTo action: String) -> DestinationError {
        DestinationError(failure, unableTo: action, url: url)
    }

    // MARK: Before a step

    func createDataset() throws(DestinationError) {
        do throws(PostgreSQLError) {
            // Asked first: a user who may not create schemas may still use an existing one.
            let found = try connection.execute(
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", [own.schema])
            if found.rowCount == 0, let creation = own.datasetCreation { try connection.execute(creation) }
        } catch { throw explained(error, unableTo: "create schema \"\(own.schema)\"") }
    }

    /// Takes a lock that excludes readers, without making them queue: while a long query holds the table, it asks in
    /// short attempts, and readers continue in between.
    func excludeReaders(from table: String) throws(DestinationError) {
        let action = "lock table \"\(table)\""
        do { if try columns(of: table).isEmpty { return } } catch {
            throw error.explained("read table \"\(table)\"")
        }
        let deadline = Clock.monotonicNanoseconds() + Int64(min(lockTimeout, 1e9) * 1e9)
        var pause = 100
        while true {
            do throws(PostgreSQLError) {
                try connection.execute(
                    "SAVEPOINT dlt_lock; SET LOCAL lock_timeout = 200; LOCK TABLE \(own.table(table)) IN ACCESS EXCLUSIVE "
                        + "MODE; SET LOCAL lock_timeout = \(milliseconds(lockTimeout)); RELEASE SAVEPOINT dlt_lock")
                return
            } catch {
                guard error.sqlState == "55P03", Clock.monotonicNanoseconds() < deadline else {
                    throw explained(error, unableTo: action)
                }
            }
            do throws(PostgreSQLError) {
                try connection.execute("ROLLBACK TO SAVEPOINT dlt_lock; RELEASE SAVEPOINT dlt_lock")
            } catch { throw explained(error, unableTo: action) }
            if !StopSignal.sleep(milliseconds: pause) {
                throw DestinationError(.stopped, "unable to \(action): asked to stop")
            }
            pause = min(pause * 2, 1000)
        }
    }

    // MARK: Rows

    func insert(
        _ rows: RowInsert, into target: String, from next: () throws -> JobFile?, progress: (Int) throws -> Void
    ) throws {
        var copied = CopiedRows()
        var format = CopyEncoder.Format.binary
        let forms = try copying(rows, copied) { () throws(PostgreSQLError) -> [CopyForm] in
            let found = try self.forms(of: rows)
            if found == nil { format = .text }
            return found ?? rows.columns.map { CopyForm(textOf: $0.dataType) }
        }
        let encoder = CopyEncoder(rows, forms: forms, format: format)
        try copying(rows, copied) { () throws(PostgreSQLError) in
            try connection.beginCopy(own.copy(rows.columns, into: target, format))
            try connection.copy(encoder.header)
        }
        while let file = try next() {
            encoder.begin(file.job)
            copied.begin(file.job)
            let batches = RowBatches(try file.blocks(), of: file.job, columns: encoder.columns)
            while let batch = try batches.next() {
                try encoder.encode(batch) { bytes in
                    try copying(rows, copied) { () throws(PostgreSQLError) in try connection.copy(bytes) }
                }
                copied.count += batch.rowCount
                try progress(batch.rowCount)
            }
        }
        try copying(rows, copied) { () throws(PostgreSQLError) in
            try connection.copy(encoder.trailer)
            _ = try connection.endCopy()
        }
    }

    /// The binary forms of the columns if the table has the types of the schema; nil for a table that another program
    /// made or changed: it gets text, which the server converts to the type of its columns.
    private func forms(of rows: RowInsert) throws(PostgreSQLError) -> [CopyForm]? {
        let found =
            switch rows.place {
            case .table: try columns(of: rows.table, in: "n.nspname = $2", [own.schema])
            case .staging: try columns(of: rows.table, in: "n.oid = pg_catalog.pg_my_temp_schema()", [])
            case .successor(let name): try columns(of: name, in: "n.nspname = $2", [own.schema])
            }
        let types = Dictionary(found.map { ($0.column.name, $0.type) }) { first, _ in first }
        let forms = rows.columns.compactMap { CopyForm($0.dataType, in: types[$0.name] ?? 0) }
        return forms.count == rows.columns.count ? forms : nil
    }

    private func copying<Result>(
        _ rows: RowInsert, _ copied: CopiedRows, _ body: () throws(PostgreSQLError) -> Result
    ) throws(DestinationError) -> Result {
        do { return try body() } catch {
            let place = CopyPlace(error.context).map { $0.text(copied) }
            let reason = explained(error, unableTo: "insert into table \"\(rows.table)\"")
            throw DestinationError(
                reason.kind, place.map { "\(reason.message): \($0)" } ?? reason.message, hint: reason.hint)
        }
    }
}

/// Which rows of a COPY belong to which job: the server numbers them continuously.
private struct CopiedRows {
    private var jobs: [(file: String, before: Int)] = []
    var count = 0

    mutating func begin(_ job: Manifest.Job) { jobs.append((job.file, count)) }

    /// - Parameter row: counted from 1; nil if it is unknown.
    func place(of row: Int?) -> (row: Int?, file: String) {
        guard let row, let job = jobs.last(where: { $0.before < row }) else { return (row, jobs.last?.file ?? "") }
        return (row - job.before, job.file)
    }
}

/// The row and column of a failed COPY, parsed from the server's words: `COPY t, line 3, column a: "x"`.
private struct CopyPlace {
    /// The name of a place without a line.
    private let words: String
    private let row: Int?
    private var column: Substring?

    init?(_ context: String?) {
        guard let line = context?.split(separator: "\n").last(where: { $0.hasPrefix("COPY ") }) else { return nil }
        words = String(line)
        guard let mark = line.unicodeScalars.firstRange(of: ", line ".unicodeScalars) else {
            row = nil
            return
        }
        let place = line[mark.upperBound...]
        let digits = place.prefix { $0.isASCII && $0.isNumber }
        row = Int(digits)
        let rest = place[digits.endIndex...]
        guard rest.hasPrefix(", column ") else { return }
        let name = rest.dropFirst(", column ".count)
        let end = name.unicodeScalars.firstRange(of: ": ".unicodeScalars)?.lowerBound ?? name.endIndex
        column = name[..<end]
    }

    func text(_ copied: CopiedRows) -> String {
        let (row, file) = copied.place(of: row)
        guard let row else { return "\(words) of \(file)" }
        return "row \(row)\(column.map { ", column \"\($0)\"," } ?? "") of \(file)"
    }
}
