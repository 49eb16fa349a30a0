import JSONText
import TestSupport
import Testing

/// The pages that read a database, over each kind of one.
@Suite struct DatabaseTests {
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case sqlite, postgresql, duckdb

        var testDescription: String { rawValue }
    }

    static var kinds: [Kind] {
        Kind.allCases.filter { kind in
            switch kind {
            case .sqlite: true
            case .postgresql: PostgreSQLServer.isRunning
            case .duckdb: DuckDBLibrary.isThere
            }
        }
    }

    private static let records = """
        {"id":1,"name":"","ok":true,"at":"2024-01-15T08:00:00.5Z","day":"2024-02-29","price":12.5,"more":{"x":[1]},"data":"AP8=","lines":[{"sku":"a"}]}
        {"id":2,"name":null,"ok":false,"at":"2024-01-16T08:00:00Z","price":1e300,"more":[],"lines":[]}
        {"id":3,"name":"null","ok":null,"at":"2024-01-16T10:00:00+02:00","day":"2024-02-29","price":0.1}
        """

    private struct Place {
        let pipeline = PostgreSQLServer.uniqueName("d")
        let dashboard: RunningDashboard

        init(_ kind: Kind) throws {
            let folder = try WorkDirectory()
            let url =
                switch kind {
                case .sqlite: "sqlite:///" + folder.path("shop.db")
                case .duckdb: "duckdb:///" + folder.path("shop.duckdb")
                case .postgresql: PostgreSQLServer.tcpURL ?? ""
                }
            let made = try runShell(
                """
                dlt-normalize -q --pipeline \(pipeline) --table orders --columns \
                '{"data":{"data_type":"binary"},"day":{"data_type":"date"},"more":{"data_type":"json"}}' | dlt-load -q "$URL"
                """, stdin: DatabaseTests.records, environment: ["DLT_DATA_DIR": folder.path("data"), "URL": url],
                currentDirectory: folder.path)
            guard made.status == 0 else { throw SampleFailure(description: "\(made)") }
            // The spool keeps no names of users, and no passwords.
            var secrets: [String: String] = [:]
            if let match = url.firstMatch(of: #/^postgresql://([^:]+):([^@]+)@/#) {
                secrets = ["PGUSER": String(match.1), "PGPASSWORD": String(match.2)]
            }
            dashboard = try RunningDashboard(over: folder, environment: secrets)
        }

        func json(_ path: String) throws -> JSONValue { try dashboard.json("/p/\(pipeline)/\(path)") }

        func ask(_ sql: String) throws -> JSONValue {
            try json("sql.json?q=" + sql.utf8.map { "%" + String(UInt($0) + 256, radix: 16).suffix(2) }.joined())
        }
    }

    @Test(arguments: kinds)
    func `a value that was counted leads to as many rows`(_ kind: Kind) throws {
        let place = try Place(kind)
        let rows = try #require(place.json("t/orders.json")["rows"]?.arrayValue)
        #expect(rows.count == 3)
        for column in rows[0].objectValue?.members.map(\.key) ?? [] {
            let page = try place.dashboard.get("/p/\(place.pipeline)/t/orders?facet=\(column)").text
            let values = page.matches(
                of: #/<li><a href="([^"?]*)\?([^"]*)">(?:(?!</li>).)*<span class="quiet">(\d+)</span></li>/#)
            #expect(values.reduce(0) { $0 + (Int($1.3) ?? 0) } == rows.count, "\(column)")
            for value in values {
                let found = try place.dashboard.json("\(value.1).json?\(value.2.replacing("&amp;", with: "&"))")
                #expect(found["rows"]?.arrayValue?.count == Int(value.3), "\(value.0)")
            }
        }
    }

    @Test(arguments: kinds)
    func `tables, rows, records and history come from the database`(_ kind: Kind) throws {
        let place = try Place(kind)
        let tables = try #require(place.json("t.json")["tables"]?.arrayValue)
        #expect(tables.first { $0["table"] == "orders__lines" }?["rows"] == 1)
        let sorted = try #require(place.json("t/orders.json?sort=id&dir=desc")["rows"]?.arrayValue)
        #expect(sorted.map { $0["id"]?.intValue } == [3, 2, 1])
        let id = try #require(sorted[2]["_dlt_id"]?.stringValue)
        let encoded = id.replacing("/", with: "%2F").replacing("+", with: "%2B")
        let record = try place.json("t/orders/\(encoded).json")["row"]
        #expect(record?["lines"] == [["sku": "a"]] && record?["more"] == ["x": [1]])
        let history = try place.json("schema/history.json")
        #expect(history["complete"] == true && history["versions"]?.arrayValue?.count == 1)
    }

    @Test(arguments: kinds)
    func `the SQL page answers questions, and changes nothing`(_ kind: Kind) throws {
        let place = try Place(kind)
        for sql in [
            "DELETE FROM orders", "WITH x AS (SELECT 1) DELETE FROM orders", "SELECT 1; DELETE FROM orders",
            "DROP TABLE orders",
            "UPDATE orders SET id = 9", "INSERT INTO orders(id) VALUES (9)", "CREATE TABLE extra(a int)", "BEGIN",
            "COMMIT; DELETE FROM orders", "COPY orders TO 'leak.csv'", "ATTACH 'other.db' AS o",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT * FROM read_csv('/etc/passwd')", "SET default_transaction_read_only = off",
            "WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d", "EXPLAIN ANALYZE DELETE FROM orders",
        ] {
            let answer = try place.ask(sql)
            #expect(answer["error"]?.stringValue != nil && answer["rows"] == nil, "\(sql): \(answer.serialized())")
        }
        #expect(try place.ask("SELECT count(*) AS n, min(id) AS least FROM orders")["rows"] == [["n": 3, "least": 1]])
        #expect(try place.json("t.json")["tables"]?.arrayValue?.contains { $0["table"] == "extra" } == false)
        #expect(try !place.dashboard.folder.list().contains { ["leak.csv", "other.db"].contains($0) })
    }
}
