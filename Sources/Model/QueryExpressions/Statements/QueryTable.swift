/// The tables of a dataset, as queries see them.
package struct QueryTables: Sendable {
    package let all: [QueryTable]
    package let loads: LoadsTable?

    package init(_ all: [QueryTable], loads: LoadsTable?) {
        self.all = all
        self.loads = loads
    }

    /// dlt's table of loads, and the columns of it.
    package struct LoadsTable: Sendable {
        package let name: String
        package let loadID: String
        package let status: String
        package let insertedAt: String

        package init(name: String, loadID: String, status: String, insertedAt: String) {
            self.name = name
            self.loadID = loadID
            self.status = status
            self.insertedAt = insertedAt
        }
    }

    package subscript(name: String) -> QueryTable? {
        all.first { $0.name == name } ?? all.first { $0.name.lowercased() == name.lowercased() }
    }

    /// The table itself and those above it, nearest first.
    package func ancestry(of table: QueryTable) -> [QueryTable] {
        var chain = [table]
        while let parent = chain[chain.count - 1].parent, let above = self[parent], chain.count <= all.count {
            chain.append(above)
        }
        return chain
    }

    /// The tables below, a parent before its children.
    package func descendants(of table: QueryTable) -> [QueryTable] {
        var found: [QueryTable] = []
        var open = [table]
        while found.count <= all.count, let next = open.popLast() {
            let children = all.filter { $0.parent == next.name }
            found += children
            open += children
        }
        return found
    }

    /// The table that a name means: its own, or that of a path below a table, `lines` of `orders`.
    func table(_ parts: [String], near base: QueryTable) -> QueryTable? {
        let path = parts.joined(separator: "__")
        return self["\(base.name)__\(path)"] ?? self[path]
    }
}

package struct QueryTable: Sendable {
    package struct Column: Sendable {
        package let name: String
        package let type: QueryType
        /// dlt's own.
        package let isSystem: Bool

        package init(name: String, type: QueryType, isSystem: Bool) {
            self.name = name
            self.type = type
            self.isSystem = isSystem
        }
    }

    /// A reference that the schema declares.
    package struct Reference: Sendable {
        package let columns: [String]
        package let table: String
        package let tableColumns: [String]

        package init(columns: [String], table: String, tableColumns: [String]) {
            self.columns = columns
            self.table = table
            self.tableColumns = tableColumns
        }
    }

    /// dlt's columns that link rows; nil where the table has none.
    package struct Keys: Sendable {
        package var row: String?
        package var parent: String?
        package var load: String?
        package var index: String?

        package init() {}
    }

    package let name: String
    package let parent: String?
    package let columns: [Column]
    package let keys: Keys
    package let references: [Reference]

    package init(
        name: String, parent: String?, columns: [Column], keys: Keys, references: [Reference] = []
    ) {
        self.name = name
        self.parent = parent
        self.columns = columns
        self.keys = keys
        self.references = references
    }

    func relation(alias: String? = nil, names: [String] = []) -> Scope.Relation {
        let alias = alias ?? name
        return Scope.Relation(
            alias: alias, names: [name] + names,
            columns: columns.map { ScopedColumn(relation: alias, name: $0.name, type: $0.type) })
    }
}
