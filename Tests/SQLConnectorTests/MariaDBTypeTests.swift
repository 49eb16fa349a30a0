import TestSupport
import Testing

@Suite(.enabled(if: MariaDBServer.isRunning, Comment(rawValue: MariaDBServer.absence)))
struct MariaDBTypeTests {
    /// Type, values as SQL, dlt's hint, values as JSON.
    private static let table: [(type: String, values: [String], hint: String, json: [String])] = [
        ("tinyint", ["-128", "127"], "bigint", ["-128", "127"]), ("tinyint unsigned", ["255"], "bigint", ["255"]),
        ("boolean", ["true", "false"], "bigint", ["1", "0"]), ("smallint", ["-32768"], "bigint", ["-32768"]),
        ("mediumint", ["-8388608"], "bigint", ["-8388608"]), ("int unsigned", ["4294967295"], "bigint", ["4294967295"]),
        ("int(8) zerofill", ["42", "0"], "bigint", ["42", "0"]),
        ("bigint", ["-9223372036854775808"], "bigint", ["-9223372036854775808"]),
        ("bigint unsigned", ["18446744073709551615"], "bigint", ["18446744073709551615"]),
        (
            "decimal(65,30)", ["-12345678901234567890123456789012345.123456789012345678901234567891", "0"], "decimal",
            ["-12345678901234567890123456789012345.123456789012345678901234567891", "0.000000000000000000000000000000"]
        ),
        ("decimal(20,0)", ["99999999999999999999"], "decimal", ["99999999999999999999"]),
        ("decimal(10,2) zerofill", ["1.5", "0"], "decimal", ["1.50", "0.00"]),
        ("float", ["0.1", "16777216", "3.14159274", "-1e30"], "double", ["0.1", "16777216.0", "3.1415927", "-1e+30"]),
        (
            "double", ["0.1", "1e100", "-2.2250738585072014e-308"], "double",
            ["0.1", "1e100", "-2.2250738585072014e-308"]
        ),
        ("bit(1)", ["b'1'", "b'0'"], "bigint", ["1", "0"]), ("bit(10)", ["b'1000000001'"], "bigint", ["513"]),
        ("bit(64)", ["~0"], "bigint", ["18446744073709551615"]),
        ("year", ["2155", "0"], "bigint", ["2155", "0"]),
        (
            "date", ["'9999-12-31'", "'0000-00-00'", "'2026-00-01'"], "date",
            ["\"9999-12-31\"", "\"0000-00-00\"", "\"2026-00-01\""]
        ),
        (
            "time", ["'23:59:59'", "'-838:59:59'", "'838:59:59'"], "time",
            ["\"23:59:59\"", "\"-838:59:59\"", "\"838:59:59\""]
        ),
        ("time(6)", ["'00:00:00.000001'"], "time", ["\"00:00:00.000001\""]),
        (
            "datetime", ["'1000-01-01 00:00:00'", "'0000-00-00 00:00:00'"], "timestamp",
            ["\"1000-01-01T00:00:00\"", "\"0000-00-00 00:00:00\""]
        ),
        ("datetime(6)", ["'9999-12-31 23:59:59.999999'"], "timestamp", ["\"9999-12-31T23:59:59.999999\""]),
        ("timestamp(3) null", ["FROM_UNIXTIME(1.5)"], "timestamp", ["\"1970-01-01T00:00:01.500\""]),
        ("char(5)", ["'ab'"], "text", ["\"ab\""]),
        ("varchar(40)", ["'it''s \"q\" \\\\ \\n é😀'"], "text", [#""it's \"q\" \\ \n é😀""#]),
        ("varchar(20) character set latin1", ["'é€'"], "text", ["\"é€\""]),
        ("longtext", ["'x'", "''"], "text", ["\"x\"", "\"\""]),
        ("binary(4)", ["x'00ff'"], "binary", ["\"AP8AAA==\""]),
        ("varbinary(10)", ["x'000a'", "''"], "binary", ["\"AAo=\"", "\"\""]),
        ("blob", ["x'00ff10'"], "binary", ["\"AP8Q\""]), ("enum('a','ü')", ["'ü'"], "text", ["\"ü\""]),
        ("set('x','y','z')", ["'z,x'", "''"], "text", ["\"x,z\"", "\"\""]),
        ("json", [#"'{"a": [1, 2.50]}'"#], "text", [#""{\"a\": [1, 2.50]}""#]),
        ("geometry", ["ST_GeomFromText('POINT(1 2)')"], "binary", ["\"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==\""]),
        ("uuid", ["'123e4567-e89b-12d3-a456-426655440000'"], "text", ["\"123e4567-e89b-12d3-a456-426655440000\""]),
        ("inet4", ["'192.168.0.1'"], "text", ["\"192.168.0.1\""]), ("inet6", ["'::1'"], "text", ["\"::1\""]),
    ]

    @Test func `values of a type arrive as others, or the hint is another`() throws {
        var statements: [String] = []
        for (index, row) in Self.table.enumerated() {
            statements.append("CREATE TABLE t\(index) (id int auto_increment primary key, c \(row.type))")
            let values = (row.values + ["NULL"]).map { "(\($0))" }.joined(separator: ",")
            statements.append("INSERT INTO t\(index) (c) VALUES \(values)")
        }
        let database = try MariaDBDatabase(statements)
        let result = try database.extract("")
        #expect(result.status == 0, "\(result.stderr)")
        var records: [String: [String]] = [:]
        var schemas: [String: String] = [:]
        for line in result.lines {
            guard let stream = line.firstMatch(of: /"stream":"([^"]*)"/).map({ String($0.1) }) else { continue }
            if line.hasPrefix("{\"type\":\"SCHEMA\"") { schemas[stream] = line }
            guard let start = line.firstRange(of: "\"c\":"), line.hasPrefix("{\"type\":\"RECORD\"") else { continue }
            records[stream, default: []].append(String(line[start.upperBound...].dropLast(2)))
        }
        for (index, row) in Self.table.enumerated() {
            #expect(records["t\(index)"] == row.json + ["null"], "\(row.type)")
            #expect(
                schemas["t\(index)"]?.contains("\"c\":{\"data_type\":\"\(row.hint)\"") == true,
                "\(row.type): \(schemas["t\(index)"] ?? "")")
        }
    }

    @Test func `values of a query have other types than those of a table`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE t (f float, d decimal(5,2))", "INSERT INTO t VALUES (0.1, 1.5)",
        ])
        let result = try database.extract(
            "--resource r --query 'SELECT f, f * 2 AS g, d, 1 AS one, NULL AS n, CAST(\"é\" AS CHAR) AS t FROM t # all'"
        )
        #expect(
            result.records == [#"{"f":0.1,"g":0.20000000298023224,"d":1.50,"one":1,"n":null,"t":"é"}"#], "\(result)")
        #expect(
            result.schemaLine.contains(#""d":{"data_type":"decimal","precision":5,"scale":2}"#), "\(result.schemaLine)")
    }

    @Test func `a table has other rows than the pipe delivers`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE t (id int primary key, at datetime(6), d date, tm time, n bigint unsigned, e decimal(30,10))",
            "INSERT INTO t VALUES (1, '2026-11-30 08:00:00.5', '0000-00-00', '25:00:00', 18446744073709551615, 0.5), "
                + "(2, NULL, '2026-11-30', '08:00:00', 7, NULL)",
        ])
        let result = try database.shell(
            """
            dlt-extract sql "$URL" | dlt-normalize | dlt-load sqlite:///x.db -q
            dlt-query sqlite:///x.db --pipeline p 'SELECT id, at, d, d__v_text, tm, tm__v_text FROM t ORDER BY id' --format jsonl
            """)
        #expect(
            result.lines.suffix(2) == [
                #"{"id":1,"at":"2026-11-30T08:00:00.5Z","d":null,"d__v_text":"0000-00-00","tm":null,"tm__v_text":"25:00:00"}"#,
                #"{"id":2,"at":null,"d":"2026-11-30","d__v_text":null,"tm":"08:00:00","tm__v_text":null}"#,
            ], "\(result)")
        #expect(result.stderr.contains("t: 1 date of d with a month or a day 0 is kept as text"), "\(result.stderr)")
    }
}
