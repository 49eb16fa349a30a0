import DatasetReaders
import JSONText
import QueryExpressions

/// One record with all that belongs to it: the rows above it, its load, and the record itself with the rows below it.
struct RecordPage {
    let session: any ReadingSession
    let dialect: any QueryDialect
    let catalog: DatasetCatalog
    let tables: QueryTables

    init(_ session: any ReadingSession, _ dialect: any QueryDialect, _ catalog: DatasetCatalog) {
        self.session = session
        self.dialect = dialect
        self.catalog = catalog
        tables = QueryTables(catalog)
    }

    /// The records of a request, each with what belongs to it.
    func records(_ request: QueryRequest, _ body: (JSONValue) throws -> Void) throws {
        let query = try PortableQuery(request, tables)
        let keys = [query.table.keys.row, query.table.keys.parent, query.table.keys.load].compactMap { $0 }
        try NestedReader(request, session, dialect, catalog, besides: keys).read { record, texts in
            var own: [String: String] = [:]
            for (key, text) in zip(keys, texts) { own[key] = text }
            var page: JSONObject = ["table": .string(query.table.name)]
            let (parents, load) = try self.above(query.table, own)
            if let load { page["load"] = load }
            if !parents.isEmpty { page["parents"] = .array(parents) }
            page["record"] = try JSONValue(parsing: record)
            try body(.object(page))
            return true
        }
    }

    /// The rows above, nearest first, and the load that brought the uppermost.
    private func above(_ table: QueryTable, _ own: [String: String]) throws -> ([JSONValue], JSONValue?) {
        var parents: [JSONValue] = []
        var (current, keys) = (table, own)
        while let name = current.parent, let parent = tables[name], let key = current.keys.parent,
            let row = parent.keys.row,
            let id = keys[key], parents.count < tables.all.count
        {
            guard let found = try self.row(of: parent, where: row, is: id) else { break }
            parents.append(["table": .string(parent.name), "row": .object(found.data)])
            (current, keys) = (parent, found.keys)
        }
        guard let column = current.keys.load, let id = keys[column], let loads = tables.loads,
            let table = tables[loads.name],
            let found = try row(of: table, where: loads.loadID, is: id)
        else { return (parents, nil) }
        return (parents, .object(found.data))
    }

    private func row(
        of table: QueryTable, where column: String, is value: String
    ) throws -> (data: JSONObject, keys: [String: String])? {
        var request = QueryRequest(table: table.name)
        request.conditions = ["\(QueryRequest.name(column)) = :value"]
        request.parameters = ["value": value]
        request.limit = 1
        let statement = try PortableQuery(request, tables).statement(dialect)
        let rows = try session.open(statement.query)
        defer { rows.close() }
        guard try rows.next() else { return nil }
        var data = JSONObject()
        var keys: [String: String] = [:]
        for (place, column) in statement.columns.enumerated() {
            let cell = rows.cell(place)
            keys[column.name] = cell.string
            guard !cell.isNull, !(table.columns.first { $0.name == column.name }?.isSystem ?? false) else { continue }
            var text: [UInt8] = []
            CellText.append(cell, to: &text)
            data[column.name] = try JSONValue(parsing: text)
        }
        return (data, keys)
    }
}
