import DuckDB
import JobRows
import RelationalSQL
import Schemas

/// Appends the rows of jobs to a table, one chunk at a time.
struct RowAppender {
    let filler: ColumnFiller
    private let appender: Appender
    private let isStaged: Bool

    /// - Parameters:
    ///   - appender: of the columns in their order, followed by the position in a staging table.
    ///   - forms: of each column.
    init(_ rows: RowInsert, _ appender: Appender, forms: [ColumnForm]) {
        let columns = zip(rows.columns, forms).map { column, form in
            let type = form.typeName ?? column.dataType?.rawValue ?? "text"
            return (RowColumn(column.name, form.rowForm, type: type), form)
        }
        filler = ColumnFiller(columns, capacity: appender.capacity)
        self.appender = appender
        isStaged = rows.place == .staging
    }

    /// - Parameter position: of the last row that was staged.
    func append(_ rows: RowBatch, position: inout Int64) throws {
        // Longer texts stay in the memory of the batch until their chunk is appended, so no chunk spans two batches.
        for first in stride(from: 0, to: rows.rowCount, by: appender.capacity) {
            let count = min(rows.rowCount - first, appender.capacity)
            let columns = filler.columns.indices
            for column in columns { filler.aim(column, at: appender.vectors[column].data) }
            try filler.fill(rows, from: first, count: count)
            for column in columns {
                guard let valid = filler.validity(of: column, count: count) else { continue }
                appender.vectors[column].store(validity: valid, count: (count + 63) / 64)
                filler.noteAbsence(of: column, rowsFrom: rows.firstRow + first)
            }
            if isStaged {
                for row in 0..<count { appender.vectors[columns.count].store(position + Int64(row) + 1, row) }
                position += Int64(count)
            }
            try appender.append(rows: count)
        }
    }

    /// Moves everything that was appended into the table.
    var isEmpty: Bool { appender.held == 0 }

    /// Appends the rows of an incomplete chunk.
    func finish() throws { try appender.flush() }

    /// The row that lacks a required value; the library, which checks rows much later, names only the column.
    func row(lacking name: String) -> (row: Int, file: String)? {
        filler.columns.firstIndex { $0.name.lowercased() == name.lowercased() }.flatMap { filler.firstAbsence(of: $0) }
    }
}
