import Destinations
import Failures
import JobRows
import LoadPackages
import RelationalSQL
import SQLite
import Schemas

/// Inserts the rows of jobs: binds their cells in place, and steps.
///
/// Everything that changes is in local variables or reached through pointers: every access to a property of a class would be
/// checked.
final class RowInserter {
    /// Rows of one INSERT; more bring no gain, and take longer to compile.
    private static let batchRows = 20
    /// Parameters of one INSERT; compiling more takes longer than a package of ordinary size gains.
    private static let batchParameters = 4000

    /// A statement, and for each parameter the row in which it last got a value: 0 when it is NULL.
    private final class Target {
        let statement: Statement
        let bound: UnsafeMutablePointer<UInt64>
        var run: UInt64 = 1

        init(_ statement: Statement) {
            self.statement = statement
            bound = .allocate(capacity: statement.parameterCount + 1)
            bound.initialize(repeating: 0, count: statement.parameterCount + 1)
        }

        deinit { bound.deallocate() }
    }

    private let insert: RowInsert
    private let file: String
    private let count: Int
    private let single: Target
    private let batch: Target?
    private let batchSize: Int
    /// The columns of rows, in the order of the parameters.
    let columns: [RowColumn]

    /// - Parameter isGuarded: the table handles conflicts in its own way.
    init(
        _ insert: RowInsert, into target: String, database: Database, file: String, isGuarded: Bool
    ) throws(DestinationError) {
        count = insert.columns.count
        let parameters = min(RowInserter.batchParameters, database.limit(.variables))
        let size = max(min(RowInserter.batchRows, parameters / max(count, 1)), 1)
        batchSize = size
        func text(_ rowCount: Int, _ undoesRows: Bool) -> String {
            SQLiteDialect.insertion(into: target, insert.columns, rowCount: rowCount, undoesRows: undoesRows)
        }
        do {
            single = Target(try database.prepare(text(1, true)))
            batch =
                batchSize > 1 && insert.jobs.contains { $0.rows >= size }
                ? Target(try database.prepare(text(batchSize, isGuarded))) : nil
        } catch {
            throw DestinationError(
                error, unableTo: "insert into table \"\(insert.table)\"", file: file, isStatement: true)
        }
        self.insert = insert
        self.file = file
        columns = insert.columns.map {
            RowColumn($0.name, RowInserter.form($0.dataType), type: $0.dataType?.rawValue ?? "text")
        }
    }

    private static func form(_ type: DataType?) -> RowForm {
        switch type {
        case .text, nil: .text
        case .bigint: .integer
        case .double: .real
        case .bool: .bool
        // Bound as text, so that the column's affinity keeps every digit that it can hold.
        case .decimal, .wei: .number
        case .json: .json
        case .timestamp: .spacedTimestamp
        case .binary: .binary
        case .date, .time: .plain
        }
    }

    /// - Parameter job: the job of these rows.
    func insert(_ rows: RowBatch, of job: Manifest.Job) throws(DestinationError) {
        var row = 0
        while row < rows.rowCount {
            // The rest of a batch is inserted row by row.
            if let batch, rows.rowCount - row >= batchSize {
                try run(batch, rows, row, batchSize, job)
                row += batchSize
            } else {
                try run(single, rows, row, 1, job)
                row += 1
            }
        }
    }

    private func run(
        _ target: Target, _ rows: RowBatch, _ first: Int, _ rowCount: Int, _ job: Manifest.Job
    ) throws(DestinationError) {
        do throws(SQLiteError) {
            target.run &+= 1
            var cell = rows.cells + (first == 0 ? 0 : Int(rows.ends[first - 1]))
            for index in 0..<rowCount {
                let end = rows.cells + Int(rows.ends[first + index])
                try bind(cell, end, rows.text, target, 1 + index * count)
                cell = end
            }
            try target.statement.run()
        } catch { throw explained(error, rows.firstRow + first, rowCount, job) }
    }

    /// Binds a row's cells to the parameters from `offset` on.
    @inline(__always)
    private func bind(
        _ first: UnsafeMutablePointer<Cell>, _ end: UnsafeMutablePointer<Cell>, _ text: UnsafeMutablePointer<UInt8>,
        _ target: Target, _ offset: Int
    ) throws(SQLiteError) {
        let statement = target.statement
        let bound = target.bound + offset
        let run = target.run
        var cell = first
        while cell < end {
            let column = Int(cell.pointee.column)
            let bits = cell.pointee.bits
            switch cell.pointee.kind {
            case .text:
                try statement.bind(
                    offset &+ column,
                    text: UnsafeBufferPointer(start: text + Int(bits), count: Int(cell.pointee.count)))
            case .integer: try statement.bind(offset &+ column, Int64(bitPattern: bits))
            case .real: try statement.bind(offset &+ column, Double(bitPattern: bits))
            case .bytes:
                try statement.bind(
                    offset &+ column,
                    blob: UnsafeRawBufferPointer(start: text + Int(bits), count: Int(cell.pointee.count)))
            }
            bound[column] = run
            cell += 1
        }
        if end - first == count { return }
        for column in 0..<count where bound[column] != run && bound[column] != 0 {
            bound[column] = 0
            try statement.bindNull(offset &+ column)
        }
    }

    private func explained(
        _ error: SQLiteError, _ first: Int, _ rowCount: Int, _ job: Manifest.Job
    ) -> DestinationError {
        guard error.isConstraint else {
            return DestinationError(
                error, unableTo: "insert into table \"\(insert.table)\"", file: file, isStatement: true)
        }
        let place = rowCount == 1 ? "row \(first)" : "rows \(first) to \(first + rowCount - 1)"
        return DestinationError(
            .data, "unable to insert into table \"\(insert.table)\": \(error.message) (\(place) of \(job.file))",
            hint: "the table in the database has a constraint that the data does not meet")
    }
}
