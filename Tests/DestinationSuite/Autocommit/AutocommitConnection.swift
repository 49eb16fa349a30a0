import Destinations
import Failures
import JobRows
import LoadPackages
import RelationalSQL
import SQLite
import SystemIO

@testable import SQLiteConnector

/// An SQLite file on which each statement counts at once. Of a killed loader nothing is undone, and its lock goes with it.
final class AutocommitConnection: SQLConnection {
    let dialect: any SQLDialect
    private let file: String
    private let database: Database
    private let killing: KillSwitch
    private var lock: FileLock?

    init(_ file: String, _ killing: KillSwitch, _ dialect: AutocommitDialect) throws(SQLiteError) {
        self.file = file
        self.dialect = dialect
        self.killing = killing
        database = try Database.open(file, busyTimeoutMilliseconds: 10_000)
        // What a crash of the machine leaves is not the question here.
        try database.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY")
    }

    // MARK: Beginning and ending

    func begin(_ access: DestinationAccess) throws(DestinationError) {
        if access == .read { return }
        do throws(SystemError) { lock = try FileLock.acquire(file + ".lock", .exclusive, wait: .seconds(60)) } catch {
            throw DestinationError(.temporary, "unable to lock \(file): \(error)")
        }
    }

    func commit() throws(DestinationError) {
        lock = nil
        if killing.isDead { throw AutocommitConnection.killed.explained("commit") }
    }

    func rollback() { lock = nil }

    // MARK: Statements

    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String? {
        try translating {
            try killing.count(statement.text { _, _ in "?" }) {
                let prepared = try database.prepare(statement)
                defer { prepared.reset() }
                return try prepared.step() ? prepared.string(0) : nil
            }
        }
    }

    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]] {
        try translating {
            try killing.live()
            let prepared = try database.prepare(query)
            var rows: [[String?]] = []
            while try prepared.step() {
                rows.append((0..<prepared.columnCount).map { prepared.isNull($0) ? nil : prepared.string($0) })
            }
            return rows
        }
    }

    func columns(of table: String) throws(SQLFailure) -> [StoredColumn] {
        let query: SQLStatement = "SELECT name, type FROM pragma_table_info(\(value: .text(table)))"
        return try rows(of: query).map { StoredColumn(name: $0[0] ?? "", type: $0[1] ?? "") }
    }

    func stagingTables() throws(SQLFailure) -> [StagingTable] {
        try rows(of: "SELECT name FROM main.sqlite_master WHERE type = 'table'").compactMap { row in
            AutocommitDialect.load(ofStaging: row[0] ?? "").map {
                StagingTable(load: $0, name: dialect.table(row[0] ?? ""))
            }
        }
    }

    private func translating<Result>(_ body: () throws -> Result) throws(SQLFailure) -> Result {
        do { return try body() } catch let error as SQLiteError {
            throw SQLFailure(lacksValue: error.message.contains("NOT NULL")) { [file] action in
                DestinationError(error, unableTo: action, file: file)
            }
        } catch { throw AutocommitConnection.killed }
    }

    private static let killed = SQLFailure(lacksValue: false) { action in
        DestinationError(.temporary, "unable to \(action): killed")
    }

    // MARK: Rows

    func insert(
        _ rows: RowInsert, into target: String, from next: () throws -> JobFile?, progress: (Int) throws -> Void
    ) throws {
        try killing.live()
        let inserter = try RowInserter(rows, into: target, database: database, file: file, isGuarded: false)
        while let file = try next() {
            // Small blocks, so that there is something to be killed between.
            let blocks = BlockReader(
                source: Reblocked(try file.blocks()), blockBytes: 256, maximumLineBytes: .max >> 1,
                skipsByteOrderMark: false)
            let batches = RowBatches(blocks, of: file.job, columns: inserter.columns)
            while let batch = try batches.next() {
                try killing.count { try inserter.insert(batch, of: file.job) }
                try progress(batch.rowCount)
            }
        }
    }
}

/// The bytes of blocks, to be cut anew.
private struct Reblocked: ByteSource {
    private let blocks: BlockReader
    private var rest: ArraySlice<UInt8> = []

    init(_ blocks: BlockReader) { self.blocks = blocks }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if rest.isEmpty, let block = try blocks.nextBlock() { rest = ArraySlice(block) }
        let count = min(buffer.count, rest.count)
        rest.prefix(count).withUnsafeBytes { buffer.copyMemory(from: $0) }
        rest.removeFirst(count)
        return count
    }
}
