package import DatasetReaders
package import QueryExpressions
import Schemas

/// Reads whole records: the rows of a table with all that lies below them, as JSON.
///
/// Without an order of its own, rows come in the order of their keys, and so do those of all tables below by the key of the first table's row: they
/// are merged, and one record is in memory at a time. With an order or a limit, some hundred keys are taken at a time, and the rows below them
/// are asked for.
package final class NestedReader {
    private let session: any ReadingSession
    private let dialect: any QueryDialect
    private let plan: NestedPlan
    private let request: QueryRequest
    private let query: PortableQuery
    private let writer: RecordWriter

    /// Records whose rows are asked for at once.
    private static let chunk = 200

    /// - Parameter request: conditions, loads, order, limit and sample of it count.
    package init(
        _ request: QueryRequest, _ session: any ReadingSession, _ dialect: any QueryDialect, _ catalog: DatasetCatalog
    ) throws(QueryTextFailure) {
        var request = request
        let tables = QueryTables(catalog)
        let table = tables[request.table]
        request.select = table?.keys.row.map { "\"\($0.replacing("\"", with: "\"\""))\"" } ?? "*"
        self.request = request
        self.session = session
        self.dialect = dialect
        let query = try PortableQuery(request, tables)
        self.query = query
        guard let top = catalog.tables.first(where: { $0.name == query.table.name }) else {
            throw QueryTextError(0, "there is no table of that name").failure(in: "TABLE", request.table)
        }
        plan = NestedPlan(top, in: catalog)
        writer = RecordWriter(plan: plan)
    }

    /// The statements, as `--print-sql` shows them.
    package func statements() throws -> [String] {
        guard plan.tables[0].keys.row != nil else { return [try whole()] }
        let selection = try selection()
        return plan.tables.indices.map { merged($0, selection) }
    }

    /// Hands over each record as a JSON object.
    ///
    /// - Parameter body: false ends it.
    package func read(_ body: ([UInt8]) throws -> Bool) throws {
        if plan.tables[0].keys.row == nil { return try readRows(body) }
        if request.order != nil || request.limit != nil || request.sample != nil || request.offset != nil {
            return try readChunks(body)
        }
        try readMerged(body)
    }

    private var emptyRows: [NestedRows] { plan.tables.map { NestedRows(columns: $0.columns.count) } }

    // MARK: SQL

    private func quoted(_ alias: String, _ column: String?) -> String {
        dialect.quote(alias) + "." + dialect.quote(column ?? "")
    }

    private func alias(_ table: Int) -> String { "t\(table)" }

    private func chain(_ table: Int) -> [Int] {
        var chain = [table]
        while let parent = plan.tables[chain[chain.count - 1]].parent { chain.append(parent) }
        return chain
    }

    /// A query's columns: the key of the record, of the row and of the row above; then the values.
    private func select(_ place: Int) -> (sql: String, record: String) {
        let table = plan.tables[place]
        let above = chain(place)
        let own = alias(place)
        var from = "\(dialect.table(table.name)) AS \(dialect.quote(own))"
        var record: String
        if place == 0 {
            record = quoted(own, table.keys.row)
        } else if plan.tables[0].parent == nil, let root = table.keys.root, isRoot {
            record = quoted(own, root)
        } else {
            record = quoted(own, table.keys.parent)
            // The row above says to which row above it belongs, and so on up to the record's own.
            for (lower, upper) in zip(above, above.dropFirst().dropLast()) {
                let row = quoted(alias(upper), plan.tables[upper].keys.row)
                from +=
                    "\nJOIN \(dialect.table(plan.tables[upper].name)) AS \(dialect.quote(alias(upper)))"
                    + " ON \(row) = \(quoted(alias(lower), plan.tables[lower].keys.parent))"
                record = quoted(alias(upper), plan.tables[upper].keys.parent)
            }
        }
        let names =
            [record, quoted(own, table.keys.row), place == 0 ? "NULL" : quoted(own, table.keys.parent)]
            + table.columns.map { quoted(own, $0.name) }
        return ("SELECT \(names.joined(separator: ", "))\nFROM \(from)", record)
    }

    /// The first table is one without a parent, so that root keys are keys of its rows.
    private var isRoot: Bool { query.table.parent == nil }

    private func order(_ place: Int, _ record: String) -> String {
        let keys = [dialect.ordered(record)] + (index(place).map { [$0] } ?? [])
        return "\nORDER BY \(keys.joined(separator: ", "))"
    }

    private func index(_ place: Int) -> String? {
        place == 0 ? nil : plan.tables[place].keys.index.map { quoted(alias(place), $0) }
    }

    /// The keys of the records that are wanted, as a query; nil for all.
    private func selection() throws -> String? {
        guard !request.conditions.isEmpty || request.row != nil || request.loads != nil else { return nil }
        return try query.statement(dialect).sql
    }

    private func merged(_ place: Int, _ selection: String?) -> String {
        let (sql, record) = select(place)
        return sql + (selection.map { "\nWHERE \(record) IN (\($0))" } ?? "") + order(place, record)
    }

    private func whole() throws -> String { try query.statement(dialect).sql }

    private func opened(_ sql: String, _ place: Int) throws -> any QueryRows {
        let types = [.text, .text, .text] + plan.tables[place].columns.map(\.type.dataType)
        return try session.open(Query(sql, types: types))
    }

    // MARK: Whole tables

    /// One table's rows, and the first of them that has not been taken.
    private final class Source {
        let rows: any QueryRows
        private(set) var record: String?

        init(_ rows: any QueryRows) throws {
            self.rows = rows
            try advance()
        }

        func advance() throws { record = try rows.next() ? rows.cell(0).string ?? "" : nil }
    }

    private func readMerged(_ body: ([UInt8]) throws -> Bool) throws {
        let selection = try selection()
        var sources: [Source] = []
        for place in plan.tables.indices {
            sources.append(try Source(try opened(merged(place, selection), place)))
        }
        defer { for source in sources { source.rows.close() } }
        var all = emptyRows
        var output: [UInt8] = []
        while let record = sources[0].record {
            for place in all.indices { all[place].removeAll() }
            all[0].append(sources[0].rows, from: 3, id: record, parent: "")
            for (place, source) in sources.enumerated().dropFirst() {
                // Rows before that belong to no record.
                while let other = source.record, precedes(other, record) { try source.advance() }
                while let other = source.record, isSame(other, record) {
                    take(source.rows, into: &all[place])
                    try source.advance()
                }
            }
            output.removeAll(keepingCapacity: true)
            writer.writeRecord(0, 0, all, to: &output)
            guard try body(output) else { return }
            try sources[0].advance()
        }
    }

    private func take(_ rows: any QueryRows, into all: inout NestedRows) {
        let id = rows.cell(1).string ?? ""
        let parent = rows.cell(2).string ?? ""
        all.append(rows, from: 3, id: id, parent: parent)
    }

    /// By their bytes, as the databases were asked to order them.
    private func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
    private func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    // MARK: Some records

    private func readChunks(_ body: ([UInt8]) throws -> Bool) throws {
        let keys = try session.open(Query(try query.statement(dialect).sql, types: [.text]))
        defer { keys.close() }
        var all = emptyRows
        var output: [UInt8] = []
        var hasMore = true
        while hasMore {
            var chunk: [String] = []
            while chunk.count < NestedReader.chunk, hasMore {
                hasMore = try keys.next()
                if hasMore, let key = keys.cell(0).string { chunk.append(key) }
            }
            for place in all.indices {
                all[place].removeAll()
                if place == 0 {
                    try fill(
                        &all[0], 0, by: dialect.quote(alias(0)) + "." + dialect.quote(query.table.keys.row ?? ""), chunk
                    )
                } else {
                    let parents = all[plan.tables[place].parent ?? 0].ids
                    try fill(&all[place], place, by: quoted(alias(place), plan.tables[place].keys.parent), parents)
                }
            }
            for key in chunk {
                // A row that has gone since is none.
                guard let row = all[0].rows(of: key).first else { continue }
                output.removeAll(keepingCapacity: true)
                writer.writeRecord(0, row, all, to: &output)
                guard try body(output) else { return }
            }
        }
    }

    /// Takes the rows of a table that belong to some rows above; of the first table those with the keys.
    private func fill(_ all: inout NestedRows, _ place: Int, by column: String, _ keys: [String]) throws {
        let table = plan.tables[place]
        let own = alias(place)
        var start = 0
        while start < keys.count {
            let some = keys[start..<min(start + 500, keys.count)]
            start += some.count
            let names =
                [column, quoted(own, table.keys.row), place == 0 ? column : quoted(own, table.keys.parent)]
                + table.columns.map { quoted(own, $0.name) }
            let list = some.map { dialect.quote(text: $0) }.joined(separator: ", ")
            let sql = """
                SELECT \(names.joined(separator: ", "))
                FROM \(dialect.table(table.name)) AS \(dialect.quote(own))
                WHERE \(column) IN (\(list))\(index(place).map { "\nORDER BY \($0)" } ?? "")
                """
            let rows = try opened(sql, place)
            defer { rows.close() }
            while try rows.next() { take(rows, into: &all) }
        }
    }

    // MARK: Tables without keys

    /// Rows that nothing lies below: as they are.
    private func readRows(_ body: ([UInt8]) throws -> Bool) throws {
        let table = plan.tables[0]
        var request = self.request
        request.select = table.columns.map { "\"\($0.name.replacing("\"", with: "\"\""))\"" }.joined(separator: ", ")
        let statement = try PortableQuery(request, query.tables).statement(dialect)
        let rows = try session.open(statement.query)
        defer { rows.close() }
        var all = [NestedRows(columns: table.columns.count)]
        var output: [UInt8] = []
        while try rows.next() {
            all[0].removeAll()
            all[0].append(rows, from: 0, id: "", parent: "")
            output.removeAll(keepingCapacity: true)
            writer.writeRecord(0, 0, all, to: &output)
            guard try body(output) else { return }
        }
    }
}
