import QueryExpressions

extension FuzzTarget {
    /// The text of one of dlt-query's options: it becomes SQL in which nothing of it stands outside of quotes, or an error with a place.
    static let expressions = FuzzTarget(name: "expressions") { bytes in
        var input = FuzzInput(bytes)
        let option = input.option(below: 8)
        let text = input.text
        var request = QueryRequest(table: "orders")
        switch option {
        case 0: request.conditions = [text]
        case 1: request.select = text
        case 2: request.order = text
        case 3: request.groupBy = text
        case 4: request.aggregates = text
        case 5: request.children = [text]
        case 6: request.loads = text
        default:
            request.parents = text
            request.table = "orders__lines"
        }
        request.parameters = ["p": text.replacing("\0", with: "")]
        do {
            let query = try PortableQuery(request, queryTables)
            for dialect in queryDialects {
                let statement = try query.statement(dialect.dialect)
                try requirePlain(statement.sql, hasEscapes: dialect.hasEscapes)
            }
        } catch let failure as QueryTextFailure {
            try require(
                (0...text.count).contains(failure.error.place),
                "the place \(failure.error.place) is outside of the text")
        }
    }

    private static let queryDialects: [(dialect: any QueryDialect, hasEscapes: Bool)] = [
        (SQLiteQueryDialect { "main.\"\($0)\"" }, false), (PostgreSQLQueryDialect { "shop.\"\($0)\"" }, true),
        (DuckDBQueryDialect { "shop.\"\($0)\"" }, false),
    ]

    private static let queryTables: QueryTables = {
        func columns(_ all: [(String, QueryType)]) -> [QueryTable.Column] {
            all.map { QueryTable.Column(name: $0.0, type: $0.1, isSystem: $0.0.hasPrefix("_dlt_")) }
        }
        var root = QueryTable.Keys()
        (root.row, root.load) = ("_dlt_id", "_dlt_load_id")
        var child = QueryTable.Keys()
        (child.row, child.parent, child.index) = ("_dlt_id", "_dlt_parent_id", "_dlt_list_idx")
        return QueryTables(
            [
                QueryTable(
                    name: "orders", parent: nil,
                    columns: columns([
                        ("number", .bigint), ("city", .text), ("total", .decimal), ("weight", .double), ("gas", .wei),
                        ("paid", .bool), ("placed_at", .timestamp(hasZone: true)), ("due", .date), ("opens", .time),
                        ("data", .json), ("raw", .binary), ("_dlt_id", .text), ("_dlt_load_id", .text),
                    ]), keys: root),
                QueryTable(
                    name: "orders__lines", parent: "orders",
                    columns: columns([
                        ("sku", .text), ("price", .decimal), ("_dlt_id", .text), ("_dlt_parent_id", .text),
                        ("_dlt_list_idx", .bigint),
                    ]), keys: child),
            ],
            loads: .init(name: "_dlt_loads", loadID: "load_id", status: "status", insertedAt: "inserted_at"))
    }()

    /// Outside of quotes there are only the words and marks of queries, and all quotes are closed.
    private static func requirePlain(_ sql: String, hasEscapes: Bool) throws {
        let scalars = Array(sql.unicodeScalars)
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            if scalar == "'" || scalar == "\"" {
                let isEscaped = hasEscapes && scalar == "'" && place > 0 && scalars[place - 1] == "E"
                place += 1
                while true {
                    try require(place < scalars.count, "a quote is not closed: \(sql)")
                    if isEscaped, scalars[place] == "\\" {
                        place += 2
                        continue
                    }
                    place += 1
                    guard scalars[place - 1] == scalar else { continue }
                    guard place < scalars.count, scalars[place] == scalar else { break }
                    place += 1
                }
                continue
            }
            let isPlain =
                scalar.properties.isWhitespace || scalar.isASCII && !";\\`$@#?{}!^&".unicodeScalars.contains(scalar)
            try require(isPlain, "'\(scalar)' stands outside of quotes: \(sql)")
            let next = place + 1 < scalars.count ? scalars[place + 1] : " "
            try require(scalar != "-" || next != "-", "a comment begins: \(sql)")
            try require(scalar != "/" || next != "*", "a comment begins: \(sql)")
            place += 1
        }
    }
}
