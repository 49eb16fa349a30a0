/// What is known of the children of each row, put together: `count(lines)`, `sum(lines.price)`, `list(lines.sku)`, or `lines` as JSON.
struct ChildrenTable {
    enum Summary: String {
        case count, sum, avg, min, max, list
        /// A list of whole rows.
        case rows
    }

    let alias: String
    let name: String
    let summary: Summary
    /// The child, the tables between, and the base.
    let chain: [QueryTable]
    /// nil where rows are counted, or whole.
    let column: QueryTable.Column?
    let type: QueryType

    init(
        _ named: NamedSyntax, of base: QueryTable, in tables: QueryTables, number: Int
    ) throws(QueryTextError) {
        let syntax = named.expression
        var parts: [String]
        switch syntax.kind {
        case .name(let name): (summary, parts) = (.rows, name)
        case .call(let function, let arguments, isDistinct: false):
            guard let summary = Summary(rawValue: function), summary != .rows else {
                throw QueryTextError(
                    syntax.place, "there is no \(function)() of children",
                    hint: "there are count, sum, avg, min, max and list, for example count(lines)")
            }
            guard arguments.count == 1, case .name(let name) = arguments[0].kind else {
                throw QueryTextError(syntax.place, "a table of children is expected, or a column of one")
            }
            (self.summary, parts) = (summary, name)
        default: throw QueryTextError(syntax.place, "a table of children is expected", hint: "for example count(lines)")
        }
        let path = parts
        var column: String?
        var found = tables.table(parts, near: base)
        if found == nil || !tables.ancestry(of: found ?? base).dropFirst().contains(where: { $0.name == base.name }),
            parts.count > 1
        {
            column = parts.removeLast()
            found = tables.table(parts, near: base)
        }
        let below = tables.descendants(of: base)
        guard let child = found, below.contains(where: { $0.name == child.name }) else {
            let names = below.map(\.name)
            let near = Scope.nearest(parts.joined(separator: "__"), in: names)
            throw QueryTextError(
                syntax.place, "\(base.name) has no children of that name",
                hint: near.map { "did you mean \($0)?" }
                    ?? (names.isEmpty ? nil : "its children are \(names.joined(separator: ", "))"))
        }
        let all = tables.ancestry(of: child)
        let end = all.firstIndex { $0.name == base.name } ?? all.count - 1
        chain = Array(all[...end])
        for (lower, upper) in zip(chain, chain.dropFirst()) where lower.keys.parent == nil || upper.keys.row == nil {
            throw QueryTextError(syntax.place, "the rows of \(lower.name) do not say which row they belong to")
        }
        if let column {
            guard let known = child.columns.first(where: { $0.name == column }) else {
                throw QueryTextError(
                    syntax.place, "\"\(column)\" is not a column of \(child.name)",
                    hint: Scope.nearest(column, in: child.columns.map(\.name)).map { "did you mean \($0)?" })
            }
            self.column = known
        } else if summary == .list || summary == .rows || summary == .count {
            self.column = nil
        } else {
            throw QueryTextError(
                syntax.place, "\(summary.rawValue)() takes a column",
                hint: "for example \(summary.rawValue)(lines.price)")
        }
        switch summary {
        case .count: type = .bigint
        case .sum, .avg:
            guard let known = self.column, known.type.isNumber else {
                throw QueryTextError(syntax.place, "\(summary.rawValue)() takes a column of numbers")
            }
            type = summary == .avg ? .double : known.type == .wei ? .decimal : known.type
        case .min, .max: type = self.column?.type ?? .text
        case .list, .rows: type = .json
        }
        alias = "children_\(number)"
        let words = summary == .rows ? path : [summary.rawValue] + path
        name = named.name ?? words.joined(separator: "_")
    }

    var relation: Scope.Relation {
        Scope.Relation(
            alias: alias, names: [name], columns: [ScopedColumn(relation: alias, name: name, type: type)])
    }

    var result: Expression {
        Expression(kind: .column(relation.columns[0]), type: type, place: 0)
    }

    // MARK: SQL

    /// A derived table of the base's row keys and the value, and the row key's column.
    func sql(_ dialect: any QueryDialect) -> (table: String, key: String) {
        func quoted(_ relation: String, _ column: String?) -> String {
            dialect.quote(relation) + "." + dialect.quote(column ?? "")
        }
        let base = chain[chain.count - 1]
        let child = chain[0]
        var from = "\(dialect.table(base.name)) AS \(dialect.quote("above"))"
        var above = "above"
        for (place, table) in chain.dropLast().enumerated().reversed() {
            let upper = chain[place + 1]
            let alias = place == 0 ? "below" : "between_\(place)"
            from +=
                " LEFT JOIN \(dialect.table(table.name)) AS \(dialect.quote(alias)) ON "
                + "\(quoted(alias, table.keys.parent)) = \(quoted(above, upper.keys.row))"
            above = alias
        }
        let key = quoted("above", base.keys.row)
        let value = column.map { Operand(sql: quoted("below", $0.name), type: $0.type, isPlain: true) }
        let printed: String
        switch summary {
        case .count: printed = "count(\(value?.sql ?? quoted("below", child.keys.parent)))"
        case .sum: printed = dialect.sum(value ?? Operand(sql: "NULL", type: .null), isDistinct: false)
        case .avg: printed = dialect.average(value ?? Operand(sql: "NULL", type: .null), isDistinct: false)
        case .min: printed = dialect.extreme(false, value ?? Operand(sql: "NULL", type: .null))
        case .max: printed = dialect.extreme(true, value ?? Operand(sql: "NULL", type: .null))
        case .list, .rows: return list(dialect, from, key, value)
        }
        let table =
            "SELECT \(key) AS \(dialect.quote("key")), \(printed) AS \(dialect.quote(name)) FROM \(from) GROUP BY \(key)"
        return ("(\(table))", "key")
    }

    /// The rows are put in order below, since not every database has an order inside aggregates.
    private func list(
        _ dialect: any QueryDialect, _ from: String, _ key: String, _ value: Operand?
    ) -> (table: String, key: String) {
        let child = chain[0]
        func quoted(_ column: String) -> String { dialect.quote("below") + "." + dialect.quote(column) }
        let element: Operand
        if let value {
            element = Operand(sql: dialect.jsonElement(value), type: .json)
        } else {
            let members = child.columns.filter { !$0.isSystem && $0.type != .binary }.prefix(45).map { column in
                let operand = Operand(sql: quoted(column.name), type: column.type, isPlain: true)
                return (column.name, dialect.jsonElement(operand))
            }
            element = Operand(sql: dialect.jsonObject(Array(members)), type: .json)
        }
        var order: [String] = []
        for table in chain.dropLast().enumerated().reversed() {
            let alias = table.offset == 0 ? "below" : "between_\(table.offset)"
            if let index = table.element.keys.index { order.append(dialect.quote(alias) + "." + dialect.quote(index)) }
        }
        if order.isEmpty { order = [key] }
        let names = ("key", "value", "place", "there")
        let place = "row_number() OVER (ORDER BY \(order.joined(separator: ", ")))"
        let there = "\(quoted(child.keys.parent ?? "")) IS NOT NULL"
        let inner = """
            SELECT \(key) AS \(dialect.quote(names.0)), \(element.sql) AS \(dialect.quote(names.1)), \
            \(place) AS \(dialect.quote(names.2)), \(there) AS \(dialect.quote(names.3)) FROM \(from) ORDER BY 3
            """
        let list = dialect.list(
            Operand(sql: dialect.quote(names.1), type: .json), orderedBy: dialect.quote(names.2),
            where: dialect.quote(names.3))
        let table = """
            SELECT \(dialect.quote(names.0)), coalesce(\(list), \(dialect.emptyList)) \
            AS \(dialect.quote(name)) FROM (\(inner)) AS \(dialect.quote("rows")) GROUP BY 1
            """
        return ("(\(table))", names.0)
    }
}
