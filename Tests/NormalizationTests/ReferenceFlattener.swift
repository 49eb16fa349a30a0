import Identifiers
import JSONText

/// The relational normalizer said a second time, as plainly as possible and without types: what the engine is compared
/// with. It works on values in memory.
struct ReferenceFlattener {
    let naming: Naming
    let maximumNesting: Int

    struct Row {
        let table: String
        /// Columns in order of assignment, nulls included, without those that the normalizer adds.
        var cells: [(column: String, value: JSONValue)] = []
        /// Place of the parent's row among all rows, and place in the parent's list; nil for a root.
        var link: (parent: Int, index: Int)?
    }

    private(set) var rows: [Row] = []
    /// Columns by table whose first value was an object or a list: they keep every later one whole.
    private var keepers: Set<String> = []
    private var seen: Set<String> = []

    init(naming: Naming, maximumNesting: Int = 1000) {
        self.naming = naming
        self.maximumNesting = maximumNesting
    }

    mutating func add(_ item: JSONValue, to table: String) {
        addRow(item, [table], link: nil, level: maximumNesting)
    }

    private mutating func addRow(
        _ item: JSONValue, _ fragments: [String], link: (parent: Int, index: Int)?, level: Int
    ) {
        let table = naming.shortenFragments(fragments)
        // A list under a blank key leads back to the root table, whose rows have no parent.
        var row = Row(table: table, link: table == fragments[0] ? nil : link)
        func isUnpacked(_ column: String, _ level: Int) -> Bool {
            level > 0 && !keepers.contains("\(table)\u{0}\(column)")
        }
        var lists: [(path: [String], items: [JSONValue])] = []
        func assign(_ column: String, _ value: JSONValue) {
            if let known = row.cells.firstIndex(where: { $0.column == column }) {
                row.cells[known].value = value
            } else {
                row.cells.append((column, value))
            }
        }
        func remember(_ path: [String], _ items: [JSONValue]) {
            if let known = lists.firstIndex(where: { $0.path == path }) {
                lists[known].items = items
            } else {
                lists.append((path, items))
            }
        }

        var stack: [(object: JSONObject, path: [String], level: Int)] = []
        switch item {
        case .object(let object): stack.append((object, [], level))
        case .array(let items) where isUnpacked(link == nil ? "value" : "list", level):
            remember([link == nil ? "value" : "list"], items)
        default: assign(isList(item) && link != nil ? "list" : "value", item)
        }
        while let (object, path, level) = stack.popLast() {
            for (key, value) in object.members {
                var part = naming.normalizePath(key)
                if part.isEmpty { part = "_empty" }
                let column = path.isEmpty ? part : naming.shortenFragments(path + [part])
                switch value {
                case .object(let inner) where isUnpacked(column, level): stack.append((inner, path + [part], level - 1))
                case .array(let items) where isUnpacked(column, level):
                    remember(path + [naming.normalizeTablesPath(key)], items)
                default: assign(column, value)
                }
            }
        }
        for (column, value) in row.cells where !value.isNull && seen.insert("\(table)\u{0}\(column)").inserted {
            switch value {
            case .object, .array: keepers.insert("\(table)\u{0}\(column)")
            default: break
            }
        }
        rows.append(row)
        let parent = rows.count - 1
        for list in lists {
            for (index, element) in list.items.enumerated() {
                addRow(
                    element, fragments + list.path, link: (parent, index),
                    level: isList(element) ? level - 2 : level - 1)
            }
        }
    }

    private func isList(_ value: JSONValue) -> Bool { if case .array = value { true } else { false } }
}
