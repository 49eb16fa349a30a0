import QueryExpressions
import Testing

@Suite struct StatementTests {
    private func sql(_ table: String = "orders", _ change: (inout QueryRequest) -> Void) throws -> String {
        try Shop.query(table, change).statement(Shop.sqlite).sql
    }

    private func refusal(_ table: String = "orders", _ change: (inout QueryRequest) -> Void) -> QueryTextFailure? {
        do {
            _ = try sql(table, change)
            return nil
        } catch { return error as? QueryTextFailure }
    }

    @Test func `groups are not counted`() throws {
        let query = try Shop.query {
            $0.groupBy = "city, month(placed_at)"
            $0.aggregates = "count(*), sum(total) as turnover, max(number)"
            $0.order = "turnover desc, 1"
            $0.limit = 5
        }
        let statement = try query.statement(Shop.postgresql)
        #expect(statement.columns.map(\.name) == ["city", "month_placed_at", "count", "turnover", "max_number"])
        #expect(statement.columns.map(\.type) == [.text, .bigint, .bigint, .decimal, .bigint])
        #expect(
            statement.sql == """
                SELECT "orders"."city" AS "city", CAST(trunc(extract(month FROM ("orders"."placed_at" AT TIME ZONE 'UTC'))) \
                AS bigint) AS "month_placed_at", count(*) AS "count", sum("orders"."total") AS "turnover", \
                max("orders"."number") AS "max_number"
                FROM shop."orders" AS "orders"
                GROUP BY 1, 2
                ORDER BY sum("orders"."total") DESC NULLS LAST, "orders"."city" COLLATE "C" NULLS LAST
                LIMIT 5
                """)
    }

    @Test func `a row is taken for its group, or a group for none`() throws {
        for order in ["placed_at", "month(placed_at) + day(placed_at)", "lower(city)"] {
            let failure = refusal {
                $0.groupBy = "month(placed_at), upper(city)"
                $0.order = order
            }
            #expect(failure?.error.reason.contains("has one value for each row") == true, "\(order)")
        }
        _ = try sql {
            $0.groupBy = "month(placed_at), upper(city)"
            $0.order = "month(placed_at) + 1, upper(city) || '!'"
        }
    }

    @Test func `a child does not find the nearest parent that has a column`() throws {
        let sql = try sql("orders__lines__taxes") {
            $0.select = "rate"
            $0.parents = "sku, number"
            $0.conditions = ["city = 'Linz'"]
        }
        #expect(
            sql == """
                SELECT "orders__lines__taxes"."rate" AS "rate", "orders__lines"."sku" AS "sku", "orders"."number" AS "number"
                FROM main."orders__lines__taxes" AS "orders__lines__taxes"
                LEFT JOIN main."orders__lines" AS "orders__lines" ON \
                "orders__lines"."_dlt_id" = "orders__lines__taxes"."_dlt_parent_id"
                LEFT JOIN main."orders" AS "orders" ON "orders"."_dlt_id" = "orders__lines"."_dlt_parent_id"
                WHERE ("orders"."city" = 'Linz')
                """)
        let near = try self.sql("orders__lines__taxes") {
            $0.select = "name"
            $0.parents = "sku"
        }
        #expect(!near.contains("\"orders\""))
    }

    @Test func `rows of a load are not found by the rows above`() throws {
        let sql = try sql("orders__lines") {
            $0.select = "sku"
            $0.loads = "last:2"
        }
        #expect(
            sql.hasSuffix(
                """
                WHERE "orders__lines"."_dlt_parent_id" IN (SELECT "orders"."_dlt_id" FROM main."orders" AS "orders" \
                WHERE "orders"."_dlt_load_id" IN (SELECT "load_id" FROM (SELECT "load_id" FROM main."_dlt_loads" \
                WHERE "status" = 0 ORDER BY "inserted_at" DESC, "load_id" DESC LIMIT 2) AS "newest"))
                """), "\(sql)")
    }

    @Test func `an ambiguous join is made`() throws {
        let failure = try #require(refusal { $0.joins = ["customers"] })
        #expect(failure.message.contains("several references link orders and customers"))
        #expect(failure.hint == "choose --join customers:customer_id or --join customers:billed_to")
        let sql = try sql {
            $0.joins = ["customers:billed_to"]
            $0.conditions = ["customers.name = 'Ada'"]
        }
        #expect(
            sql.contains(
                "LEFT JOIN main.\"customers\" AS \"customers\" ON \"customers\".\"id\" = \"orders\".\"billed_to\""))
        #expect(sql.contains("\"customers\".\"name\" AS \"customers__name\""))
    }

    @Test func `dlt's columns stay`() throws {
        let sql = try sql("customers") { $0.leavesOutSystemColumns = true }
        #expect(
            sql
                == "SELECT \"customers\".\"id\" AS \"id\", \"customers\".\"name\" AS \"name\"\nFROM main.\"customers\" AS \"customers\""
        )
    }

    @Test(arguments: [
        (
            "count(lines), sum(lines.price), avg(orders__lines.quantity)",
            ["count_lines", "sum_lines_price", "avg_orders__lines_quantity"]
        ),
        ("lines as all_lines", ["all_lines"]), ("list(lines.sku)", ["list_lines_sku"]),
        ("count(lines.taxes)", ["count_lines_taxes"]),
    ])
    func `children have no columns`(_ text: String, _ names: [String]) throws {
        let query = try Shop.query {
            $0.select = "number"
            $0.children = [text]
        }
        #expect(try query.statement(Shop.sqlite).columns.map(\.name) == ["number"] + names)
    }

    private static let mistakes: [(change: @Sendable (inout QueryRequest) -> Void, reason: String, hint: String?)] = [
        ({ $0.table = "order" }, "there is no table", "orders"),
        ({ $0.select = "city, count(*)" }, "one value for each row", "--group-by city"),
        ({ $0.aggregates = "city" }, "about each row", nil),
        ({ ($0.select, $0.groupBy) = ("city", "city") }, "two ways", nil),
        ({ $0.order = "99" }, "there is no column 99", nil),
        ({ $0.order = "data" }, "has no order", nil),
        ({ $0.loads = "last:none" }, "number of loads", "last:3"),
        ({ $0.loads = "latst" }, "load ids are expected", "latest"),
        ({ $0.children = ["count(linse)"] }, "no children of that name", "orders__lines"),
        ({ $0.children = ["sum(lines.sku)"] }, "numbers", nil),
        ({ $0.parents = "city" }, "has no parent", nil),
    ]

    @Test(arguments: mistakes.indices)
    func `what cannot be asked is asked`(index: Int) throws {
        let mistake = StatementTests.mistakes[index]
        let failure = try #require(refusal("orders", mistake.change))
        #expect(failure.message.contains(mistake.reason), "\(failure.message)")
        if let hint = mistake.hint { #expect(failure.hint?.contains(hint) == true, "\(failure.hint ?? "no hint")") }
    }
}
