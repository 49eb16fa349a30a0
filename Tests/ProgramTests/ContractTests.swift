import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// Contracts as a pipeline keeps them; which mode does what is held by the conformance cases.
struct ContractTests {
    private let folder: WorkDirectory
    private let model = Paths.join(Paths.parent(Paths.parent(#filePath)), "Models/shop.schema.json")

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String, stdin: String = "") throws -> ProgramResult {
        try runShell(
            script, stdin: stdin, environment: ["DLT_DATA_DIR": folder.path("data"), "MODEL": model],
            currentDirectory: folder.path)
    }

    private func lines(_ name: String) throws -> [JSONValue] {
        try folder.text(name).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    /// A record that keeps the model.
    private func order(_ id: Int, _ changes: JSONObject = [:]) -> JSONObject {
        var order: JSONObject = [
            "id": .integer(id), "reference": "123e4567-e89b-12d3-a456-426614174000", "status": "new",
            "created_at": "2026-01-02T03:04:05Z", "email": "a@b.ch", "address": ["street": "S", "zip": "8000"],
            "items": .array([["sku": "abc", "quantity": 1, "price": "1.50"]]), "discount": 0,
            "extra": .array([1, ["deep": true]]),
        ]
        order.merge(changes)
        return order
    }

    private func text(_ records: [JSONObject]) -> String {
        records.map { JSONValue.object($0).serialized() + "\n" }.joined()
    }

    private func without(_ key: String, _ id: Int) -> JSONObject {
        var order = order(id)
        order[key] = nil
        return order
    }

    private func item(_ changes: JSONObject) -> JSONObject {
        var item: JSONObject = ["sku": "abc", "quantity": 1, "price": "1.50"]
        item.merge(changes)
        return ["items": .array([.object(item)])]
    }

    @Test func `each kind of violation of a frozen model is told with table, column, expected, got and line`() throws {
        _ = try folder.write("good", text([order(1), order(2, ["extra": 5, "notes": ["k": "v"]])]))
        #expect(try shell("dlt-normalize --table order --schema $MODEL -q < good").status == 0)
        let cases: [(JSONObject, String)] = [
            (order(3, ["id": "x"]), "table order, column id: expected integer, got string \"x\""),
            (order(3, ["reference": "x"]), "table order, column reference: expected the format uuid, got string \"x\""),
            (
                order(3, ["status": "lost"]),
                "table order, column status: expected one of \"new\", \"paid\", \"sent\", got string \"lost\""
            ),
            (
                order(3, ["created_at": "soon"]),
                "table order, column created_at: expected the format date-time, got string \"soon\""
            ),
            (order(3, ["delivery_date": 5]), "table order, column delivery_date: expected string, got integer 5"),
            (order(3, ["customer_age": 12]), "table order, column customer_age: expected at least 18, got integer 12"),
            (
                order(3, ["address": ["street": "S", "zip": "1"]]),
                "table order, column address__zip: expected a match of the pattern"
            ),
            (order(3, ["address": ["street": "S"]]), "table order, column address__zip: expected a value, got nothing"),
            (without("email", 3), "table order, column email: expected a value, got nothing"),
            (order(3, ["items": .array([])]), "table order, column items: expected at least 1 elements, got 0"),
            (
                order(3, item(["quantity": 0])),
                "table order__items, column quantity: expected at least 1, got integer 0"
            ),
            (order(3, item(["sku": "ab"])), "table order__items, column sku: expected at least 3 characters"),
            (
                order(3, item(["tags": .array([7])])),
                "table order__items__tags, column value: expected string, got integer 7"
            ),
            (
                order(3, item(["colour": "red"])),
                "table order__items, column colour: expected no such member, got string \"red\""
            ),
            (order(3, ["coupon": "X"]), "table order, column coupon: expected no new column, got text \"X\""),
            (order(3, ["parts": .array([1])]), "table order__parts: expected no new table"),
        ]
        for (record, expected) in cases {
            // Nothing but the stored schema tells of the model now.
            let result = try shell("dlt-normalize --table order --events events", stdin: text([order(2), record]))
            #expect(result.status == 65, "\(result)")
            #expect(result.stderr.contains("line 2 of standard input, \(expected)"), "\(result)")
            #expect(result.stderr.contains("hint: "))
            let event = try #require(lines("events").last)
            #expect(
                event["event"] == "contract_violated" && event["line"] == 2 && event["mode"] == "freeze", "\(event)")
        }
        #expect(try shell("dlt-state packages --json").lines.count == 1)
    }

    @Test func `rows that a contract leaves out are counted, told of and kept`() throws {
        let records = [order(1), order(2, ["status": "lost"]), order(3, item(["quantity": 0])), order(4)]
        let result = try shell(
            """
            dlt-normalize --table order --schema $MODEL --schema-contract discard_row --rejects rejects --events events \
              | dlt-load sqlite:///x.db; echo "${PIPESTATUS[@]}"
            """, stdin: text(records))
        #expect(result.lines.last == "3 3", "\(result)")
        #expect(result.stderr.contains("2 rows left out by contract"))
        let rejects = try lines("rejects")
        #expect(rejects.map { $0["line"] } == [2, 3])
        #expect(rejects.map { $0["table"] } == ["order", "order__items"])
        #expect(rejects.map { $0["column"] } == ["status", "quantity"])
        // The record can be mended and sent again.
        #expect(rejects[0]["record"] == .object(records[1]) && rejects[1]["record"] == .object(records[2]))
        #expect(rejects.map { $0["path"] } == ["status", "items[0].quantity"])
        #expect(rejects.map { $0["value"] } == ["lost", 0])
        #expect(try lines("events").count { $0["event"] == "contract_violated" } == 2)
        #expect(
            try shell("dlt-normalize --table order -q --schema-contract discard_row", stdin: text(records)).status == 3)
    }

    @Test func `values that a contract leaves out are null, or take their row with them`() throws {
        let records = [
            order(1, ["customer_age": 12, "discount": "much"]), order(2, item(["colour": "red"])),
            order(3, ["status": "lost"]),
        ]
        let result = try shell(
            """
            dlt-normalize --table order --schema $MODEL --schema-contract discard_value --rejects rejects \
              | dlt-load sqlite:///x.db
            """, stdin: text(records))
        #expect(result.status == 3, "\(result)")
        let database = try Database.open(folder.path("x.db"), flags: .readWrite, busyTimeoutMilliseconds: 5000)
        let rows = try database.prepare(
            "SELECT id FROM \"order\" WHERE customer_age IS NULL AND discount IS NULL OR id > 1 ORDER BY id")
        var ids: [Int64] = []
        while try rows.step() { ids.append(rows.int64(0)) }
        #expect(ids == [1, 2])
        let rejects = try lines("rejects")
        // In the record's order; the row that cannot do without its status is kept whole.
        #expect(rejects.map { $0["column"] } == ["discount", "customer_age", "colour", "status"])
        #expect(rejects.map { $0["path"] } == ["discount", "customer_age", "items[0].colour", "status"])
    }

    @Test func `metrics are taken before anything is published`() throws {
        let contract = """
            apiVersion: v3.1.0
            kind: DataContract
            id: c1
            version: 1.0.0
            status: active
            schema:
              - name: users
                properties:
                  - {name: id, logicalType: integer, primaryKey: true, unique: true}
                  - name: email
                    logicalType: string
                    quality:
                      - {metric: nullValues, mustBeLessThan: 50, unit: percent}
                      - {metric: duplicateValues, mustBe: 0, severity: warning}
                quality:
                  - {metric: rowCount, mustBeBetween: [2, 3]}
            """
        _ = try folder.write("users.odcs.yaml", contract)
        let run = "dlt-normalize --table users --schema users.odcs.yaml --events events -q"
        let good = try shell(run, stdin: "{\"id\":1,\"email\":\"a\"}\n{\"id\":2,\"email\":\"a\"}\n")
        #expect(good.status == 0, "\(good)")
        #expect(good.stderr.contains("warning: table users: duplicateValues of email: expected 0, got 1"))
        let bad = try shell("dlt-normalize --table users --events events -q", stdin: "{\"id\":1}\n")
        #expect(bad.status == 65)
        #expect(bad.stderr.contains("nullValues of email: expected less than 50 percent, got 100 percent"), "\(bad)")
        #expect(bad.stderr.contains("and 1 more"))
        let metrics = try lines("events").compactMap { $0["metric"] }
        #expect(metrics == ["duplicateValues", "nullValues", "rowCount"])
        #expect(try shell("dlt-state packages --json").lines.count == 1)
    }

    @Test func `a stream brings the contract of its table`() throws {
        func stream(_ contract: String, _ records: String...) -> String {
            let schema =
                "{\"type\":\"SCHEMA\",\"stream\":\"t\",\"schema\":{},\"key_properties\":[],\"dlt\":{\"schema_contract\":\(contract)}}"
            return ([schema] + records.map { "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":\($0)}" }).joined(
                separator: "\n") + "\n"
        }
        let run = "dlt-normalize --pipeline p -q"
        #expect(try shell(run, stdin: stream("{\"columns\":\"freeze\"}", "{\"a\":1}")).status == 0)
        let refused = try shell(run, stdin: stream("{\"columns\":\"freeze\"}", "{\"a\":1}", "{\"b\":1}"))
        #expect(refused.status == 65)
        #expect(
            refused.stderr.contains("line 3 of standard input, table t, column b: expected no new column, got bigint 1")
        )
        #expect(try shell(run, stdin: stream("\"evolve\"", "{\"b\":1}")).status == 0)
        #expect(try shell(run, stdin: stream("\"frozen\"", "{\"b\":1}")).stderr.contains("there is no mode 'frozen'"))
        #expect(try shell("dlt-normalize --table t --schema-contract frozen", stdin: "").status == 64)
    }

    @Test func `a BATCH file is named where its row breaks the contract`() throws {
        let rows = try folder.write("rows.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":1}\n")
        let stream = """
            {"type":"SCHEMA","stream":"t","schema":{},"key_properties":[]}
            {"type":"RECORD","stream":"t","record":{"a":0}}
            {"type":"BATCH","stream":"t","encoding":{"format":"jsonl"},"manifest":["file://\(rows)"]}

            """
        #expect(try shell("dlt-normalize --pipeline p --table t -q", stdin: "{\"a\":1}\n").status == 0)
        let result = try shell(
            "dlt-normalize --pipeline p -q --schema-contract '{\"columns\":\"discard_row\"}' --rejects rejects",
            stdin: stream)
        #expect(result.status == 3, "\(result)")
        let reject = try #require(lines("rejects").first)
        #expect(reject["file"]?.stringValue == rows && reject["line"] == 2 && reject["record"] == ["a": 2, "b": 1])
    }

    @Test func `a model goes in and comes out again`() throws {
        let result = try shell(
            """
            dlt-schema import jsonschema $MODEL --table order --pipeline shop -q
            dlt-schema export --format jsonschema --pipeline shop > out.json
            dlt-schema export --format odcs --pipeline shop > out.odcs.yaml
            dlt-schema validate out.odcs.yaml -q; echo $?
            dlt-schema import odcs out.odcs.yaml --pipeline second -q; echo $?
            dlt-schema export --format odcs --pipeline second > again.odcs.yaml
            diff <(grep -v '^ *version:' out.odcs.yaml) <(grep -v '^ *version:' again.odcs.yaml); echo $?
            dlt-schema import odcs $MODEL --pipeline shop 2>&1 | head -n 1
            """)
        #expect(try JSONValue(parsing: folder.bytes("out.json")) == JSONValue(parsing: Files.readAll(model)))
        #expect(result.lines.prefix(2) == ["0", "0"], "\(result)")
        #expect(result.lines.dropFirst(2).first == "0", "\(result)")
        #expect(result.lines.last?.contains("it is a JSON Schema") == true)
    }

    @Test func `data and schemas are held against a model`() throws {
        _ = try folder.write("rows.ndjson", text([order(1), order(2, ["status": "lost", "customer_age": 1])]) + "x\n")
        let report = try shell("dlt-schema validate $MODEL rows.ndjson --json")
        #expect(report.status == 65)
        let found = try report.lines.map { try JSONValue(parsing: $0) }
        #expect(found.map { $0["line"] } == [2, 2, 3], "\(report)")
        #expect(found.map { $0["place"] } == ["status", "customer_age", ""])
        #expect(try shell("dlt-schema validate $MODEL - -q", stdin: text([order(1)])).status == 0)
        let package = try shell(
            """
            echo '{"id":"x","new":1}' | dlt-normalize --table order --pipeline loose -q > lines
            dlt-schema validate $MODEL "$(sed -n 's/.*"path":"\\([^"]*\\)".*/\\1/p' lines)" --json
            """)
        #expect(package.status == 65)
        #expect(
            package.stdout.contains("tables.order.columns.new")
                && package.stdout.contains("expected bigint, not null, got text"))
    }

    @Test func `values are left out of records that were changed on their way`() throws {
        _ = try folder.write(
            "r.json",
            #"{"title":"r","type":"object","properties":{"id":{"type":"integer"},"m":{"type":"object","additionalProperties":{"type":"integer"}}},"additionalProperties":true}"#
        )
        let rows = (1...3).map {
            #"{"name":"planted\#($0)","id":\#($0),"m":{"planted":1,"a":"warm","b":\#($0)},"x":[1]}"# + "\n"
        }
        _ = try folder.write("r.jsonl", rows.joined())
        let result = try shell(
            """
            dlt-extract files r.jsonl -q | dlt-normalize --schema r.json --schema-contract '{"data_type":"discard_value"}' \
              --exclude name --exclude m.planted --rename m.b=bee --rejects rejects --events events | dlt-load sqlite:///x.db -q
            """)
        #expect(result.status == 3, "\(result)")
        let rejects = try lines("rejects")
        #expect(
            rejects.map { $0["record"] }
                == (1...3).map { ["id": .integer($0), "m": ["a": "warm", "bee": .integer($0)], "x": .array([1])] })
        #expect(rejects.map { $0["path"] } == ["m.a", "m.a", "m.a"])
        #expect(try !folder.text("events").contains("planted") && !result.stderr.contains("planted"))
        let database = try Database.open(folder.path("x.db"), flags: .readWrite, busyTimeoutMilliseconds: 5000)
        let found = try database.prepare("SELECT id, m FROM r ORDER BY id")
        var all: [String] = []
        while try found.step() { all.append("\(found.int64(0)) \(found.string(1))") }
        #expect(all == (1...3).map { "\($0) {\"bee\":\($0)}" })
    }

    @Test func `a check reads and judges everything and leaves nothing behind`() throws {
        // dlt-extract does not know of the check, so its run has a journal.
        let result = try shell(
            """
            export TMPDIR=$PWD/tmp; mkdir tmp
            echo '{"id":1,"name":"Ann"}' | dlt-normalize --check --table users; echo $?
            ls -A data 2>/dev/null | wc -l
            files() { find data -type f -not -path '*/runs/*' | sort | xargs cksum; }
            echo '{"id":1,"name":"Ann"}' | dlt-normalize --table users > made; files > before
            echo '{"id":"x","name":"Bob"}' | dlt-normalize --check --table users --schema-contract freeze; echo $?
            printf '{"id":"x"}\\n{"id":2}\\n' |
              dlt-normalize --check --table users --schema-contract discard_row --rejects r --events e; echo $?
            dlt-extract files users.jsonl 2>/dev/null | dlt-normalize --check -q 2>/dev/null; echo $?
            files | cmp - before; ls -A tmp | wc -l; ls r e 2>/dev/null | wc -l
            dlt-load sqlite:///x.db -q < made; echo $?
            """)
        let lines = result.lines.filter { !$0.hasPrefix("{") }
        #expect(lines == ["0", "0", "65", "3", "66", "0", "0", "0"], "\(result)")
        #expect(result.stderr.contains("checked 1 record into 1 row of 1 table"), "\(result)")
        #expect(result.stderr.contains("nothing was published"), "\(result)")
    }

    @Test func `a schema without a model is held to as if it were frozen`() throws {
        let result = try shell(
            """
            echo '{"id":1,"name":"Ann"}' | dlt-normalize --table users | dlt-load sqlite:///x.db -q
            dlt-schema export --pipeline users > base.yaml
            echo '{"id":"three","colour":"red"}' > bad.jsonl; echo '{"id":2}' > good.jsonl
            dlt-schema validate base.yaml bad.jsonl --json; echo $?
            dlt-schema validate base.yaml good.jsonl; echo $?
            dlt-normalize --table users --pipeline other -q < bad.jsonl > lines
            dlt-schema validate base.yaml "$(sed -n 's/.*"path":"\\([^"]*\\)".*/\\1/p' lines)" --json; echo $?
            echo 'tables: {users: {}}' > empty.yaml; dlt-schema validate empty.yaml good.jsonl; echo $?
            echo 'tables: {}' > none.yaml; dlt-schema validate none.yaml good.jsonl; echo $?
            """)
        let lines = result.lines
        #expect(lines.filter { $0.count <= 2 } == ["65", "0", "65", "65", "65"], "\(result)")
        #expect(
            lines[0].contains(#""place":"id""#) && lines[0].contains(#"expected bigint, got text \"three\""#),
            "\(result)")
        #expect(lines[1].contains(#""place":"colour""#) && lines[1].contains("expected no new column"), "\(result)")
        #expect(result.stdout.contains("tables.users.columns.colour"), "\(result)")
        #expect(result.stderr.contains("1 record of good.jsonl keeps the contract in base.yaml"), "\(result)")
        #expect(result.stderr.contains("empty.yaml has no columns and no model of table users"), "\(result)")
    }

    @Test func `a contract that was committed meanwhile holds for packages made before`() throws {
        let result = try shell(
            """
            n() { dlt-normalize --table t -q "$@"; }
            echo '{"a":1}' | n | dlt-load sqlite:///x.db -q
            mkfifo rows; n < rows > second & exec 3> rows
            echo '{"a":9}' >&3
            until ls data/spool/t/packages/.*.partial > /dev/null 2>&1; do sleep 0.05; done
            echo '{"a":2}' | n --schema-contract '{"columns":"freeze"}' > first
            echo '{"b":1}' >&3; exec 3>&-; wait
            echo '{"a":3}' | n --pipeline t > third
            dlt-load sqlite:///x.db -q < first; echo $?
            dlt-load sqlite:///x.db -q < second; echo $?
            dlt-load sqlite:///x.db -q < third; echo $?
            """)
        #expect(result.lines == ["0", "65", "0"], "\(result)")
        #expect(result.stderr.contains("column \"b\" of table \"t\": it is new, and the contract"))
    }

    @Test func `what a contract committed meanwhile would leave out is not dropped silently by the load`() throws {
        let result = try shell(
            """
            n() { dlt-normalize --table t -q "$@"; }
            echo '{"a":1}' | n | dlt-load sqlite:///x.db -q
            mkfifo rows; n < rows > second & exec 3> rows
            echo '{"a":9}' >&3
            until ls data/spool/t/packages/.*.partial > /dev/null 2>&1; do sleep 0.05; done
            echo '{"a":2}' | n --schema-contract '{"columns":"discard_value"}' | dlt-load sqlite:///x.db -q
            echo '{"a":3,"b":1}' >&3; exec 3>&-; wait
            dlt-load sqlite:///x.db -q < second; echo $?
            dlt-state packages drop --all-waiting --pipeline t > /dev/null
            echo '{"a":3,"b":1}' | n --rejects rejects | dlt-load sqlite:///x.db -q; echo $?
            """)
        #expect(result.lines == ["65", "3"], "\(result)")
        #expect(result.stderr.contains("columns: discard_value"), "\(result)")
        #expect(result.stderr.contains("dlt-normalize leaves out and counts what"), "\(result)")
        let database = try Database.open(folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM t") == 3)
        #expect(try lines("rejects").count == 1)
    }

    @Test(arguments: ["1", "2", "7"])
    func `contracts leave out the same whatever the number of workers`(workers: String) throws {
        let records = (0..<20_000).map { number -> String in
            switch number % 1000 {
            case 7: "{\"id\":\(number),\"a\":\"text\"}"
            case 8: "{\"id\":\(number),\"b\":null}"
            case 500: "{\"id\":\(number),\"b\":1}"
            case 501: "{\"id\":\(number),\"l\":[{\"x\":1,\"new\":1},{\"x\":2}]}"
            default: "{\"id\":\(number),\"a\":\(number),\"l\":[{\"x\":1}]}"
            }
        }
        let result = try shell(
            """
            echo '{"id":-1,"a":1,"l":[{"x":1}]}' | dlt-normalize --table t -q | dlt-load sqlite:///x.db -q
            dlt-normalize --table t --workers \(workers) --rejects rejects -q \
              --schema-contract '{"columns":"discard_row","data_type":"discard_value"}' | dlt-load sqlite:///x.db -q; echo $?
            """, stdin: records.joined(separator: "\n") + "\n")
        #expect(result.stdout == "3\n", "\(result)")
        let database = try Database.open(folder.path("x.db"), flags: .readWrite, busyTimeoutMilliseconds: 5000)
        // Of 20 rows with b, 19 come after the first violation, nulls too; the first null came before it.
        #expect(try database.integer("SELECT count(*) FROM t") == 20_001 - 20 - 19)
        #expect(try database.integer("SELECT count(*) FROM t WHERE a IS NULL AND id % 1000 = 7") == 20)
        #expect(try database.integer("SELECT count(*) FROM t__l") == 1 + 20_000 - 80 + 20)
        #expect(
            try lines("rejects").map { $0["line"]?.intValue ?? 0 }
                == lines("rejects").map { $0["line"]?.intValue ?? 0 }.sorted())
        #expect(try lines("rejects").count == 20 + 20 + 19 + 20)
    }
}
