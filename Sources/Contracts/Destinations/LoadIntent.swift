package import JSONText
package import LoadPackages
package import Schemas

/// One thing that is to become true at a destination. Of a package all come together, so that a connector may order them.
package enum LoadIntent: Sendable, Equatable {
    /// The table has these columns too; a new one has nothing but them.
    case evolve(TableChange, isNew: Bool)
    /// The rows are added to those that the tables have.
    case append(TableChain)
    /// The tables have these rows and no others; without a strategy, readers never see them without rows.
    case replace(TableChain, ReplaceStrategy?)
    case merge(TableMerge, TableChain)
    /// The tables have no rows.
    case empty([String])
    /// The tables are gone, and the dataset forgets the versions of the schema that has them, if it has any.
    case drop([String], schema: String?)
}

/// A table and the columns that a change is about, all with types, in stored order.
package struct TableChange: Sendable, Equatable {
    package let table: String
    package let columns: [Column]
    /// Of these columns.
    package let indexes: [TableIndex]
    /// How a new column that leads to the root row is filled in the rows that are there.
    package var rootLinks: RootLinks?
    /// The types, as the destination calls them, of the columns that the table has there.
    package var types: [ExactString: String] = [:]
    /// The table there knows few types and takes their values alone.
    package var isStrict = false

    package init(table: String, columns: [Column], indexes: [TableIndex] = [], rootLinks: RootLinks? = nil) {
        self.table = table
        self.columns = columns
        self.indexes = indexes
        self.rootLinks = rootLinks
    }

    /// The same change with a column that may be null, and nothing to be filled.
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

/// How rows of a nested table find their root row: where the parent's rows are the root's, by the key of the parent; else by what the
/// parent knows of it.
package struct RootLinks: Sendable, Equatable {
    /// The column to fill.
    package let column: String
    /// The column that has the parent's row key.
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

/// A root table and those nested in it, as far as they are written: a parent before its children.
package struct TableChain: Sendable, Equatable {
    package let tables: [WrittenTable]

    package init(_ tables: [WrittenTable]) { self.tables = tables }
}

package struct WrittenTable: Sendable, Equatable {
    package let name: String
    /// Its place in the schema. Tables are written in this order, whichever chain they are of.
    package let place: Int
    /// Every column that a row may have.
    package let columns: [Column]
    /// Those of a table that is made to take its place.
    package let indexes: [TableIndex]
    /// Those with rows.
    package let jobs: [Manifest.Job]

    package init(name: String, place: Int, columns: [Column], indexes: [TableIndex] = [], jobs: [Manifest.Job]) {
        self.name = name
        self.place = place
        self.columns = columns
        self.indexes = indexes
        self.jobs = jobs
    }
}
