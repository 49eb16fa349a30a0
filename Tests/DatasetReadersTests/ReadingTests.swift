import DatasetReaders
import Destinations
import Failures
import Schemas
import SystemIO
import TestSupport
import Testing

@Suite(.serialized)
struct ReadingTests {
    @Test("a dataset has its tables in the order of their ancestry, with dlt's types", arguments: ReadingPlace.kinds)
    func catalog(_ kind: ReadingPlace.Kind) throws {
        let session = try ReadingPlace(kind).session()
        let catalog = try session.catalog()
        #expect(
            catalog.tables.map(\.name) == [
                "orders", "orders__tags", "_dlt_loads", "_dlt_pipeline_state", "_dlt_version",
            ])
        #expect(catalog.tables.map(\.depth) == [0, 1, 0, 0, 0])
        #expect(catalog.table("orders__tags")?.parent == "orders")
        #expect(catalog.children(of: "orders").map(\.name) == ["orders__tags"])
        let orders = try #require(catalog.table("orders"))
        #expect(orders[column: "price"]?.type == .decimal)
        #expect(orders[column: "at"]?.type == .timestamp)
        #expect(orders.kind == .data)
        #expect(catalog.table("_dlt_loads")?.kind == .system)
    }

    @Test("the same rows come out of every database", arguments: ReadingPlace.kinds)
    func rows(_ kind: ReadingPlace.Kind) throws {
        let session = try ReadingPlace(kind).session()
        let rows = try session.open(
            Query("SELECT id, name, price, \"at\", ok, data, day, more FROM orders ORDER BY id"))
        #expect(rows.columns.map(\.name) == ["id", "name", "price", "at", "ok", "data", "day", "more"])
        #expect(rows.columns.map(\.type) == [.bigint, .text, .decimal, .timestamp, .bool, .binary, .date, .json])
        var seen: [[String]] = []
        while try rows.next() { seen.append(rows.columns.indices.map { describe(rows.cell($0)) }) }
        #expect(
            seen == [
                [
                    "integer 1", "text Ada", "number 12.5", "time 2024-01-15T08:00:00.5Z", "bool true", "-", "-",
                    "json {x:[1]}",
                ],
                [
                    "integer 2", "text NULL", "number 1000", "time 2024-01-16T08:00:00Z", "bool false", "binary 00 ff",
                    "-", "-",
                ],
                [
                    "integer 3", "text Grace\nHopper", "-", "time 2024-01-17T08:00:00.123456Z", "-", "-",
                    "time 2024-02-29", "-",
                ],
            ])
    }

    /// A decimal without the zeros that a database's scale adds, or that an integer lacks; JSON without blanks and quotes.
    private func describe(_ cell: QueryCell) -> String {
        switch cell {
        case .null: "-"
        case .bool(let value): "bool \(value)"
        case .integer(let value): value == 1000 ? "number 1000" : "integer \(value)"
        case .double(let value): "number \(value)"
        case .number(let bytes):
            "number " + String(decoding: bytes, as: UTF8.self).replacing(#/(\.\d*?)0+$/#) { $0.1 == "." ? "" : $0.1 }
        case .text(let bytes): "text " + String(decoding: bytes, as: UTF8.self)
        case .json(let bytes): "json " + String(decoding: bytes, as: UTF8.self).filter { $0 != " " && $0 != "\"" }
        case .binary(let bytes):
            "binary "
                + bytes.map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined(separator: " ")
        case .time(let bytes): "time " + String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("parameters are bound, and never read as SQL", arguments: ReadingPlace.kinds)
    func parameters(_ kind: ReadingPlace.Kind) throws {
        let session = try ReadingPlace(kind).session()
        let found = try session.drain(
            "SELECT id FROM orders WHERE name = :name AND id >= :least AND ':name' <> :name -- :nothing",
            parameters: [
                QueryParameter(name: "name", value: .text("Ada")), QueryParameter(name: "least", value: .integer(1)),
            ])
        #expect(found == [["1"]])
        let injected = try session.drain(
            "SELECT count(*) FROM orders WHERE name = :name",
            parameters: [QueryParameter(name: "name", value: .text("x' OR '1'='1"))])
        #expect(injected == [["0"]])
        #expect(throws: QueryFailure.missing(parameter: "name")) { try session.drain("SELECT :name") }
    }

    @Test("types that the database alone knows are text", arguments: ReadingPlace.kinds.filter { $0 != .sqlite })
    func ownTypes(_ kind: ReadingPlace.Kind) throws {
        let session = try ReadingPlace(kind).session()
        let isDuck = kind == .duckdb
        let list = isDuck ? "[1, 2]" : "ARRAY[1, 2]"
        let rows = try session.open(
            Query(
                "SELECT :a + 1 AS sum, \(list) AS list, CAST('1 day' AS interval) AS i, CAST(:b AS uuid) AS id, CAST('NaN' AS double precision) AS n",
                parameters: [
                    QueryParameter(name: "a", value: .integer(2)),
                    QueryParameter(name: "b", value: .text("00000000-0000-4000-8000-000000000000")),
                ]))
        #expect(rows.columns.map(\.name) == ["sum", "list", "i", "id", "n"])
        #expect(try rows.next())
        #expect(
            rows.columns.indices.map { rows.cell($0).string } == [
                "3", isDuck ? "[1, 2]" : "{1,2}", "1 day", "00000000-0000-4000-8000-000000000000", "nan",
            ])
        #expect(try !rows.next())
    }

    @Test("queries of one session run beside each other", arguments: ReadingPlace.kinds)
    func beside(_ kind: ReadingPlace.Kind) throws {
        let records = (1...5000).map { #"{"id":\#($0),"tags":[1,2]}"# }.joined(separator: "\n")
        let session = try ReadingPlace(kind, records: records).session()
        let roots = try session.open(Query("SELECT id, _dlt_id FROM orders ORDER BY _dlt_id"))
        let children = try session.open(
            Query("SELECT value, _dlt_parent_id FROM orders__tags ORDER BY _dlt_parent_id, _dlt_list_idx"))
        var count = 0
        while try roots.next() {
            let key = roots.cell(1).string
            for value in ["1", "2"] {
                try #require(try children.next())
                #expect(children.cell(0).string == value)
                #expect(children.cell(1).string == key)
            }
            // One that begins and ends in the midst of both.
            if count % 1000 == 0 { #expect(try session.drain("SELECT count(*) FROM orders") == [["5000"]]) }
            count += 1
        }
        #expect(count == 5000)
        #expect(try !children.next())
    }

    @Test("a mistake is placed where it is", arguments: ReadingPlace.kinds)
    func mistake(_ kind: ReadingPlace.Kind) throws {
        let session = try ReadingPlace(kind).session()
        let parameter = QueryParameter(name: "a_long_name", value: .integer(1))
        for (sql, place) in [
            ("SELECT nme FROM orders", 7), ("SELECT 'ä',\n :a_long_name, nme FROM orders", 28),
        ] {
            let failure = #expect(throws: QueryFailure.self) { try session.drain(sql, parameters: [parameter]) }
            #expect(failure?.kind == .data)
            #expect(failure?.offset == place, "\(sql): \(failure?.message ?? "")")
        }
        // The session goes on.
        #expect(try session.drain("SELECT count(*) FROM orders") == [["3"]])
    }

    @Test("a query ends when its time is over, and the session can be asked no more", arguments: ReadingPlace.kinds)
    func timeout(_ kind: ReadingPlace.Kind) throws {
        let control = QueryControl()
        let session = try ReadingPlace(kind).session(control)
        control.restart(seconds: 0.2)
        let failure = #expect(throws: QueryFailure.self) { try session.drain(Self.endless) }
        #expect(failure?.interruption == .overdue)
        #expect(failure?.kind == .temporary)
        control.restart()
        #expect(try session.drain("SELECT count(*) FROM orders") == [["3"]])
    }

    private static let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x % 1000 + 1 FROM n) SELECT count(*) FROM n WHERE x < 0"

    @Test("a place without a database, and a database without the dataset, are no input", arguments: ReadingPlace.kinds)
    func absence(_ kind: ReadingPlace.Kind) throws {
        let place = try ReadingPlace(kind)
        if kind != .postgresql { try Files.remove(place.folder.path(kind == .sqlite ? "shop.db" : "shop.duckdb")) }
        let other = kind == .postgresql ? try place.destination(dataset: "nobody_has_this") : try place.destination()
        let failure = #expect(throws: DestinationError.self) { _ = try other.read(QueryControl()) }
        #expect(failure?.kind == .noInput)
    }
}
