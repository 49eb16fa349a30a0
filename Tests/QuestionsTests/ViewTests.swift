import Digests
import JSONText
import TestSupport
import Testing

/// Records, columns and loads, as dlt-query shows them besides rows.
@Suite struct ViewTests {
    private func each(_ options: [String], _ body: (String, [JSONValue]) throws -> Void) throws {
        for shop in try QuestionTests.shops.get() {
            let result = try shop.ask(options)
            try #require(result.status == 0, "\(shop.name): \(result)")
            try body(shop.name, result.lines.map { try JSONValue(parsing: $0) })
        }
    }

    @Test(arguments: [[], ["--order", "number"], ["--where", "number > 0"]])
    func `a record of one database differs from that of another`(options: [String]) throws {
        var first: [JSONValue]?
        try each(["orders", "--nested"] + options) { name, records in
            #expect(records.count == 120, "\(name)")
            let sorted = records.sorted { ($0["number"]?.intValue ?? 0) < ($1["number"]?.intValue ?? 0) }
            if let first { #expect(sorted == first, "\(name)") }
            first = sorted
        }
        let record = try #require(first?.first)
        #expect(record["customer", "email"] == "c1@example.org")
        #expect(record["lines"]?.arrayValue?.count == 3)
        #expect(record["lines"]?.arrayValue?.first?["taxes"] == [["name": "vat", "rate": .number("0.25")]])
        #expect(record["_dlt_id"] == nil)
    }

    @Test func `one record lacks its load or the row above it`() throws {
        try each(["orders", "--row", "number=7", "--format", "ndjson"]) { name, pages in
            let page = try #require(pages.first)
            #expect(pages.count == 1 && page["record", "number"] == 7, "\(name)")
            #expect(page["load", "schema_name"] == "shop", "\(name)")
        }
        try each(["orders__lines", "--row", "sku=C-9", "--format", "ndjson"]) { name, pages in
            #expect(pages.allSatisfy { $0["parents"]?.arrayValue?.first?["table"] == "orders" }, "\(name)")
            #expect(pages.allSatisfy { $0["load"] != nil && $0["record", "sku"] == "C-9" }, "\(name)")
        }
    }

    @Test func `a profile counts other values than there are`() throws {
        try each(["orders", "--profile"]) { name, columns in
            func column(_ wanted: String) throws -> JSONValue {
                try #require(columns.first { $0["column"]?.stringValue == wanted }, "\(name)")
            }
            let city = try column("city")
            #expect(city["nulls"] == 13 && city["distinct"] == 6 && city["rows"] == 120, "\(name)")
            #expect(city["min"] == "Graz" && city["max"] == "linz", "\(name)")
            let number = try column("number")
            #expect(number["mean"] == .number("60.5") && number["median"] == .number("60.5"), "\(name)")
            #expect(number["notes"]?.stringValue?.contains("key candidate") == true, "\(name)")
            #expect(try column("total")["max"]?.stringValue?.hasPrefix("496.34") == true, "\(name)")
        }
    }

    @Test func `two loads are not compared`() throws {
        for shop in try QuestionTests.shops.get() {
            let loads = try shop.ask(["_dlt_loads", "--select", "load_id", "--order", "inserted_at"]).lines
                .compactMap { try JSONValue(parsing: $0)["load_id"]?.stringValue }
            try #require(loads.count == 3, "\(shop.name)")
            let all = try shop.ask(["--diff", "\(loads[0])..latest"])
            #expect(
                all.lines.contains { $0.contains("\"orders\",\"added\":40,\"gone\":80,\"changed\":0,\"same\":0") },
                "\(all)")
            let none = try shop.ask(["orders", "--diff", "\(loads[2])..latest"])
            #expect(none.status == 0 && none.lines.isEmpty && none.stderr.contains("40 the same"), "\(none)")
            let unknown = try shop.ask(["orders", "--diff", "7..latest"])
            #expect(unknown.status == 65 && unknown.stderr.contains(loads[2]), "\(unknown)")
        }
    }

    /// Keys differ from database to database, so each must have drawn those whose digests come first.
    @Test func `a sample has other rows than those whose digests come first`() throws {
        for shop in try QuestionTests.shops.get() {
            func keys(_ options: [String]) throws -> [String] {
                try shop.ask(["orders", "--select", "_dlt_id"] + options).lines
                    .compactMap { try JSONValue(parsing: $0)["_dlt_id"]?.stringValue }
            }
            let all = try keys([]).sorted { digest($0) < digest($1) }
            try #require(all.count == 120, "\(shop.name)")
            let sample = try keys(["--sample", "7", "--seed", "a"])
            #expect(sample.sorted() == all.prefix(7).sorted(), "\(shop.name)")
        }
    }

    private func digest(_ key: String) -> String {
        Array(("a" + key).utf8).withUnsafeBufferPointer { MD5.hexDigest($0) }
    }

    @Test(arguments: [
        (["orders", "--where", "citty = 'Linz'"], 65, "did you mean city?"),
        (["orders", "--row", "number=x"], 65, "unable to read --row: at column 8"),
        (["orders", "--row", "number=9999"], 65, "unable to find a row"),
        (["order", "--select", "city"], 66, "did you mean orders?"),
        (["SELECT 1", "--select", "city"], 64, "name a table instead"),
        (["--select", "city"], 64, "needs the name of a table"),
        (["orders", "--nested", "--select", "city"], 64, "whole records"),
    ])
    func `a mistake has another status or hint`(options: [String], status: Int32, words: String) throws {
        let shop = try #require(try QuestionTests.shops.get().first)
        let result = try shop.ask(options)
        #expect(result.status == status && result.stderr.contains(words), "\(result)")
    }
}
