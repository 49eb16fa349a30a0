package import JSONText
package import LoadPackages
package import Schemas

/// One thing that should become true at a destination. All intents of a package arrive together, so that a connector
/// may order them.
package enum LoadIntent: Sendable, Equatable {
    /// The table also has these columns; a new table has only these.
    case evolve(TableChange, isNew: Bool)
    /// The rows are added to those of the tables.
    case append(TableChain)
    /// The tables have these rows and no others; without a strategy, readers never see them without rows.
    case replace(TableChain, ReplaceStrategy?)
    case merge(TableMerge, TableChain)
    /// The tables have no rows.
    case empty([String])
    /// The tables are gone, and the dataset forgets the stored versions of their schema.
    case drop([String], schema: String?)
}

/// A table and the columns that change, all with types, in stored order.
package struct TableChange: Sendable, Equatable {
    package let table: String
    package let columns: [Column]
    /// The new columns among these.
    package let indexes: [TableIndex]
    /// How to fill a new column that links to the root row in existing rows.
    package var rootLinks: RootLinks?
    /// The destination's types of the table's existing columns.
    package var types: [ExactString: String] = [:]
    /// The existing table knows few types and accepts only their values.
    package var isStrict = false

    package init(table: String, columns: [Column], indexes: [TableIndex] = [], rootLinks: RootLinks? = nil) {
        self.table = table
        self.columns = columns
        self.indexes = indexes
        self.rootLinks = rootLinks
    }

    /// The same change with nullable columns, and nothing to fill.
    package func leavingNull(_ name: String) -> TableChange {
        let changed = columns.map { column in
            var column = column
            if ExactString(column.name) == ExactString(name) { column.hints["nullable"] = true }
            return column
        }
        var change = TableChange(table: table, columns: changed, indexes: indexes)
        change.types = types
        change.isStrict = isStrict
        return change
    }
}

/// How rows of a nested table find their root row: by the key of the parent if the parent is the root; else by what the
/// parent knows of it.
package struct RootLinks: Sendable, Equatable {
    /// The column to fill.
    package let column: String
    /// The column with the parent's row key.
    package let parentKey: String
    package let parent: String
    package let parentRowKey: String
    /// nil where the parent is the root table.
    package let parentRootKey: String?

    package init(column: String, parentKey: String, parent: String, parentRowKey: String, parentRootKey: String?) {
        self.column = column
        self.parentKey = parentKey
        self.parent = parent
        self.parentRowKey = parentRowKey
        self.parentRootKey = parentRootKey
    }
}

/// A root table and its nested tables, as far as rows are written: a parent before its children.
package struct TableChain: Sendable, Equatable {
    package let tables: [WrittenTable]

    package init(_ tables: [WrittenTable]) { self.tables = tables }
}

package struct WrittenTable: Sendable, Equatable {
    package let name: String
    /// Its position in the schema. Tables are written in this order, whatever their chain.
    package let place: Int
    /// Every column that a row may have.
    package let columns: [Column]
    /// The columns of a table that is created to replace it.
    package let indexes: [TableIndex]
    /// The tables with rows.
    package let jobs: [Manifest.Job]

    package init(name: String, place: Int, columns: [Column], indexes: [TableIndex] = [], jobs: [Manifest.Job]) {
        self.name = name
        self.place = place
        self.columns = columns
        self.indexes = indexes
        self.jobs = jobs
    }
}
