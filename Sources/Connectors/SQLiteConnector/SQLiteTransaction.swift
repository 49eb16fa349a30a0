import Destinations
import Failures
import JobRows
import LoadPackages
import RelationalSQL
import SQLite
import Schemas
import SystemIO

final class SQLiteTransaction: DestinationTransaction {
    let database: Database
    private let file: String
    private let lockTimeout: Double
    /// Begun, and neither committed nor rolled back.
    private var isOpen = false
    /// Read once: what this transaction makes has neither.
    private var knownGuarded: Set<String>?

    init(_ database: Database, file: String, lockTimeout: Double) {
        self.database = database
        self.file = file
        self.lockTimeout = lockTimeout
    }

    deinit { rollback() }

    // MARK: Beginning and ending

    func begin(exclusive: Bool) throws(DestinationError) {
        try waitingForLock("lock \(file)") { () throws(SQLiteError) in
            // Settings of this connection only; of a file that has content none changes it. Even they read it, and so may have to
            // wait. Large pages make a new file: fewer writes, and fewer chains of pages for long rows.
            try database.execute(
                "PRAGMA page_size=16384; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA temp_store=FILE")
            try database.execute(exclusive ? "BEGIN IMMEDIATE" : "BEGIN")
            // The lock is taken, and the file proves to be a database, with the first look.
            _ = try database.integer("SELECT count(*) FROM sqlite_master")
        }
        isOpen = true
    }

    func commit() throws(DestinationError) {
        do {
            // Readers that came before us are waited for here: with a rollback journal they and the writer exclude each other.
            try waitingForLock("commit to \(file)") { () throws(SQLiteError) in try database.execute("COMMIT") }
            isOpen = false
        } catch {
            rollback()
            throw error
        }
    }

    func rollback() {
        guard isOpen else { return }
        isOpen = false
        // Nothing more can be done about an error: the file's journal still undoes everything.
        if database.inTransaction { try? database.execute("ROLLBACK") }
        // After a failed write the library puts the file back only when it is next looked at.
        _ = try? database.integer("PRAGMA schema_version")
    }

    /// Tries until the lock is free. The library's own waiting would not see a request to stop.
    private func waitingForLock(
        _ action: String, _ body: () throws(SQLiteError) -> Void
    ) throws(DestinationError) {
        let deadline = Clock.monotonicNanoseconds() + Int64(lockTimeout * 1e9)
        var pause = 1
        while true {
            do {
                return try body()
            } catch {
                guard error.isBusy else { throw DestinationError(error, unableTo: action, file: file) }
                if !isOpen, database.inTransaction { try? database.execute("ROLLBACK") }
                if Clock.monotonicNanoseconds() >= deadline {
                    throw DestinationError(
                        .temporary,
                        "unable to \(action): another program has held a lock on it for \(Int(lockTimeout)) s",
                        hint: "try again when it has ended; `fuser \(file)` names it")
                }
                if !StopSignal.sleep(milliseconds: pause) {
                    throw DestinationError(.stopped, "unable to \(action): asked to stop")
                }
                pause = min(pause * 2, 50)
            }
        }
    }

    // MARK: Reading

    func columns(of table: String) throws(DestinationError) -> [String]? {
        try reading(table) { () throws(SQLiteError) in
            let statement = try database.prepare("SELECT name FROM pragma_table_info(?, 'main')", lasting: false)
            try statement.bind(1, table)
            var names: [String] = []
            while try statement.step() { names.append(statement.string(0)) }
            return names.isEmpty ? nil : names
        }
    }

    func exists(_ table: String) throws(DestinationError) -> Bool { try columns(of: table) != nil }

    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool {
        let query = "SELECT load_id FROM \(SQLitePrinter.quote(names.loads)) WHERE load_id = ? AND status = 0"
        return try row(names.loads, query, [id])?[0] != nil
    }

    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String? {
        let query = """
            SELECT load_id FROM \(SQLitePrinter.quote(names.loads))
            WHERE length(load_id) >= 35 AND substr(load_id, -18) = ? AND status = 0 LIMIT 1
            """
        return try row(names.loads, query, [identity])?[0]
    }

    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID? {
        let query = "SELECT max(load_id) FROM \(SQLitePrinter.quote(names.loads)) WHERE status = 0"
        return try row(names.loads, query, [])?[0].flatMap { LoadID($0) }
    }

    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try schema(names, "schema_name = ? ORDER BY inserted_at DESC, rowid DESC", name)
    }

    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try schema(names, "version_hash = ?", hash)
    }

    private func schema(
        _ names: SystemNames, _ condition: String, _ value: String
    ) throws(DestinationError) -> StoredSchema? {
        let query = "SELECT version_hash, schema FROM \(SQLitePrinter.quote(names.version)) WHERE \(condition) LIMIT 1"
        guard let row = try row(names.version, query, [value]), let hash = row[0], let text = row[1] else { return nil }
        return try StoredSchema(hash: hash, text: text)
    }

    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        guard try exists(names.loads) else { return nil }
        let query = """
            SELECT s._dlt_load_id, s.state FROM \(SQLitePrinter.quote(names.state)) AS s
            JOIN \(SQLitePrinter.quote(names.loads)) AS l ON l.load_id = s._dlt_load_id
            WHERE s.pipeline_name = ? AND l.status = 0 ORDER BY l.load_id DESC, s.rowid DESC LIMIT 1
            """
        guard let row = try row(names.state, query, [pipeline]), let load = row[0], let text = row[1] else {
            return nil
        }
        return try StoredState(loadID: load, text: text)
    }

    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64? {
        var latest: Int64?
        for (table, column) in [
            (names.version, "inserted_at"), (names.loads, "inserted_at"), (names.state, "created_at"),
        ] {
            let query = "SELECT max(\(column)) FROM \(SQLitePrinter.quote(table))"
            guard let text = try row(table, query, [])?[0], let time = SQLitePrinter.microseconds(text) else {
                continue
            }
            latest = max(latest ?? time, time)
        }
        return latest
    }

    /// The first row of a query on a table, as text; nil when the table does not exist or has no such row.
    private func row(_ table: String, _ query: String, _ values: [String]) throws(DestinationError) -> [String?]? {
        guard try exists(table) else { return nil }
        return try reading(table) { () throws(SQLiteError) in
            let statement = try database.prepare(query, lasting: false)
            for (index, value) in values.enumerated() { try statement.bind(index + 1, value) }
            guard try statement.step() else { return nil }
            return (0..<statement.columnCount).map { statement.isNull($0) ? nil : statement.string($0) }
        }
    }

    func reading<T>(_ table: String, _ body: () throws(SQLiteError) -> T) throws(DestinationError) -> T {
        do { return try body() } catch {
            throw DestinationError(error, unableTo: "read table \"\(table)\"", file: file)
        }
    }

    // MARK: Writing

    func execute(_ step: LoadStep) throws(DestinationError) {
        for statement in SQLitePrinter.printer.statements(for: step) {
            let finding: String?
            do { finding = try run(statement) } catch { throw explained(error, step) }
            if let finding, let refusal = statement.refusal {
                throw DestinationError(refusal.kind, refusal.message + finding, hint: refusal.hint)
            }
        }
    }

    /// Runs a statement to its end. Returns the first value of a query.
    private func run(_ statement: SQLStatement) throws(SQLiteError) -> String? {
        let prepared = try database.prepare(statement.text { _, _ in "?" }, lasting: false)
        for (index, value) in statement.values.enumerated() { try bind(value, index + 1, prepared) }
        defer { prepared.reset() }
        return try prepared.step() ? prepared.string(0) : nil
    }

    private func bind(_ value: RecordValue, _ index: Int, _ statement: Statement) throws(SQLiteError) {
        switch value {
        case .null: try statement.bindNull(index)
        case .text(let text): try statement.bind(index, text)
        case .integer(let number): try statement.bind(index, number)
        case .timestamp(let microseconds): try statement.bind(index, SQLitePrinter.timestamp(microseconds))
        }
    }

    private func explained(_ error: SQLiteError, _ step: LoadStep) -> DestinationError {
        switch step {
        case .createTable(let change):
            return DestinationError(error, unableTo: "create table \"\(change.table)\"", file: file)
        case .addColumns(let change):
            let required = change.columns.filter { !$0.isNullable }.map { "\"\($0.name)\"" }
            if error.message.contains("NOT NULL"), !required.isEmpty {
                let names = required.joined(separator: ", ")
                return DestinationError(
                    .data,
                    "unable to add column \(names) to table \"\(change.table)\": it must not be null, but the rows that are "
                        + "there have no value for it",
                    hint: "declare it nullable, or load into an empty table")
            }
            return DestinationError(error, unableTo: "add columns to table \"\(change.table)\"", file: file)
        case .createStaging(let change):
            return DestinationError(error, unableTo: "make room for the rows of table \"\(change.table)\"", file: file)
        case .deleteRows(let table), .truncateRows(let table):
            return DestinationError(error, unableTo: "empty table \"\(table)\"", file: file)
        case .insertFromStaging(let change):
            return DestinationError(error, unableTo: "insert into table \"\(change.table)\"", file: file)
        case .merge(let merge):
            return DestinationError(
                error, unableTo: "merge table \"\(merge.root.name)\" (\(merge.strategy.name))", file: file)
        case .swapTable(let table, _):
            return DestinationError(error, unableTo: "replace table \"\(table)\"", file: file)
        case .dropTable(let table), .dropStaging(let table):
            return DestinationError(error, unableTo: "drop table \"\(table)\"", file: file)
        case .insertRows(let rows):
            return DestinationError(error, unableTo: "insert into table \"\(rows.table)\"", file: file)
        case .insertRecord(let record):
            return DestinationError(error, unableTo: "insert into table \"\(record.table)\"", file: file)
        case .deleteRecords(let record):
            return DestinationError(error, unableTo: "delete from table \"\(record.table)\"", file: file)
        }
    }

    func insert(_ rows: RowInsert, from blocks: BlockReader, progress: (Int) throws -> Void) throws {
        let inserter = try RowInserter(
            rows, database: database, file: file, isGuarded: guardedTables().contains(rows.table.lowercased()))
        let batches = RowBatches(blocks, of: rows, columns: RowInserter.columns(of: rows))
        while let batch = try batches.next() {
            try inserter.insert(batch)
            try progress(batch.rowCount)
        }
    }

    /// Tables, in lower case, that somebody has given triggers, or constraints that may say what a conflict does. An INSERT that says
    /// it too would overrule them.
    private func guardedTables() throws(DestinationError) -> Set<String> {
        if let known = knownGuarded { return known }
        let query = """
            SELECT DISTINCT tbl_name FROM main.sqlite_master
            WHERE type = 'trigger' OR (type = 'table' AND sql LIKE '%conflict%')
            """
        let found = try reading("sqlite_master") { () throws(SQLiteError) in
            let statement = try database.prepare(query, lasting: false)
            var names: Set<String> = []
            while try statement.step() { names.insert(statement.string(0).lowercased()) }
            return names
        }
        knownGuarded = found
        return found
    }
}

/// A dataset whose file does not exist, for a look at what a load would do.
final class EmptyTransaction: DestinationTransaction {
    func columns(of table: String) -> [String]? { nil }
    func hasLoad(_ id: String, _ names: SystemNames) -> Bool { false }
    func load(identity: String, _ names: SystemNames) -> String? { nil }
    func newestLoad(_ names: SystemNames) -> LoadID? { nil }
    func newestSchema(_ name: String, _ names: SystemNames) -> StoredSchema? { nil }
    func schema(hash: String, _ names: SystemNames) -> StoredSchema? { nil }
    func newestState(_ pipeline: String, _ names: SystemNames) -> StoredState? { nil }
    func latestTime(_ names: SystemNames) -> Int64? { nil }

    func execute(_ step: LoadStep) throws(DestinationError) { throw EmptyTransaction.readOnly }
    func insert(_ rows: RowInsert, from blocks: BlockReader, progress: (Int) throws -> Void) throws {
        throw EmptyTransaction.readOnly
    }
    func commit() throws(DestinationError) { throw EmptyTransaction.readOnly }
    func rollback() {}

    private static let readOnly = DestinationError(.denied, "unable to write: the destination was opened for reading")
}
