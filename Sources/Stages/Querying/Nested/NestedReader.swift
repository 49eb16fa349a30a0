package import DatasetReaders
package import QueryExpressions
import Schemas

/// Reads whole records: the rows of a table with all that lies below them, as JSON.
///
/// Without an order of its own, rows come in the order of their keys, and so do those of all tables below by the key of the first table's row: they
/// are merged, and one record is in memory at a time. With an order or a limit, some hundred rows are taken at a time, and the rows below them
/// are asked for; so it is where keys are not texts. Two versions of a row may have one key (strategy scd2), and then have the rows below in
/// common.
package final class NestedReader {
    private let session: any ReadingSession
    private let dialect: any QueryDialect
    private let plan: NestedPlan
    private let request: QueryRequest
    /// The rows of the first table: their key, the columns besides, and the values.
    private let query: PortableQuery
    /// How many columns are handed over besides.
    private let besides: Int
    private let writer: RecordWriter

    /// Records whose rows are asked for at once.
    private static let chunk = 200

    /// - Parameters:
    ///   - request: conditions, loads, order, limit and sample of it count.
    ///   - besides: columns whose texts are handed over with each record.
    package init(
        _ request: QueryRequest, _ session: any ReadingSession, _ dialect: any QueryDialect, _ catalog: DatasetCatalog,
        besides: [String] = []
    ) throws(QueryTextFailure) {
        let tables = QueryTables(catalog)
        guard let table = tables[request.table], let top = catalog.tables.first(where: { $0.name == table.name })
        else {
            throw QueryTextError(0, "there is no table of that name").failure(in: "TABLE", request.table)
        }
        plan = NestedPlan(top, in: catalog)
        var request = request
        let key = top.keys.row
        request.columns = [key].compactMap { $0 } + besides + plan.tables[0].columns.map(\.name)
        let isAnyOrder =
            request.order == nil && request.limit == nil && request.sample == nil && request.offset == nil
            && request.row == nil
        // Databases order numbers otherwise than the texts of them, which are compared here.
        if let key, isAnyOrder, table.columns.contains(where: { $0.name == key && $0.type == .text }) {
            request.order = QueryRequest.name(key)
            isMerged = true
        } else {
            isMerged = false
        }
        self.request = request
        self.session = session
        self.dialect = dialect
        self.besides = besides.count
        query = try PortableQuery(request, tables)
        writer = RecordWriter(plan: plan)
    }

    private let isMerged: Bool
    private var hasKeys: Bool { plan.tables[0].keys.row != nil }

    /// The statements, as `--print-sql` shows them.
    package func statements() throws -> [String] {
        let first = try query.statement(dialect).sql
        guard hasKeys else { return [first] }
        let selection = try selection()
        return [first] + plan.tables.indices.dropFirst().map { merged($0, selection) }
    }

    /// Hands over each record as a JSON object, with the columns besides.
    ///
    /// - Parameter body: false ends it.
    package func read(_ body: ([UInt8], [String?]) throws -> Bool) throws {
        let rows = try session.open(try query.statement(dialect).query)
        defer { rows.close() }
        if isMerged { try readMerged(rows, body) } else { try readChunks(rows, body) }
    }

    private var emptyRows: [NestedRows] { plan.tables.map { NestedRows(columns: $0.columns.count) } }

    /// Takes a row of the first table.
    private func take(first rows: any QueryRows, into all: inout NestedRows) {
        let keys = hasKeys ? 1 : 0
        all.append(rows, from: keys + besides, id: hasKeys ? rows.cell(0).string ?? "" : "", parent: "")
    }

    private func besides(_ rows: any QueryRows) -> [String?] {
        let start = hasKeys ? 1 : 0
        return (start..<(start + besides)).map { rows.cell($0).string }
    }

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
        let parent = quoted(own, table.keys.parent)
        var record = parent
        // The row above says to which row above it belongs, and so on up to the record's own. A root key would say it at once, but data may
        // bring one of its own.
        for (lower, upper) in zip(above, above.dropFirst().dropLast()) {
            let row = quoted(alias(upper), plan.tables[upper].keys.row)
            from +=
                "\nJOIN \(dialect.table(plan.tables[upper].name)) AS \(dialect.quote(alias(upper)))"
                + " ON \(row) = \(quoted(alias(lower), plan.tables[lower].keys.parent))"
            record = quoted(alias(upper), plan.tables[upper].keys.parent)
        }
        let names = [record, quoted(own, table.keys.row), parent] + table.columns.map { quoted(own, $0.name) }
        return ("SELECT \(names.joined(separator: ", "))\nFROM \(from)", record)
    }

    private func order(_ place: Int, _ record: String) -> String {
        let keys = [dialect.ordered(record)] + (index(place).map { [$0] } ?? [])
        return "\nORDER BY \(keys.joined(separator: ", "))"
    }

    private func index(_ place: Int) -> String? {
        plan.tables[place].keys.index.map { quoted(alias(place), $0) }
    }

    /// The keys of the records that are wanted, as a query; nil for all.
    private func selection() throws -> String? {
        guard !request.conditions.isEmpty || request.row != nil || request.loads != nil else { return nil }
        var request = self.request
        request.columns = plan.tables[0].keys.row.map { [$0] }
        if isMerged { request.order = nil }
        return try PortableQuery(request, query.tables).statement(dialect).sql
    }

    private func merged(_ place: Int, _ selection: String?) -> String {
        let (sql, record) = select(place)
        return sql + (selection.map { "\nWHERE \(record) IN (\($0))" } ?? "") + order(place, record)
    }

    private func opened(_ sql: String, _ place: Int) throws -> any QueryRows {
        let types = [.text, .text, .text] + plan.tables[place].columns.map(\.type.dataType)
        return try session.open(Query(sql, types: types))
    }

    // MARK: Whole tables

    /// The rows of a table below, and the record of the first of them that has not been taken.
    private final class Source {
        let rows: any QueryRows
        private(set) var record: String?

        init(_ rows: any QueryRows) throws {
            self.rows = rows
            try advance()
        }

        func advance() throws { record = try rows.next() ? rows.cell(0).string ?? "" : nil }
    }

    private func readMerged(_ rows: any QueryRows, _ body: ([UInt8], [String?]) throws -> Bool) throws {
        let selection = try selection()
        var sources: [Source] = []
        for place in plan.tables.indices.dropFirst() {
            sources.append(try Source(try opened(merged(place, selection), place)))
        }
        defer { for source in sources { source.rows.close() } }
        var all = emptyRows
        var output: [UInt8] = []
        var last: String?
        while try rows.next() {
            all[0].removeAll()
            take(first: rows, into: &all[0])
            let record = all[0].ids[0]
            if record != last {
                for (place, source) in zip(1..., sources) {
                    all[place].removeAll()
                    // Rows before that belong to no record.
                    while let other = source.record, precedes(other, record) { try source.advance() }
                    while let other = source.record, isSame(other, record) {
                        take(source.rows, into: &all[place])
                        try source.advance()
                    }
                }
            }
            last = record
            output.removeAll(keepingCapacity: true)
            writer.writeRecord(0, 0, all, to: &output)
            guard try body(output, besides(rows)) else { return }
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

    private func readChunks(_ rows: any QueryRows, _ body: ([UInt8], [String?]) throws -> Bool) throws {
        var all = emptyRows
        var output: [UInt8] = []
        var hasMore = true
        while hasMore {
            for place in all.indices { all[place].removeAll() }
            var texts: [[String?]] = []
            while texts.count < NestedReader.chunk, hasMore {
                hasMore = try rows.next()
                guard hasMore else { break }
                take(first: rows, into: &all[0])
                texts.append(besides(rows))
            }
            for place in plan.tables.indices.dropFirst() {
                try fill(&all[place], place, all[plan.tables[place].parent ?? 0].ids)
            }
            for (row, texts) in texts.enumerated() {
                output.removeAll(keepingCapacity: true)
                writer.writeRecord(0, row, all, to: &output)
                guard try body(output, texts) else { return }
            }
        }
    }

    /// Takes the rows of a table that belong to some rows above.
    private func fill(_ all: inout NestedRows, _ place: Int, _ parents: [String]) throws {
        let table = plan.tables[place]
        let own = alias(place)
        let parent = quoted(own, table.keys.parent)
        var start = 0
        while start < parents.count {
            let some = parents[start..<min(start + 500, parents.count)]
            start += some.count
            let names = [parent, quoted(own, table.keys.row), parent] + table.columns.map { quoted(own, $0.name) }
            let list = some.map { dialect.quote(text: $0) }.joined(separator: ", ")
            let sql = """
                SELECT \(names.joined(separator: ", "))
                FROM \(dialect.table(table.name)) AS \(dialect.quote(own))
                WHERE \(parent) IN (\(list))\(index(place).map { "\nORDER BY \($0)" } ?? "")
                """
            let rows = try opened(sql, place)
            defer { rows.close() }
            while try rows.next() { take(rows, into: &all) }
        }
    }
}
