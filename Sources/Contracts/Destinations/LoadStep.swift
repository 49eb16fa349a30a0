package import LoadPackages
package import Schemas

/// One step of a plan. A plan is data: what is executed, what `--dry-run` tells and what `--sql` prints are the same.
package enum LoadStep: Sendable, Equatable {
    case createTable(TableChange)
    case addColumns(TableChange)
    /// Makes the temporary table in which rows of this table wait. It belongs to the connection and has the table's name.
    case createStaging(TableChange)
    /// Removes every row; a reader sees the old rows until the commit.
    case deleteRows(table: String)
    /// Removes every row the quick way, which readers may notice before the commit.
    case truncateRows(table: String)
    case insertRows(RowInsert)
    /// Copies all staged rows into the table, as they were staged.
    case insertFromStaging(TableChange)
    /// Brings the staged rows of a root table and of its nested tables into the tables.
    case merge(TableMerge)
    /// Puts a table that was made and filled under another name in the place of this one, whose rows go.
    case swapTable(String, successor: String)
    /// Removes a table, if it is there.
    case dropTable(String)
    case dropStaging(table: String)
    case insertRecord(TableRecord)
    /// Removes the rows of a system table that have these values.
    case deleteRecords(TableRecord)
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
    package enum Place: Sendable, Equatable {
        case table
        /// The temporary table made by `createStaging`.
        case staging
        /// A table of this name, which `swapTable` puts in the place of the table.
        case successor(String)
    }

    package let table: String
    package let place: Place
    /// Every column that a row may have.
    package let columns: [Column]
    package let job: Manifest.Job

    package init(table: String, place: Place = .table, columns: [Column], job: Manifest.Job) {
        self.table = table
        self.place = place
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
