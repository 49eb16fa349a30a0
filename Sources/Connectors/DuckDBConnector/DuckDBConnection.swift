import Destinations
import DuckDB
import Failures
import JobRows
import LoadPackages
import RelationalSQL
import Schemas
import SystemIO

/// A database in memory, to which the place is attached for the duration of a session, since DuckDB lets only one
/// process in at a time.
final class DuckDBConnection: SQLConnection {
    var dialect: any SQLDialect { place.dialect }
    private let place: DuckDBPlace
    private let settings: [(name: String, value: String)]
    private let lockTimeout: Double
    /// Opened by the first session.
    private var opened: Database?
    /// The access of a session that has begun, and has neither been committed nor rolled back.
    private var access: DestinationAccess?
    /// The lock of a DuckLake on this machine, which admits several processes: writers of ours exclude each other.
    private var lakeLock: FileLock?
    /// The position of the last staged row.
    private var position: Int64 = 0
    /// Holds what does not fit into memory, and a file under construction. Its lock protects the database.
    private let workFolder: String

    init(_ place: DuckDBPlace, _ settings: [(name: String, value: String)], lockTimeout: Double) {
        self.place = place
        self.settings = settings
        self.lockTimeout = lockTimeout
        let name = Entropy.bytes(8).map { String($0, radix: 16) }.joined()
        workFolder =
            place.file.map { Paths.join($0.folder, ".\($0.name).dlt-tmp") }
            ?? Paths.join(Environment.get("TMPDIR") ?? "/tmp", "dlt-duckdb-\(name)")
    }

    deinit { rollback() }

    // MARK: Beginning and ending

    func begin(_ access: DestinationAccess) throws(DestinationError) {
        // If a log cannot be created beside the file, DuckDB would only notice at the commit.
        if access == .write { try place.file?.checkWritable(place.shown) }
        let database = try open()
        if access == .write, place.isFile { try makeFile(database) }
        if access == .write, place.isLake { try lockLake() }
        defer { if self.access == nil { lakeLock = nil } }
        var holder = "another program"
        _ = try LockWait.retry(
            seconds: lockTimeout, action: action,
            isHeld: { (error: DuckDBError) in
                holder = error.lockHolder ?? holder
                return error.isLock
            },
            explained: { explained($0, unableTo: action) }, overdue: { overdue(holder) }
        ) { () throws(DuckDBError) in try database.execute(place.attachment(access)) }
        self.access = access
        do throws(DuckDBError) {
            if access == .write {
                // A killed run left this folder.
                try? Files.removeTree(workFolder)
                try database.execute("SET GLOBAL temp_directory = \(Database.quoteLiteral(workFolder))")
            }
            try database.begin()
        } catch {
            end()
            throw explained(error, unableTo: action)
        }
    }

    private var action: String { "open \(place.shown)" }

    private func overdue(_ holder: String) -> DestinationError {
        DestinationError(
            .temporary, "unable to \(action): \(holder) has had it open for \(Int(lockTimeout)) s",
            hint: "try again when it has ended, or wait longer with --lock-timeout")
    }

    private func lockLake() throws(DestinationError) {
        guard let folder = place.file?.folder else { return }
        do throws(SystemError) {
            lakeLock = try FileLock.acquire(folder: folder, .exclusive, wait: .seconds(lockTimeout))
        } catch {
            if error.isHeldLock { throw overdue("another program") }
            throw DestinationError(error, "unable to \(action): \(error)")
        }
    }

    private func open() throws(DestinationError) -> Database {
        if let opened { return opened }
        if let absence = Database.absence {
            throw DestinationError(
                .unavailable, "unable to open \(place.shown): \(absence)",
                hint: "set DLT_LIBDUCKDB to a libduckdb.so, from DuckDB's release or made by scripts/libduckdb")
        }
        do throws(DuckDBError) {
            let database = try Database.open(nil, settings) { StopSignal.requested }
            // A library without time zones lacks this option; all its times are UTC.
            _ = try? database.execute("SET GLOBAL TimeZone = 'UTC'")
            if place.catalog.lowercased() == "memory" {
                // DuckDB gives the database in memory this name.
                for statement in ["ATTACH ':memory:' AS memory_db", "USE memory_db", "DETACH memory"] {
                    try database.execute(statement)
                }
            }
            opened = database
            return database
        } catch { throw explained(error, unableTo: "open a database in memory") }
    }

    /// Creates an empty database atomically where there is none: DuckDB refuses forever to open a file whose creation
    /// was cut short.
    private func makeFile(_ database: Database) throws(DestinationError) {
        guard let file = place.file?.path, !Files.exists(file) else { return }
        let made = Paths.join(workFolder, Entropy.bytes(8).map { String($0, radix: 16) }.joined())
        let action = "create \(place.shown)"
        do {
            try Files.makeDirectory(workFolder, intermediates: true)
            try database.execute(
                "ATTACH \(Database.quoteLiteral(made)) AS made (TYPE duckdb, STORAGE_VERSION 'v1.0.0')")
            try database.execute("DETACH made")
            try Files.link(made, to: file)
            try Files.fsyncDirectory(Paths.parent(file))
        } catch {
            // Another program was faster, and has removed the file as a leftover.
            if Files.exists(file) { return }
            try? Files.removeTree(workFolder)
            if let error = error as? DuckDBError { throw explained(error, unableTo: action) }
            guard let error = error as? SystemError else { return }
            throw DestinationError(error, "unable to \(action): \(error)")
        }
    }

    func commit() throws(DestinationError) {
        do throws(DuckDBError) {
            try opened?.commit()
            end()
        } catch {
            rollback()
            throw explained(error, unableTo: "commit to \(place.shown)")
        }
    }

    func rollback() {
        guard access != nil else { return }
        // After a failed COMMIT there is no transaction.
        try? opened?.rollback()
        end()
    }

    /// Lets other programs in.
    private func end() {
        // The files are ours until others open them. The database still has them open, but does not need them any more,
        // and cannot create others.
        let isUsed = access == .write && Files.exists(workFolder)
        if isUsed { try? Files.removeTree(workFolder) }
        access = nil
        do throws(DuckDBError) {
            try opened?.execute("DETACH \(dialect.quote(place.catalog))", isStoppable: false)
            if isUsed { opened = nil }
        } catch { opened = nil }
        lakeLock = nil
    }

    // MARK: Statements

    /// The database, open for the duration of a session.
    private var database: Database {
        guard let opened else { preconditionFailure("a statement outside of a session") }
        return opened
    }

    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String? {
        if statement.refusal != nil { return try rows(of: statement).first.map { $0[0] ?? "" } }
        changedRows = try failing { () throws(DuckDBError) in
            try database.execute(text(statement), statement.values.map(value))
        }
        return nil
    }

    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]] {
        try failing { () throws(DuckDBError) in try database.query(text(query), query.values.map(value)) }
    }

    private(set) var changedRows: Int?

    private func failing<Result>(_ body: () throws(DuckDBError) -> Result) throws(SQLFailure) -> Result {
        do { return try body() } catch {
            let place = file
            throw SQLFailure(lacksValue: error.isForWantOfValue) { action in
                DestinationError(error, unableTo: action, file: place)
            }
        }
    }

    func columns(of table: String) throws(SQLFailure) -> [StoredColumn] {
        let query = """
            SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE database_name = ? AND schema_name = ?
            AND translate(table_name, ?, ?) = translate(?, ?, ?) ORDER BY column_index
            """
        let (upper, lower) = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
        let values = [place.catalog, place.dataset, upper, lower, table, upper, lower]
        return try failing { () throws(DuckDBError) in try database.query(query, values.map { .text($0) }) }.map {
            StoredColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNullable: $0[2] == "true")
        }
    }

    /// With the types of the values, since a value may stand where its type cannot be inferred.
    private func text(_ statement: SQLStatement) -> String {
        statement.text { _, value in
            switch value {
            case .null: "?"
            case .text: "?::VARCHAR"
            case .integer: "?::BIGINT"
            case .timestamp: "?::TIMESTAMPTZ"
            }
        }
    }

    private func value(_ value: RecordValue) -> Database.Value {
        switch value {
        case .null: .null
        case .text(let text): .text(text)
        case .integer(let number): .integer(number)
        case .timestamp(let microseconds): .timestamp(microseconds)
        }
    }

    private func explained(_ failure: DuckDBError, unableTo action: String) -> DestinationError {
        DestinationError(failure, unableTo: action, file: file)
    }

    /// For hints.
    private var file: String { place.file?.path ?? place.shown }

    // MARK: Rows

    func insert(
        _ rows: RowInsert, into target: String, from next: () throws -> JobFile?, progress: (Int) throws -> Void
    ) throws {
        // Tables with types that the appender supports.
        var files: [String] = []
        let inserter = try appending(rows, files) { try appender(of: rows) }
        while let file = try next() {
            if inserter.isEmpty { files = [] }
            files.append(file.job.file)
            inserter.filler.begin(file.job)
            let batches = RowBatches(try file.blocks(), of: file.job, columns: inserter.filler.columns)
            while let batch = try batches.next() {
                try appending(rows, files, inserter) { try inserter.append(batch, position: &position) }
                try progress(batch.rowCount)
            }
        }
        try appending(rows, files, inserter) { try inserter.finish() }
    }

    private func appender(of rows: RowInsert) throws -> RowAppender {
        let isStaged = rows.place == .staging
        // Each flush writes the rows into a new file of a DuckLake.
        let appender = try Appender(
            database, catalog: isStaged ? "temp" : place.catalog, schema: isStaged ? "main" : place.dataset,
            table: rows.table, columns: rows.columns.map(\.name) + (isStaged ? ["\"position\""] : []),
            mostHeld: place.isLake && !isStaged ? 204_800 : 8192)
        let forms = try rows.columns.indices.map { index in
            let (column, type) = (rows.columns[index], rows.columns[index].dataType ?? .text)
            guard let form = DuckDBTypes.form(of: type, in: appender.columns[index]) else {
                throw refusal(of: column, in: rows.table)
            }
            return form
        }
        return RowAppender(rows, appender, forms: forms)
    }

    private func refusal(of column: Column, in table: String) -> DestinationError {
        let stored = try? columns(of: table).first { $0.name.lowercased() == column.name.lowercased() }
        return DestinationError(
            .data,
            "unable to insert into table \"\(table)\": its column \"\(column.name)\" is \(stored?.type ?? "of a type") "
                + "in the database, which cannot store every \(column.dataType?.rawValue ?? "text") unchanged",
            hint: "change the type of the column, or load into another table")
    }

    private func appending<Result>(
        _ rows: RowInsert, _ files: [String], _ inserter: RowAppender? = nil, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as DuckDBError {
            let reason = explained(error, unableTo: "insert into table \"\(rows.table)\"")
            // Rows are refused when they are written, perhaps after rows of later files were appended.
            let (first, last) = (files.first ?? rows.jobs.first?.file ?? "", files.last ?? "")
            let lacking = error.requiredColumn(of: rows.table).flatMap { inserter?.row(lacking: $0) }
            let place =
                lacking.map { "row \($0.row) of \($0.file)" } ?? (files.count > 1 ? "\(first) to \(last)" : first)
            throw DestinationError(reason.kind, "\(reason.message) (\(place))", hint: reason.hint)
        }
    }
}
