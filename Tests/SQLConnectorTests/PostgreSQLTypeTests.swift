import PostgreSQL
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, Comment(rawValue: PostgreSQLServer.absence)))
struct PostgreSQLTypeTests {
    /// Type, values as SQL, dlt's hint, values as JSON.
    private static let table: [(type: String, values: [String], hint: String, json: [String])] = [
        ("smallint", ["1", "-32768", "32767"], "bigint", ["1", "-32768", "32767"]),
        ("integer", ["0", "-2147483648", "2147483647"], "bigint", ["0", "-2147483648", "2147483647"]),
        (
            "bigint", ["10", "-9223372036854775808", "9223372036854775807"], "bigint",
            ["10", "-9223372036854775808", "9223372036854775807"]
        ),
        ("oid", ["4294967295"], "bigint", ["4294967295"]),
        (
            "numeric",
            ["1.50", "0", "-0.00000000000000001", "10000.00010000", "123456789.0001", "NaN", "Infinity", "-Infinity"],
            "decimal",
            [
                "1.50", "0", "-0.00000000000000001", "10000.00010000", "123456789.0001", "\"NaN\"", "\"Infinity\"",
                "\"-Infinity\"",
            ]
        ),
        ("numeric(20,6)", ["99999999999999.999999", "0.1"], "decimal", ["99999999999999.999999", "0.100000"]),
        ("numeric(5,-2)", ["12345"], "decimal", ["12300"]),
        ("real", ["0.1", "3.4e38", "-Infinity", "NaN"], "double", ["0.1", "3.4e+38", "\"-Infinity\"", "\"NaN\""]),
        (
            "double precision", ["0.1", "5e-324", "1.7976931348623157e308", "100", "NaN"], "double",
            ["0.1", "5e-324", "1.7976931348623157e+308", "100.0", "\"NaN\""]
        ),
        ("boolean", ["true", "false"], "bool", ["true", "false"]),
        ("text", ["", "a\"b\\c\n\u{1}é", "12345678"], "text", ["\"\"", #""a\"b\\c\n\u0001é""#, "\"12345678\""]),
        ("varchar(40)", ["x"], "text", ["\"x\""]), ("char(4)", ["x"], "text", ["\"x   \""]),
        ("name", ["n"], "text", ["\"n\""]),
        ("money", ["-12.34"], "decimal", ["-12.34"]),
        ("bytea", ["\\x", "\\x00", "\\x00ff", "\\x00ff10"], "binary", ["\"\"", "\"AA==\"", "\"AP8=\"", "\"AP8Q\""]),
        (
            "date",
            ["2026-11-30", "0001-01-01", "9999-12-31", "infinity", "-infinity", "0044-03-15 BC", "10000-01-01"], "date",
            [
                "\"2026-11-30\"", "\"0001-01-01\"", "\"9999-12-31\"", "\"9999-12-31\"", "\"0001-01-01\"",
                "\"0044-03-15 BC\"",
                "\"10000-01-01\"",
            ]
        ),
        ("time", ["08:00:01.5", "24:00"], "time", ["\"08:00:01.500000\"", "\"24:00:00\""]),
        ("timetz", ["08:00:01+02"], "time", ["\"06:00:01.000000\""]),
        (
            "timestamp", ["2026-11-30 08:00:01.25", "infinity", "-infinity", "0044-03-15 12:00 BC"], "timestamp",
            [
                "\"2026-11-30T08:00:01.250000\"", "\"9999-12-31T23:59:59.999999\"", "\"0001-01-01T00:00:00.000000\"",
                "\"0044-03-15 12:00:00.000000 BC\"",
            ]
        ),
        (
            "timestamptz", ["2026-11-30 08:00:01.25+02", "294276-12-31 23:59:59.999999+00", "4713-01-01 00:00+00 BC"],
            "timestamp",
            [
                "\"2026-11-30T06:00:01.250000Z\"", "\"294276-12-31 23:59:59.999999+00\"",
                "\"4713-01-01 00:00:00.000000+00 BC\"",
            ]
        ),
        ("interval", ["1 year 2 days 03:04:05.6", "-1 mon"], "text", ["\"P1Y2DT3H4M5.6S\"", "\"P-1M\""]),
        (
            "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], "text", ["\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""]
        ),
        ("mood", ["ok"], "text", ["\"ok\""]),
        ("json", [#"{"a": [1, 2.50]}"#, "1"], "json", [#"{"a": [1, 2.50]}"#, "1"]),
        ("jsonb", [#"{"b":null}"#], "json", [#"{"b": null}"#]),
        ("integer[]", ["{1,2,NULL}", "{}"], "json", ["[1,2,null]", "[]"]),
        ("integer[][]", ["{{1,2},{3,4}}"], "json", ["[[1,2],[3,4]]"]),
        ("text[]", [#"{x,"y z"}"#], "json", [#"["x","y z"]"#]),
        ("zip", ["12345"], "text", ["\"12345\""]), ("twice", ["54321"], "text", ["\"54321\""]),
        ("even", ["8"], "bigint", ["8"]),
        ("pair", ["(1,q)"], "text", ["\"(1,q)\""]),
        ("inet", ["10.0.0.1/8", "10.0.0.1"], "text", ["\"10.0.0.1/8\"", "\"10.0.0.1\""]),
        ("cidr", ["10.0.0.0/8"], "text", ["\"10.0.0.0/8\""]),
        ("macaddr", ["08:00:2b:01:02:03"], "text", ["\"08:00:2b:01:02:03\""]),
        ("point", ["(1,2)"], "text", ["\"(1,2)\""]), ("xml", ["<a/>"], "text", ["\"<a/>\""]),
        ("tsvector", ["fat cat"], "text", ["\"'cat' 'fat'\""]),
        ("int4range", ["[1,5)", "empty"], "text", ["\"[1,5)\"", "\"empty\""]),
        ("bit(3)", ["101"], "text", ["\"101\""]), ("varbit", ["1"], "text", ["\"1\""]),
    ]

    private static let types = """
        CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN zip AS varchar(5); CREATE DOMAIN twice AS zip;
        CREATE DOMAIN even AS int CHECK (value % 2 = 0); CREATE TYPE pair AS (a int, b text);
        """

    @Test func `each value of each type arrives exactly, and the catalog says its type`() throws {
        let columns = Self.table.enumerated().map { "c\($0) \($1.type)" }
        let database = try SourceDatabase(
            Self.types + "CREATE TABLE t(id int PRIMARY KEY, \(columns.joined(separator: ", ")), alone int);")
        let rows = Self.table.map(\.values.count).max() ?? 0
        var expected: [String] = []
        for row in 0..<rows {
            var values: [String] = []
            var record = "{\"id\":\(row)"
            for (place, column) in Self.table.enumerated() {
                let isThere = row < column.values.count
                values.append(isThere ? "\(Connection.quoteLiteral(column.values[row]))::\(column.type)" : "NULL")
                record += ",\"c\(place)\":" + (isThere ? column.json[row] : "null")
            }
            try database.execute("INSERT INTO t VALUES (\(row), \(values.joined(separator: ", ")))")
            expected.append(record + ",\"alone\":null}")
        }
        let result = try database.extract("--table t")
        #expect(result.status == 0, "\(result)")
        #expect(result.records.sorted { Self.id($0) < Self.id($1) } == expected)
        let schema = result.schemaLine
        for (place, column) in Self.table.enumerated() {
            #expect(schema.contains("\"c\(place)\":{\"data_type\":\"\(column.hint)\""), "\(column.type)")
        }
        #expect(schema.contains("\"key_properties\":[\"id\"]"))
        #expect(schema.contains(#""id":{"data_type":"bigint","nullable":false},"#))
        #expect(schema.contains(#""alone":{"data_type":"bigint","nullable":true}"#))
    }

    private static func id(_ record: String) -> Int { Int(record.dropFirst(6).prefix { $0.isNumber }) ?? 0 }

    @Test func `a numeric of 131,072 digits and a text of 20 MB keep every byte`() throws {
        let database = try SourceDatabase(
            """
            CREATE TABLE t(n numeric, t text, b bytea);
            INSERT INTO t VALUES (1e131071::numeric + 7, repeat('0123456789"' || chr(10), 1000000), decode(repeat('00ff', 500000), 'hex')),
            (1e131071, 'short', '\\x01')
            """)
        let result = try database.shell(
            """
            dlt-extract sql "$URL" --schema "$SCHEMA" | python3 -c '
            import base64, json, sys
            sys.set_int_max_str_digits(0)
            rows = [json.loads(line)["record"] for line in sys.stdin if "RECORD" in line[:20]]
            assert rows[0]["n"] == 10**131071 + 7 and rows[1]["n"] == 10**131071
            assert rows[0]["t"] == "0123456789\\"\\n" * 1000000 and rows[1]["t"] == "short"
            assert base64.b64decode(rows[0]["b"]) == bytes([0, 255]) * 500000
            print("equal")'
            """)
        #expect(result.stdout == "equal\n", "\(result)")
    }

    @Test func `the reflection levels pass on what dlt's do`() throws {
        let database = try SourceDatabase(
            "CREATE TABLE t(a smallint, b varchar(40), c numeric(20,6) NOT NULL, d text[])")
        let minimal = try database.extract("--table t --reflection minimal").schemaLine
        #expect(
            minimal.contains(
                #""columns":{"a":{"nullable":true},"b":{"nullable":true},"c":{"nullable":false},"d":{"nullable":true}}"#
            ))
        let full = try database.extract("--table t").schemaLine
        #expect(full.contains(#""a":{"data_type":"bigint","nullable":true},"b":{"data_type":"text","nullable":true}"#))
        #expect(full.contains(#""c":{"data_type":"decimal","precision":20,"scale":6,"nullable":false}"#))
        let precise = try database.extract("--table t --reflection full-with-precision").schemaLine
        #expect(
            precise.contains(
                #""a":{"data_type":"bigint","precision":32,"nullable":true},"b":{"data_type":"text","precision":40,"#))
    }
}
