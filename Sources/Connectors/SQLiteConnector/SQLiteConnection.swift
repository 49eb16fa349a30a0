import Destinations
import Failures
import JobRows
import RelationalSQL
import SQLite
import SystemIO

/// The dataset's file, with at most one transaction.
final class SQLiteConnection: SQLConnection {
    let dialect: any SQLDialect = SQLiteDialect()
    private let database: Database
    private let file: String
    private let lockTimeout: Double
    /// Whether a transaction has begun that was neither committed nor rolled back.
    private var isOpen = false
    /// Read once: tables that this transaction creates have neither.
    private var knownGuarded: Set<String>?

    init(_ database: Database, file: String, lockTimeout: Double) {
        self.database = database
        self.file = file
        self.lockTimeout = lockTimeout
    }

    deinit { rollback() }

    // MARK: Beginning and ending

    func begin(_ access: DestinationAccess) throws(DestinationError) {
        try waitingForLock("lock \(file)") { () throws(SQLiteError) in
            // Settings of this connection only; none of them changes an existing file. Even they read the file, and so may
            // have to wait. Large pages, in a new file, mean fewer writes, and shorter chains of pages for long rows.
            // With a rollback journal the commit is the removal of the journal; EXTRA waits until its folder is on the
            // disk. With FULL a power cut could restore the journal, and with it the old rows, after the spool has
            // recorded the load.
            try database.execute(
                "PRAGMA page_size=16384; PRAGMA synchronous=EXTRA; PRAGMA cache_size=-16384; PRAGMA temp_store=FILE")
            try database.execute(access == .write ? "BEGIN IMMEDIATE" : "BEGIN")
            // The first read takes the lock, and shows that the file is a database.
            _ = try database.integer("SELECT count(*) FROM sqlite_master")
        }
        isOpen = true
    }

    func commit() throws(DestinationError) {
        do {
            // Waits here for earlier readers: with a rollback journal, readers and the writer exclude each other.
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
        // An error needs no further action: the file's journal still undoes everything.
        if database.inTransaction { try? database.execute("ROLLBACK") }
        // After a failed write the library restores the file only at the next access.
        _ = try? database.integer("PRAGMA schema_version")
    }

    /// Tries until the lock is free. The library's own wait would not notice a request to stop.
    private func waitingForLock(
        _ action: String, _ body: () throws(SQLiteError) -> Void
    ) throws(DestinationError) {
        let (file, seconds) = (file, lockTimeout)
        try LockWait.retry(
            seconds: seconds, action: action, isHeld: { (error: SQLiteError) in error.isBusy },
            explained: { DestinationError($0, unableTo: action, file: file) },
            overdue: {
                DestinationError(
                    .temporary, "unable to \(action): another program has held a lock on it for \(Int(seconds)) s",
                    hint: "try again when it has ended; `fuser \(file)` names it")
            }
        ) { () throws(SQLiteError) in
            do throws(SQLiteError) { try body() } catch {
                if error.isBusy, !isOpen, database.inTransaction { try? database.execute("ROLLBACK") }
                throw error
            }
        }
    }

    // MARK: Statements

    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String? {
        try failing { () throws(SQLiteError) in
            let prepared = try database.prepare(statement)
            defer { prepared.reset() }
            let found = try prepared.step() ? prepared.string(0) : nil
            changedRows = Int(database.changes)
            return found
        }
    }

    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]] {
        try failing { () throws(SQLiteError) in
            let prepared = try database.prepare(query)
            var rows: [[String?]] = []
            while try prepared.step() {
                rows.append((0..<prepared.columnCount).map { prepared.isNull($0) ? nil : prepared.string($0) })
            }
            return rows
        }
    }

    func columns(of table: String) throws(SQLFailure) -> [StoredColumn] {
        // The other pragma omits generated columns; 1 marks the hidden ones of a virtual table.
        try rows(
            of:
                "SELECT name, type, \"notnull\" FROM pragma_table_xinfo(\(value: .text(table)), 'main') WHERE hidden <> 1"
        )
        .map { StoredColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNullable: $0[2] == "0") }
    }

    func traits(of table: String) throws(SQLFailure) -> TableTraits {
        // Avoids reading the whole schema, as the pragma for all tables would.
        let found = try rows(
            of:
                "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = \(value: .text(table)) COLLATE NOCASE"
        )
        let tail = (found.first?[0] ?? "").split(separator: ")").last ?? ""
        return TableTraits(isStrict: tail.lowercased().contains("strict"))
    }

    private(set) var changedRows: Int?

    private func failing<Result>(_ body: () throws(SQLiteError) -> Result) throws(SQLFailure) -> Result {
        do { return try body() } catch {
            throw SQLFailure(lacksValue: error.message.contains("NOT NULL")) { [file] action in
                DestinationError(error, unableTo: action, file: file, isStatement: true)
            }
        }
    }

    // MARK: Rows

    func insert(
        _ rows: RowInsert, into target: String, from next: () throws -> JobFile?, progress: (Int) throws -> Void
    ) throws {
        let inserter = try RowInserter(
            rows, into: target, database: database, file: file,
            isGuarded: guardedTables().contains(rows.table.lowercased()))
        while let file = try next() {
            let batches = RowBatches(try file.blocks(), of: file.job, columns: inserter.columns)
            while let batch = try batches.next() {
                try inserter.insert(batch, of: file.job)
                try progress(batch.rowCount)
            }
        }
    }

    /// Tables, in lower case, to which other programs gave triggers, or constraints with a conflict clause. An INSERT
    /// with its own clause would overrule them.
    private func guardedTables() throws(DestinationError) -> Set<String> {
        if let known = knownGuarded { return known }
        let query: SQLStatement = """
            SELECT DISTINCT tbl_name FROM main.sqlite_master
            WHERE type = 'trigger' OR (type = 'table' AND sql LIKE '%conflict%')
            """
        do {
            let found = Set(try rows(of: query).map { ($0[0] ?? "").lowercased() })
            knownGuarded = found
            return found
        } catch { throw error.explained("read table \"sqlite_master\"") }
    }
}

extension Database {
    /// A statement with its values bound, to be run once.
    func prepare(_ statement: SQLStatement) throws(SQLiteError) -> Statement {
        let prepared = try prepare(statement.text { _, _ in "?" }, lasting: false)
        for (index, value) in statement.values.enumerated() {
            switch value {
            case .null: try prepared.bindNull(index + 1)
            case .text(let text): try prepared.bind(index + 1, text)
            case .integer(let number): try prepared.bind(index + 1, number)
            case .timestamp(let microseconds): try prepared.bind(index + 1, SQLTime.text(microseconds))
            }
        }
        return prepared
    }
}
