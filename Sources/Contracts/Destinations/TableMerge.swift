package import Schemas

/// How the staged rows of a root table and its nested tables are merged into the tables: the whole chain, as data.
package struct TableMerge: Sendable, Equatable {
    package enum Strategy: Sendable, Equatable {
        /// Deletes rows with a staged key, and the rows below them; then inserts the staged ones.
        case deleteInsert
        /// Updates rows with a staged primary key, and inserts the others.
        case upsert
        /// Inserts only rows with an unknown primary key.
        case insertOnly
        /// Rows are versions with a time of validity: versions that were not staged end, new ones begin.
        case history(Validity)

        package var kind: MergeStrategy {
            switch self {
            case .deleteInsert: .deleteInsert
            case .upsert: .upsert
            case .insertOnly: .insertOnly
            case .history: .history
            }
        }

        /// dlt's name.
        package var name: String { kind.rawValue }
    }

    package struct Validity: Sendable, Equatable {
        /// The columns of the root table with the beginning and end of a version's validity.
        package let from: String
        package let to: String
        /// The column whose value is equal in equal versions only.
        package let version: String
        /// When this load's versions begin and end, in microseconds since 1970 UTC.
        package let time: Int64
        /// Whether the user gave the time, which may repeat an earlier one; a load's own time is later than every
        /// other.
        package let isGiven: Bool
        /// The value of `to` in current versions, in microseconds; nil is null.
        package let active: Int64?

        package init(from: String, to: String, version: String, time: Int64, isGiven: Bool, active: Int64?) {
            self.from = from
            self.to = to
            self.version = version
            self.time = time
            self.isGiven = isGiven
            self.active = active
        }
    }

    /// Which of several staged rows of one primary key stays. Among equals the last one does.
    package struct Order: Sendable, Equatable {
        package let column: String
        package let isDescending: Bool

        package init(column: String, isDescending: Bool) {
            self.column = column
            self.isDescending = isDescending
        }
    }

    package let strategy: Strategy
    package let root: MergedTable
    /// A parent before its children.
    package let nested: [NestedTable]
    /// Columns of the root table, which may be nullable: null equals null.
    package let primaryKey: [Column]
    package let mergeKey: [Column]
    /// A staged row is a deletion if this column is true, or not null in a column that is not bool.
    package let hardDelete: Column?
    package let order: Order?
    /// Whether the stream promises one row for each primary key.
    package let isDeduplicated: Bool

    package init(
        strategy: Strategy, root: MergedTable, nested: [NestedTable], primaryKey: [Column], mergeKey: [Column],
        hardDelete: Column?, order: Order?, isDeduplicated: Bool
    ) {
        self.strategy = strategy
        self.root = root
        self.nested = nested
        self.primaryKey = primaryKey
        self.mergeKey = mergeKey
        self.hardDelete = hardDelete
        self.order = order
        self.isDeduplicated = isDeduplicated
    }
}

/// A table that is merged. Its staging table has the same columns.
package struct MergedTable: Sendable, Equatable {
    package let name: String
    package let columns: [Column]
    /// The column that is unique in each row; links of nested tables refer to it.
    package let rowKey: String

    package init(name: String, columns: [Column], rowKey: String) {
        self.name = name
        self.columns = columns
        self.rowKey = rowKey
    }
}

package struct NestedTable: Sendable, Equatable {
    package let table: MergedTable
    package let parent: String
    /// The column with the link upwards: in a history to the parent's row key, else to that of the root row.
    package let link: String
    /// Whether rows may have been staged for it; without them there is no staging table.
    package let isStaged: Bool

    package init(table: MergedTable, parent: String, link: String, isStaged: Bool) {
        self.table = table
        self.parent = parent
        self.link = link
        self.isStaged = isStaged
    }
}
