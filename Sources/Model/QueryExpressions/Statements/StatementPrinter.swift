extension PortableQuery {
    /// The query in the words of one database.
    package func statement(_ dialect: any QueryDialect) throws(QueryTextFailure) -> PortableStatement {
        do throws(QueryTextError) { return try StatementPrinter(query: self, dialect: dialect).statement() } catch {
            throw error.failure(in: "--loads", request.loads ?? "")
        }
    }
}

struct StatementPrinter {
    let query: PortableQuery
    let dialect: any QueryDialect

    private var printer: ExpressionPrinter { ExpressionPrinter(dialect: dialect) }

    func statement() throws(QueryTextError) -> PortableStatement {
        var conditions = try conditions()
        if let sample = sampling(conditions) { conditions.append(sample) }
        let items = query.items.map { "\(printer.print($0.expression)) AS \(dialect.quote($0.name))" }
        var sql = "SELECT \(query.isDistinct ? "DISTINCT " : "")\(items.joined(separator: ", "))\nFROM \(from())"
        sql += clause("WHERE", conditions, " AND ")
        sql += clause("GROUP BY", query.groups.isEmpty ? [] : groupPlaces(), ", ")
        if query.isDistinct, !query.order.isEmpty {
            let rows = dialect.quote("rows")
            let all = query.items.map { rows + "." + dialect.quote($0.name) }.joined(separator: ", ")
            sql = "SELECT \(all)\nFROM (\(sql)) AS \(rows)"
            sql += clause("ORDER BY", query.order.map { order($0, of: rows) }, ", ")
        } else if !query.order.isEmpty {
            sql += clause("ORDER BY", query.order.map { order($0, of: nil) }, ", ")
        } else if query.request.sample != nil, query.table.keys.row == nil {
            sql += "\nORDER BY random()"
        }
        let limit = [query.request.limit, query.table.keys.row == nil ? query.request.sample : nil].compactMap { $0 }
        if let limit = limit.min() { sql += "\nLIMIT \(limit)" }
        if let offset = query.request.offset, offset > 0 {
            // SQLite has no OFFSET without a LIMIT.
            if limit.isEmpty { sql += "\nLIMIT \(Int64.max)" }
            sql += " OFFSET \(offset)"
        }
        if query.request.isCount {
            sql = "SELECT count(*) AS \(dialect.quote("count")) FROM (\n\(sql)\n) AS \(dialect.quote("counted"))"
            return PortableStatement(sql: sql, columns: [.init(name: "count", type: .bigint)])
        }
        return PortableStatement(
            sql: sql, columns: query.items.map { .init(name: $0.name, type: $0.expression.type) })
    }

    private func clause(_ word: String, _ parts: [String], _ separator: String) -> String {
        parts.isEmpty ? "" : "\n\(word) \(parts.joined(separator: separator))"
    }

    /// Groups are the first items: by their places, so that a literal in them is the same one.
    private func groupPlaces() -> [String] { query.groups.indices.map { String($0 + 1) } }

    private func order(_ order: PortableQuery.Order, of rows: String?) -> String {
        let operand: Operand
        if let rows, let item = order.item {
            operand = Operand(
                sql: rows + "." + dialect.quote(query.items[item].name), type: order.expression.type,
                isPlain: order.expression.isPlain)
        } else {
            operand = printer.operand(order.expression)
        }
        let key = dialect.orderKey(operand)
        return "\(key)\(order.isDescending ? " DESC" : "") NULLS \(order.nullsFirst ? "FIRST" : "LAST")"
    }

    // MARK: Tables

    /// The tables that something is asked of.
    private var used: Set<String> {
        var used: Set<String> = []
        func note(_ expression: Expression) {
            expression.visit { if case .column(let column) = $0.kind { used.insert(column.relation) } }
        }
        for item in query.items { note(item.expression) }
        for condition in query.conditions { note(condition) }
        for group in query.groups { note(group) }
        for order in query.order { note(order.expression) }
        return used
    }

    private func from() -> String {
        var sql = "\(dialect.table(query.table.name)) AS \(dialect.quote(query.table.name))"
        let used = self.used
        let above = query.links.prefix(query.scope.ancestors)
        // Ancestors hang on each other: up to the last one that is used.
        let last = above.lastIndex { !$0.isOptional || used.contains($0.alias) } ?? -1
        for link in above.prefix(last + 1) + query.links.dropFirst(query.scope.ancestors) {
            let pairs = link.on.map { "\(column($0.1)) = \(column($0.0))" }.joined(separator: " AND ")
            sql += "\nLEFT JOIN \(dialect.table(link.table.name)) AS \(dialect.quote(link.alias)) ON \(pairs)"
        }
        for child in query.children where used.contains(child.alias) {
            let (table, key) = child.sql(dialect)
            let row = dialect.quote(query.table.name) + "." + dialect.quote(query.table.keys.row ?? "")
            sql += "\nLEFT JOIN \(table) AS \(dialect.quote(child.alias)) ON "
            sql += "\(dialect.quote(child.alias)).\(dialect.quote(key)) = \(row)"
        }
        return sql
    }

    private func column(_ column: ScopedColumn) -> String {
        dialect.quote(column.relation) + "." + dialect.quote(column.name)
    }

    // MARK: Conditions

    private func conditions() throws(QueryTextError) -> [String] {
        var conditions = query.conditions.map { printer.print($0) }
        if let loads = query.loads {
            let ids = try loads.ids(query.tables.loads, dialect)
            conditions.append(try loaded(query.tables.ancestry(of: query.table), by: ids))
        }
        return conditions
    }

    /// Only the rows of root tables know their load; others are found by the rows above them. A root key would be shorter, but data may bring
    /// one of its own.
    private func loaded(_ chain: [QueryTable], by ids: String) throws(QueryTextError) -> String {
        func own(_ column: String) -> String { dialect.quote(chain[0].name) + "." + dialect.quote(column) }
        if let load = chain[0].keys.load { return "\(own(load)) IN (\(ids))" }
        guard chain.count > 1, let key = chain[0].keys.parent, let row = chain[1].keys.row else {
            throw QueryTextError(
                0, "the rows of \(chain[0].name) do not say which load brought them", hint: "leave --loads out")
        }
        let above = Array(chain.dropFirst())
        return "\(own(key)) IN (\(rows(of: above, row, try loaded(above, by: ids))))"
    }

    private func rows(of chain: [QueryTable], _ key: String, _ condition: String) -> String {
        let name = dialect.quote(chain[0].name)
        return "SELECT \(name).\(dialect.quote(key)) FROM \(dialect.table(chain[0].name)) AS \(name) WHERE \(condition)"
    }

    private func sampling(_ conditions: [String]) -> String? {
        guard let sample = query.request.sample, let row = query.table.keys.row else { return nil }
        let key = dialect.quote(query.table.name) + "." + dialect.quote(row)
        let order = dialect.shuffle(key, seed: query.request.seed ?? "")
        // A table of its own, since a limit inside IN is not everywhere.
        var rows = "SELECT \(key) AS \(dialect.quote("key")) FROM \(from())"
        rows += clause("WHERE", conditions, " AND ")
        rows += "\nORDER BY \(order) LIMIT \(sample)"
        return "\(key) IN (SELECT \(dialect.quote("key")) FROM (\(rows)) AS \(dialect.quote("sample")))"
    }
}
