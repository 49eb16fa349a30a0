package import Destinations
import JSONText
package import LoadPackages
package import Schemas

/// One step of a plan in SQL. A plan is data: execution, `--dry-run` and `--sql` use the same one.
package enum SQLStep: Sendable, Equatable {
    case createTable(TableChange)
    case addColumns(TableChange)
    /// Creates the staging table for rows of this table.
    case createStaging(TableChange)
    /// Removes every row; a reader sees the old rows until the commit.
    case deleteRows(table: String)
    /// Removes every row the quick way, which readers may notice before the commit.
    case truncateRows(table: String)
    case insertRows(RowInsert)
    /// Copies all staged rows into the table unchanged.
    case insertFromStaging(TableChange)
    /// Prepares the staged rows of a merge, if the merge itself may have to be repeated.
    case prepareMerge(TableMerge)
    /// Merges the staged rows of a root table and its nested tables into the tables.
    case merge(TableMerge)
    /// Indexes a column of a table that the load has created, when its rows are in; or of the table that will replace
    /// it, if that is named.
    case createIndex(TableIndex, table: String, successor: String?)
    /// Replaces this table, with its rows, by one that was created, filled and indexed under another name.
    case swapTable(TableChange, successor: String)
    /// Removes a table, if it is there.
    case dropTable(String)
    case dropStaging(table: String)
    case insertRecord(TableRecord)
    /// Removes the rows of a system table that have these values.
    case deleteRecords(TableRecord)
    /// Removes the versions of a schema from a system table, except the one with this hash.
    case deleteVersions(table: String, schema: String, except: String)

    /// The action, to follow "unable to".
    var action: String {
        switch self {
        case .createTable(let change): "create table \"\(change.table)\""
        case .addColumns(let change): "add columns to table \"\(change.table)\""
        case .createStaging(let change): "stage rows of table \"\(change.table)\""
        case .deleteRows(let table), .truncateRows(let table): "empty table \"\(table)\""
        case .insertRows(let rows): "insert into table \"\(rows.table)\""
        case .insertFromStaging(let change): "insert into table \"\(change.table)\""
        case .prepareMerge(let merge), .merge(let merge): "merge table \"\(merge.root.name)\" (\(merge.strategy.name))"
        case .createIndex(let index, let table, _):
            index.isUnique
                ? "make column \"\(index.column)\" of table \"\(table)\" unique"
                : "index column \"\(index.column)\" of table \"\(table)\""
        case .swapTable(let change, _): "replace table \"\(change.table)\""
        case .dropTable(let table), .dropStaging(let table): "drop table \"\(table)\""
        case .insertRecord(let record): "insert into table \"\(record.table)\""
        case .deleteRecords(let record): "delete from table \"\(record.table)\""
        case .deleteVersions(let table, _, _): "delete from table \"\(table)\""
        }
    }

    /// The table of the dataset that it concerns.
    var table: String {
        switch self {
        case .createTable(let change), .addColumns(let change), .createStaging(let change),
            .insertFromStaging(let change):
            change.table
        case .deleteRows(let table), .truncateRows(let table), .dropTable(let table), .dropStaging(let table): table
        case .insertRows(let rows): rows.table
        case .prepareMerge(let merge), .merge(let merge): merge.root.name
        case .createIndex(_, let table, _): table
        case .swapTable(let change, _): change.table
        case .insertRecord(let record), .deleteRecords(let record): record.table
        case .deleteVersions(let table, _, _): table
        }
    }

    /// Whether it creates a table or columns.
    var definesTable: Bool {
        switch self {
        case .createTable, .addColumns: true
        default: false
        }
    }

    /// A table that readers must leave while the step changes it, until the commit.
    var excludesReaders: String? {
        switch self {
        case .addColumns(let change), .swapTable(let change, _): change.table
        case .truncateRows(let table), .dropTable(let table): table
        default: nil
        }
    }
}

/// The rows of jobs, one after the other, and their target.
package struct RowInsert: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
        case table
        /// The staging table of the table.
        case staging
        /// A table of this name, which `swapTable` puts in place of the table.
        case successor(String)
    }

    package let table: String
    package let place: Place
    /// Every column that a row may have.
    package let columns: [Column]
    package let jobs: [Manifest.Job]

    package init(table: String, place: Place = .table, columns: [Column], jobs: [Manifest.Job]) {
        self.table = table
        self.place = place
        self.columns = columns
        self.jobs = jobs
    }

    package var rowCount: Int { jobs.reduce(0) { $0 + $1.rows } }
}
