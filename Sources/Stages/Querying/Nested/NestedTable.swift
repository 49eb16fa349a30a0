import DatasetReaders
import Identifiers
import JSONText
import QueryExpressions
import Schemas

/// A table of records that are put back together, with the place of each column and child in the record.
final class NestedTable {
    /// A key of the record, and what may stand under it.
    final class Node {
        let key: String
        /// Places of the columns that may hold its value: the column itself, then its variants. One of them does, at most.
        var values: [Int] = []
        /// The table of the list's elements, by its place in the plan.
        var list: Int?
        var members: [Node] = []

        init(_ key: String) { self.key = key }

        func member(_ path: ArraySlice<String>) -> Node {
            guard let key = path.first else { return self }
            let next: Node
            if let known = members.first(where: { $0.key == key }) {
                next = known
            } else {
                next = Node(key)
                members.append(next)
            }
            return next.member(path.dropFirst())
        }
    }

    struct Column {
        let name: String
        let type: QueryType
    }

    let name: String
    let keys: QueryTable.Keys
    /// Those that hold data.
    let columns: [Column]
    let shape: Node
    /// The place of the table above in the plan; nil for the first.
    let parent: Int?

    init(_ table: DatasetTable, columns: [Column], shape: Node, parent: Int?) {
        name = table.name
        keys = table.keys
        self.columns = columns
        self.shape = shape
        self.parent = parent
    }
}

/// A table and all below it, a parent before its children.
struct NestedPlan {
    let tables: [NestedTable]

    init(_ top: DatasetTable, in catalog: DatasetCatalog) {
        let separator = NestedPlan.separator(of: top, in: catalog)
        var tables: [NestedTable] = []
        var open: [(table: DatasetTable, parent: Int?)] = [(top, nil)]
        while let (table, parent) = open.popLast() {
            let made = NestedPlan.nested(table, parent: parent, separator)
            if let parent {
                let above = tables[parent]
                // Rows that do not say where they belong stay where they are.
                guard made.keys.parent != nil, above.keys.row != nil else { continue }
                var path = NestedPlan.path(table.name, separator)
                let start = above.name + separator
                if table.name.hasPrefix(start) {
                    path = NestedPlan.path(String(table.name.dropFirst(start.count)), separator)
                }
                above.shape.member(path[...]).list = tables.count
            }
            let place = tables.count
            tables.append(made)
            for child in catalog.children(of: table.name).reversed() { open.append((child, place)) }
        }
        self.tables = tables
    }

    private static func separator(of table: DatasetTable, in catalog: DatasetCatalog) -> String {
        let schema = catalog.schemas.first { $0[table: table.name] != nil }
        let names = schema?.normalizers["names"]?.stringValue
        return names.flatMap { NamingConvention(rawValue: $0)?.separator } ?? "__"
    }

    /// A name at its separators, or whole, where a part would be empty.
    private static func path(_ name: String, _ separator: String) -> [String] {
        let parts = name.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
        return parts.contains("") ? [name] : parts
    }

    private static func nested(_ table: DatasetTable, parent: Int?, _ separator: String) -> NestedTable {
        var columns: [NestedTable.Column] = []
        let shape = NestedTable.Node("")
        for column in table.columns where !table.isSystem(column) {
            let place = columns.count
            let type = column.type ?? StoredTypes.type(of: column.storedType)
            columns.append(.init(name: column.name, type: QueryType(type)))
            var name = column.name
            let mark = separator + "v_"
            // `a__v_text` holds what did not fit into `a`.
            if column.definition?.has("variant") == true, let end = name.ranges(of: mark).last?.lowerBound {
                name = String(name[..<end])
            }
            shape.member(path(name, separator)[...]).values.append(place)
        }
        return NestedTable(table, columns: columns, shape: shape, parent: parent)
    }
}
