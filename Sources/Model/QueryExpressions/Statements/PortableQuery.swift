/// A request checked against the tables of a dataset. What it means is decided here; only the spelling is each database's.
package struct PortableQuery {
    struct Item {
        let name: String
        let expression: Expression
    }

    struct Order {
        let expression: Expression
        let isDescending: Bool
        let nullsFirst: Bool
        /// The result column that it names.
        var item: Int?
    }

    /// A table that is joined: always by LEFT JOIN, so that no row goes.
    struct Link {
        let alias: String
        let table: QueryTable
        /// Columns of the first are equal to those of the second.
        let on: [(ScopedColumn, ScopedColumn)]
        /// Joined only where something of it is asked for.
        let isOptional: Bool
    }

    let request: QueryRequest
    package let tables: QueryTables
    package let table: QueryTable
    private(set) var links: [Link] = []
    private(set) var children: [ChildrenTable] = []
    private(set) var scope: Scope
    private(set) var items: [Item] = []
    private(set) var conditions: [Expression] = []
    private(set) var groups: [Expression] = []
    private(set) var order: [Order] = []
    private(set) var isDistinct = false
    private(set) var loads: LoadChoice?

    package init(_ request: QueryRequest, _ tables: QueryTables) throws(QueryTextFailure) {
        self.request = request
        self.tables = tables
        guard let table = tables[request.table] else {
            let near = Scope.nearest(request.table, in: tables.all.map(\.name))
            throw QueryTextError(
                0, "there is no table of that name",
                hint: near.map { "did you mean \($0)?" }
                    ?? "the tables are \(tables.all.prefix(12).map(\.name).joined(separator: ", "))"
            ).failure(in: "TABLE", request.table)
        }
        self.table = table
        scope = Scope(relations: [table.relation()], parameters: request.parameters)
        try linkAncestors()
        for join in request.joins {
            try inOption("--join", join) { query throws(QueryTextError) in try query.link(join) }
        }
        for text in request.children {
            try inOption("--with-children", text) { query throws(QueryTextError) in try query.addChildren(text) }
        }
        for text in request.conditions {
            try inOption("--where", text) { query throws(QueryTextError) in
                query.conditions.append(try Checker(query.scope).condition(Parser.expression(text)))
            }
        }
        if let (column, value) = request.row {
            let name = column.joined(separator: ".")
            try inOption("--row", "\(name)=\(value)") { query throws(QueryTextError) in
                let sides = (
                    Syntax(kind: .name(column), place: 0), Syntax(kind: .string(value), place: name.count + 1)
                )
                let equality = Syntax(kind: .binary(.equal, sides.0, sides.1), place: 0)
                query.conditions.append(try Checker(query.scope).condition(equality))
            }
        }
        if let text = request.loads {
            try inOption("--loads", text) { query throws(QueryTextError) in query.loads = try LoadChoice(text) }
        }
        try chooseItems()
        if let text = request.order {
            try inOption("--order", text) { query throws(QueryTextError) in try query.orderBy(text) }
        }
        try checkSample()
    }

    /// Rows without a key are drawn by the LIMIT of a query in random order, which allows for nothing else.
    private func checkSample() throws(QueryTextFailure) {
        guard let sample = request.sample, table.keys.row == nil else { return }
        let others = [
            ("--seed", request.seed != nil), ("--order", !order.isEmpty), ("aggregates", isAggregated),
            ("DISTINCT", isDistinct),
        ]
        guard let other = others.first(where: \.1)?.0 else { return }
        throw QueryTextError(
            0, "the rows of \(table.name) have no key to draw them by, which --sample with \(other) needs",
            hint: "leave \(other) out, or draw them in SQL"
        ).failure(in: "--sample", String(sample))
    }

    private mutating func inOption(
        _ option: String, _ text: String, _ body: (inout PortableQuery) throws(QueryTextError) -> Void
    ) throws(QueryTextFailure) {
        do throws(QueryTextError) { try body(&self) } catch { throw error.failure(in: option, text) }
    }

    // MARK: Tables

    private mutating func linkAncestors() throws(QueryTextFailure) {
        let chain = tables.ancestry(of: table)
        for (child, parent) in zip(chain, chain.dropFirst()) {
            guard let key = child.keys.parent, let row = parent.keys.row else { break }
            let pair = (
                ScopedColumn(relation: child.name, name: key, type: .text),
                ScopedColumn(relation: parent.name, name: row, type: .text)
            )
            links.append(Link(alias: parent.name, table: parent, on: [pair], isOptional: true))
            scope.relations.append(parent.relation())
            scope.ancestors += 1
        }
    }

    /// `customers`, `customers:customer_id`
    private mutating func link(_ text: String) throws(QueryTextError) {
        let parts = text.split(separator: ":", maxSplits: 1).map { String($0).trimmed }
        guard let name = parts.first, let other = tables.table([name], near: table) else {
            let near = Scope.nearest(parts.first ?? "", in: tables.all.map(\.name))
            throw QueryTextError(0, "there is no such table", hint: near.map { "did you mean \($0)?" })
        }
        if let place = links.firstIndex(where: { $0.alias == other.name && $0.isOptional }), parts.count == 1 {
            let link = links[place]
            links[place] = Link(alias: link.alias, table: link.table, on: link.on, isOptional: false)
            joined.append(other.name)
            return
        }
        var alias = other.name
        var number = 1
        while scope.relations.contains(where: { $0.alias == alias }) {
            number += 1
            alias = "\(other.name)_\(number)"
        }
        var choices = joinChoices(other, alias)
        if parts.count > 1 { choices = choices.filter { $0.label == parts[1] } }
        guard !choices.isEmpty else {
            let all = joinChoices(other, alias).map(\.label)
            guard !all.isEmpty else {
                throw QueryTextError(
                    0, "nothing links \(table.name) and \(other.name)",
                    hint: "declare a reference in the schema, or join them in SQL")
            }
            throw QueryTextError(
                name.count + 1, "this does not link \(table.name) and \(other.name)",
                hint: "choose \(all.map { "\(name):\($0)" }.joined(separator: " or "))")
        }
        guard choices.count == 1 else {
            let all = choices.map { "--join \(name):\($0.label)" }.joined(separator: " or ")
            throw QueryTextError(0, "several references link \(table.name) and \(other.name)", hint: "choose \(all)")
        }
        links.append(Link(alias: alias, table: other, on: choices[0].on, isOptional: false))
        scope.relations.append(other.relation(alias: alias, names: alias == other.name ? [] : [alias]))
        joined.append(alias)
    }

    /// Aliases of tables whose columns are asked for by `--join`.
    private var joined: [String] = []

    private struct JoinChoice {
        /// The columns that hold the reference.
        let label: String
        let on: [(ScopedColumn, ScopedColumn)]
    }

    private func joinChoices(_ other: QueryTable, _ alias: String) -> [JoinChoice] {
        func column(_ relation: String, _ name: String, _ table: QueryTable) -> ScopedColumn {
            let type = table.columns.first { $0.name == name }?.type ?? .text
            return ScopedColumn(relation: relation, name: name, type: type)
        }
        var choices: [JoinChoice] = []
        for reference in table.references where reference.table == other.name {
            let pairs = zip(reference.columns, reference.tableColumns)
            choices.append(
                JoinChoice(
                    label: reference.columns.joined(separator: "+"),
                    on: pairs.map { (column(table.name, $0, table), column(alias, $1, other)) }))
        }
        for reference in other.references where reference.table == table.name {
            let pairs = zip(reference.columns, reference.tableColumns)
            choices.append(
                JoinChoice(
                    label: reference.columns.joined(separator: "+"),
                    on: pairs.map { (column(table.name, $1, table), column(alias, $0, other)) }))
        }
        if choices.isEmpty, other.parent == table.name, let key = other.keys.parent, let row = table.keys.row {
            choices.append(
                JoinChoice(label: key, on: [(column(table.name, row, table), column(alias, key, other))]))
        }
        return choices
    }

    private mutating func addChildren(_ text: String) throws(QueryTextError) {
        for named in try Parser.list(text).items {
            let child = try ChildrenTable(named, of: table, in: tables, number: children.count + 1)
            children.append(child)
            scope.relations.append(child.relation)
        }
    }

    // MARK: Columns

    private mutating func chooseItems() throws(QueryTextFailure) {
        if request.groupBy != nil || request.aggregates != nil {
            if let text = request.select {
                throw QueryTextError(
                    0, "--select and --group-by or --agg choose the columns in two ways",
                    hint: "with --group-by, the columns are those of --group-by and --agg"
                ).failure(in: "--select", text)
            }
            if let text = request.groupBy {
                try inOption("--group-by", text) { query throws(QueryTextError) in
                    for named in try Parser.list(text).items {
                        let expression = try Checker(query.scope).check(named.expression)
                        query.groups.append(expression)
                        query.add(expression, named)
                    }
                }
            }
            let text = request.aggregates ?? "count(*)"
            try inOption("--agg", text) { query throws(QueryTextError) in
                for named in try Parser.list(text).items {
                    let expression = try Checker(query.scope, allowsAggregates: true).check(named.expression)
                    guard expression.hasAggregate else {
                        throw QueryTextError(
                            named.expression.place, "this is about each row, and not about many",
                            hint: "aggregate it, for example max(…), or move it to --group-by")
                    }
                    try query.checkGrouping(expression)
                    query.add(expression, named)
                }
            }
        } else if let names = request.columns {
            for name in names {
                guard let column = scope.base.columns.first(where: { $0.name == name }) else { continue }
                add(Expression(kind: .column(column), type: column.type, place: 0), name: name)
            }
        } else if let text = request.select {
            try inOption("--select", text) { query throws(QueryTextError) in try query.select(text) }
        } else {
            addAll(of: nil)
        }
        if request.groupBy == nil, request.aggregates == nil {
            if let text = request.parents {
                try inOption("--with-parents", text) { query throws(QueryTextError) in try query.addParents(text) }
            }
            for child in children { add(child.result, name: child.name) }
            for alias in joined where request.select == nil { addAll(of: alias) }
        }
    }

    private mutating func select(_ text: String) throws(QueryTextError) {
        let list = try Parser.list(text)
        isDistinct = list.isDistinct
        for named in list.items {
            if case .all(let name) = named.expression.kind {
                guard let name else {
                    addAll(of: nil)
                    continue
                }
                guard let relation = scope.relation(called: name) else {
                    throw QueryTextError(named.expression.place, "\"\(name)\" is not a table of the query")
                }
                addAll(of: relation.alias)
                continue
            }
            add(try Checker(scope, allowsAggregates: true).check(named.expression), named)
        }
        if items.contains(where: \.expression.hasAggregate) {
            for item in items { try checkGrouping(item.expression) }
        }
    }

    /// Outside aggregates stands only what is a group, or is made of groups.
    private func checkGrouping(_ expression: Expression) throws(QueryTextError) {
        if expression.isAggregate || groups.contains(where: { isSame($0, expression) }) { return }
        guard case .column(let column) = expression.kind else {
            for part in expression.parts { try checkGrouping(part) }
            return
        }
        throw QueryTextError(
            expression.place, "\(column.name) has one value for each row, and the rows are put together",
            hint: "aggregate it, for example max(\(column.name)), or add --group-by \(column.name)")
    }

    /// What is written the same in one database is so in all.
    private func isSame(_ left: Expression, _ right: Expression) -> Bool {
        let printer = ExpressionPrinter(dialect: PostgreSQLQueryDialect { $0 })
        return printer.print(left) == printer.print(right)
    }

    private mutating func addAll(of alias: String?) {
        let relation = alias.flatMap { alias in scope.relations.first { $0.alias == alias } } ?? scope.base
        let linked = links.first { $0.alias == alias }?.table ?? table
        for column in relation.columns {
            let isSystem = linked.columns.first { $0.name == column.name }?.isSystem ?? false
            if isSystem, request.leavesOutSystemColumns { continue }
            let name = alias == nil ? column.name : "\(relation.alias)__\(column.name)"
            add(Expression(kind: .column(column), type: column.type, place: 0), name: name)
        }
    }

    private mutating func addParents(_ text: String) throws(QueryTextError) {
        guard scope.ancestors > 0 else {
            throw QueryTextError(0, "\(table.name) has no parent", hint: "leave --with-parents out")
        }
        var above = scope
        above.relations.removeFirst()
        above.ancestors -= 1
        above.relations = Array(above.relations.prefix(scope.ancestors))
        for named in try Parser.list(text).items {
            let expression = try Checker(above).check(named.expression)
            guard case .column(let column) = expression.kind else {
                throw QueryTextError(named.expression.place, "a column of a parent is expected")
            }
            let isTaken = items.contains { $0.name == column.name }
            add(expression, name: named.name ?? (isTaken ? "\(column.relation)__\(column.name)" : column.name))
        }
    }

    private mutating func add(_ expression: Expression, _ named: NamedSyntax) {
        add(expression, name: named.name ?? PortableQuery.name(of: expression, named, items.count + 1))
    }

    /// Result columns have names of their own.
    private mutating func add(_ expression: Expression, name: String) {
        var unique = name
        var number = 1
        while items.contains(where: { $0.name == unique }) {
            number += 1
            unique = "\(name)_\(number)"
        }
        items.append(Item(name: unique, expression: expression))
    }

    /// The name of a column that has no AS: `city`, `count`, `sum_price`, `month_created_at`.
    private static func name(of expression: Expression, _ named: NamedSyntax, _ number: Int) -> String {
        switch expression.kind {
        case .column(let column): return column.name
        case .member(_, .member(let key), _): return key
        case .call(let function, let arguments, _):
            guard let last = arguments.last(where: { if case .column = $0.kind { true } else { false } }),
                case .column(let column) = last.kind
            else { return function.rawValue }
            if case .literal(.text(let unit))? = arguments.first?.kind { return "\(unit)_\(column.name)" }
            return "\(function.rawValue)_\(column.name)"
        case .cast(let inner): return name(of: inner, named, number)
        default: return "column_\(number)"
        }
    }

    // MARK: Order

    private mutating func orderBy(_ text: String) throws(QueryTextError) {
        let isGrouped = isAggregated
        for key in try Parser.order(text) {
            var order: Order?
            func made(_ expression: Expression, _ item: Int?) -> Order {
                Order(
                    expression: expression, isDescending: key.isDescending, nullsFirst: key.nullsFirst ?? false,
                    item: item)
            }
            switch key.expression.kind {
            case .name(let parts) where parts.count == 1:
                if let place = items.firstIndex(where: { $0.name == parts[0] }) {
                    order = made(items[place].expression, place)
                }
            case .number(let digits, isInteger: true):
                guard let place = Int(digits), items.indices.contains(place - 1) else {
                    throw QueryTextError(key.expression.place, "there is no column \(digits)")
                }
                order = made(items[place - 1].expression, place - 1)
            default: break
            }
            let found: Order
            if let order {
                found = order
            } else {
                let checked = try Checker(scope, allowsAggregates: isGrouped).check(key.expression)
                if isGrouped { try checkGrouping(checked) }
                found = made(checked, nil)
            }
            if found.expression.type == .json || found.expression.type == .binary {
                throw QueryTextError(key.expression.place, "\(found.expression.type.words) has no order")
            }
            if isDistinct, found.item == nil {
                throw QueryTextError(
                    key.expression.place, "with DISTINCT, rows are ordered by what is selected",
                    hint: "add it to --select")
            }
            self.order.append(found)
        }
    }

    var isAggregated: Bool { !groups.isEmpty || items.contains(where: \.expression.hasAggregate) }
}
