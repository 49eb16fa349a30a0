package import LoadPackages
package import Schemas

/// One step of a plan. A plan is data: what is executed, what `--dry-run` tells and what `--sql` prints are the same.
package enum LoadStep: Sendable, Equatable {
    case createTable(TableChange)
    case addColumns(TableChange)
    /// Removes every row; a reader sees the old rows until the commit.
    case deleteRows(table: String)
    case insertRows(RowInsert)
    case insertRecord(TableRecord)
}

/// A table and the columns that a step is about, all with types, in stored order.
package struct TableChange: Sendable, Equatable {
    package let table: String
    package let columns: [Column]

    package init(table: String, columns: [Column]) {
        self.table = table
        self.columns = columns
    }
}

/// The rows of one job and where they go.
package struct RowInsert: Sendable, Equatable {
    package let table: String
    /// Every column that a row may have.
    package let columns: [Column]
    package let job: Manifest.Job

    package init(table: String, columns: [Column], job: Manifest.Job) {
        self.table = table
        self.columns = columns
        self.job = job
    }
}

/// One row of a system table.
package struct TableRecord: Sendable, Equatable {
    package let table: String
    package let values: [(column: String, value: RecordValue)]

    package init(table: String, values: [(column: String, value: RecordValue)]) {
        self.table = table
        self.values = values
    }

    package static func == (left: TableRecord, right: TableRecord) -> Bool {
        left.table == right.table && left.values.elementsEqual(right.values) { $0 == $1 }
    }
}

package enum RecordValue: Sendable, Equatable {
    case null
    case text(String)
    case integer(Int64)
    /// Microseconds since 1970 UTC.
    case timestamp(Int64)
}

/// A statement in pieces, with a value between each two of them: the same text is executed and printed.
package struct SQLStatement: Sendable, Equatable {
    package private(set) var pieces: [String]
    package private(set) var values: [RecordValue] = []

    package init(_ text: String) { pieces = [text] }

    package mutating func append(_ text: String) { pieces[pieces.count - 1] += text }

    package mutating func append(_ value: RecordValue) {
        values.append(value)
        pieces.append("")
    }

    /// The text with something in place of each value, counted from 1: a parameter or a literal.
    package func text(_ value: (Int, RecordValue) -> String) -> String {
        var text = pieces[0]
        for index in values.indices { text += value(index + 1, values[index]) + pieces[index + 1] }
        return text
    }
}
