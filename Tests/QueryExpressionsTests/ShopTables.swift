import QueryExpressions
import Schemas

/// The tables that the tests ask: a pipeline's orders with lines, and taxes of lines; and customers.
enum Shop {
    static func table(
        _ name: String, parent: String? = nil, _ columns: [(String, DataType)], references: [QueryTable.Reference] = []
    ) -> QueryTable {
        var keys = QueryTable.Keys()
        keys.row = "_dlt_id"
        var all = columns.map { QueryTable.Column(name: $0.0, type: QueryType($0.1), isSystem: false) }
        var system = ["_dlt_id"]
        if parent == nil {
            keys.load = "_dlt_load_id"
            system.append("_dlt_load_id")
        } else {
            (keys.parent, keys.index) = ("_dlt_parent_id", "_dlt_list_idx")
            system += ["_dlt_parent_id", "_dlt_list_idx"]
        }
        all += system.map {
            QueryTable.Column(name: $0, type: $0 == "_dlt_list_idx" ? .bigint : .text, isSystem: true)
        }
        return QueryTable(name: name, parent: parent, columns: all, keys: keys, references: references)
    }

    static let tables = QueryTables(
        [
            table(
                "orders",
                [
                    ("number", .bigint), ("city", .text), ("total", .decimal), ("weight", .double), ("gas", .wei),
                    ("paid", .bool), ("placed_at", .timestamp), ("due", .date), ("opens", .time), ("data", .json),
                    ("raw", .binary), ("customer_id", .bigint), ("billed_to", .bigint), ("customer__name", .text),
                ],
                references: [
                    .init(columns: ["customer_id"], table: "customers", tableColumns: ["id"]),
                    .init(columns: ["billed_to"], table: "customers", tableColumns: ["id"]),
                ]),
            table("orders__lines", parent: "orders", [("sku", .text), ("price", .decimal), ("quantity", .bigint)]),
            table("orders__lines__taxes", parent: "orders__lines", [("name", .text), ("rate", .double)]),
            table("customers", [("id", .bigint), ("name", .text)]),
        ],
        loads: .init(name: "_dlt_loads", loadID: "load_id", status: "status", insertedAt: "inserted_at"))

    static let sqlite = SQLiteQueryDialect { "main.\"\($0)\"" }
    static let postgresql = PostgreSQLQueryDialect { "shop.\"\($0)\"" }
    static let dialects: [(name: String, any QueryDialect)] = [
        ("sqlite", sqlite), ("postgresql", postgresql), ("duckdb", DuckDBQueryDialect { "shop.\"\($0)\"" }),
    ]

    static func query(_ table: String = "orders", _ change: (inout QueryRequest) -> Void) throws -> PortableQuery {
        var request = QueryRequest(table: table)
        change(&request)
        return try PortableQuery(request, tables)
    }
}
