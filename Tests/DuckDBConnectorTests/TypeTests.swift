import TestSupport
import Testing

/// What the common suite does not know of types: DuckDB's own, of every precision, and those that somebody else has chosen.
@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct TypeTests {
    let pipeline: DuckDBPipeline

    init() throws { pipeline = try DuckDBPipeline() }

    private static let columns: [(name: String, hints: String, type: String)] = [
        ("a_text", #""text""#, "VARCHAR"), ("short", #""text","precision":10"#, "VARCHAR"),
        ("a_bigint", #""bigint""#, "BIGINT"), ("tiny", #""bigint","precision":8"#, "TINYINT"),
        ("small", #""bigint","precision":16"#, "SMALLINT"), ("middle", #""bigint","precision":32"#, "INTEGER"),
        ("huge", #""bigint","precision":128"#, "HUGEINT"), ("a_double", #""double""#, "DOUBLE"),
        ("a_bool", #""bool""#, "BOOLEAN"), ("a_timestamp", #""timestamp""#, "TIMESTAMP WITH TIME ZONE"),
        ("precise", #""timestamp","precision":3"#, "TIMESTAMP WITH TIME ZONE"),
        ("naive", #""timestamp","timezone":false"#, "TIMESTAMP"),
        ("naive_0", #""timestamp","timezone":false,"precision":0"#, "TIMESTAMP_S"),
        ("naive_3", #""timestamp","timezone":false,"precision":3"#, "TIMESTAMP_MS"),
        ("naive_9", #""timestamp","timezone":false,"precision":9"#, "TIMESTAMP_NS"),
        ("a_date", #""date""#, "DATE"), ("a_time", #""time""#, "TIME"), ("time_3", #""time","precision":3"#, "TIME"),
        ("a_json", #""json""#, "JSON"), ("a_decimal", #""decimal""#, "DECIMAL(38,9)"),
        ("decimal_4", #""decimal","precision":4,"scale":2"#, "DECIMAL(4,2)"),
        ("decimal_9", #""decimal","precision":9,"scale":0"#, "DECIMAL(9,0)"),
        ("decimal_18", #""decimal","precision":18,"scale":18"#, "DECIMAL(18,18)"),
        ("decimal_20", #""decimal","precision":20"#, "DECIMAL(20,9)"), ("a_wei", #""wei""#, "DECIMAL(38,0)"),
        ("a_binary", #""binary""#, "BLOB"),
    ]

    private static let hints: String =
        "{" + columns.map { "\"\($0.name)\":{\"data_type\":\($0.hints)}" }.joined(separator: ",") + "}"

    @Test func `columns of every precision are declared as dlt declares them`() throws {
        let result = try pipeline.load("{\"id\":1}", "--columns '\(TypeTests.hints)'")
        #expect(result.status == 0, "\(result)")
        let declared = try pipeline.query(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = 't'")
        #expect(
            Set(declared.map { $0.map { $0 ?? "" } })
                == Set(
                    TypeTests.columns.map { [$0.name, $0.type, "true"] } + [
                        ["id", "BIGINT", "true"], ["_dlt_load_id", "VARCHAR", "false"],
                        ["_dlt_id", "VARCHAR", "false"],
                    ]))
        #expect(try pipeline.query("SELECT * FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL'") == [])
        #expect(try pipeline.query("SELECT * FROM duckdb_indexes()") == [])
    }

    @Test(arguments: [
        ("a_text", #""twelve bytes""#, "twelve bytes"), ("a_text", #""thirteen byte""#, "thirteen byte"),
        ("tiny", "-128", "-128"), ("huge", "-9223372036854775808", "-9223372036854775808"),
        ("a_double", "0.9452706955539223", "0.9452706955539223"),
        ("a_timestamp", #""2024-01-15T10:00:00.1234567+02:00""#, "2024-01-15 08:00:00.123456+00"),
        ("precise", #""2024-01-15T08:00:00.123456Z""#, "2024-01-15 08:00:00.123456+00"),
        ("naive", #""2024-01-15T08:00:00.123456+05:00""#, "2024-01-15 03:00:00.123456"),
        ("naive_0", #""2024-01-15T08:00:00.4999""#, "2024-01-15 08:00:00"),
        ("naive_0", #""2024-01-15T08:00:00.5""#, "2024-01-15 08:00:01"),
        ("naive_0", #""1969-12-31T23:59:58.5""#, "1969-12-31 23:59:58"),
        ("naive_3", #""2024-01-15T08:00:00.9996""#, "2024-01-15 08:00:01"),
        ("naive_9", #""2024-01-15T08:00:00.123456789""#, "2024-01-15 08:00:00.123456"),
        ("naive_9", #""1969-12-31T23:59:59.999999""#, "1969-12-31 23:59:59.999999"),
        ("time_3", #""10:00:00.1234""#, "10:00:00.1234"),
        ("a_json", #"{"a":[1,"\u00e9",2.50,12345678901234567890.10]}"#, nil),
        ("a_decimal", "1.0", "1.000000000"), ("a_decimal", "1e20", "100000000000000000000.000000000"),
        ("a_decimal", "123456789012.123456", "123456789012.123456000"),
        ("a_decimal", "1.0000000005", "1.000000001"), ("a_decimal", "-1.0000000005", "-1.000000001"),
        ("a_decimal", "1.00000000049999999999999999999", "1.000000000"),
        ("a_decimal", "1e-30", "0.000000000"), ("a_decimal", "0e99", "0.000000000"),
        ("decimal_4", "-99.994", "-99.99"), ("decimal_9", "999999999", "999999999"),
        ("decimal_18", "0.1", ".100000000000000000"), ("decimal_20", "12345678901.5", "12345678901.500000000"),
        ("a_wei", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("a_binary", #""AQL/""#, "\\x01\\x02\\xFF"),
    ])
    func `a value is stored as its column has it`(_ column: String, _ json: String, _ shown: String?) throws {
        let result = try pipeline.load("{\"id\":1,\"\(column)\":\(json)}", "--columns '\(TypeTests.hints)'")
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.value("SELECT \(column) FROM t") == shown ?? json)
    }

    @Test(arguments: [
        ("tiny", "128", "has 128 in column \"tiny\", which is TINYINT"),
        ("small", "-32769", "has -32769 in column \"small\", which is SMALLINT"),
        ("a_decimal", "1e29", "has 1e29 in column \"a_decimal\", which is DECIMAL(38,9)"),
        ("decimal_4", "99.995", "has 99.995 in column \"decimal_4\", which is DECIMAL(4,2)"),
        ("a_wei", "1e38", "has 1e38 in column \"a_wei\", which is DECIMAL(38,0)"),
        ("naive_9", #""2300-01-01T00:00:00""#, "which is TIMESTAMP_NS, of the years 1677 to 2262"),
    ])
    func `a value that the type cannot hold is reported with its row`(
        _ column: String, _ json: String, _ told: String
    ) throws {
        let result = try pipeline.load(
            "{\"id\":1}\n{\"id\":2,\"\(column)\":\(json)}", "--columns '\(TypeTests.hints)'")
        #expect(
            result.status == 65 && result.stderr.contains("row 2 of t.") && result.stderr.contains(told), "\(result)")
        #expect(try pipeline.query("SELECT * FROM duckdb_tables() WHERE database_name = 'x'") == [])
    }

    @Test(arguments: [
        (#""bigint","precision":129"#, "its integers have 128 bits at most, not 129"),
        (#""decimal","precision":39"#, "its decimals have 38 digits at most, not 39"),
        (#""decimal","precision":3"#, "its decimals cannot have 9 of 3 digits after the point"),
        (#""timestamp","timezone":false,"precision":12"#, "its times have 9 digits of a second at most, not 12"),
    ])
    func `a type that DuckDB lacks is refused before anything is done`(_ hints: String, _ told: String) throws {
        let result = try pipeline.load("{\"id\":1}", "--columns '{\"c\":{\"data_type\":\(hints)}}'")
        #expect(result.status == 65 && result.stderr.contains(told), "\(result)")
    }

    /// Columns of somebody else's table, what goes into them, and what is there afterwards or what is said.
    @Test(
        arguments: [
            ("VARCHAR", "bigint", "12", "12"), ("VARCHAR", "double", "2.50", "2.50"),
            ("VARCHAR", "bool", "true", "true"), ("VARCHAR", "json", #"{"a": 1}"#, #"{"a":1}"#),
            ("VARCHAR", "date", #""2024-01-15""#, "2024-01-15"),
            ("JSON", "text", #""a\"b""#, #""a\"b""#), ("JSON", "bigint", "1", "1"),
            ("DOUBLE", "bigint", "-9007199254740992", "-9007199254740992.0"),
            ("DOUBLE", "bigint", "9007199254740993", "which has 53 bits for integers"),
            ("HUGEINT", "bigint", "-5", "-5"), ("DECIMAL(10,2)", "bigint", "12345678", "12345678.00"),
            ("DECIMAL(10,2)", "bigint", "123456789", "which is DECIMAL(10,2)"), ("SMALLINT", "bigint", "7", "7"),
            ("SMALLINT", "bigint", "70000", "which is SMALLINT"),
            ("TIMESTAMP", "timestamp", #""2024-01-15T10:00:00+02:00""#, "2024-01-15 08:00:00"),
            ("UUID", "text", #""A1B2C3D4-0000-0000-0000-000000000000""#, "a1b2c3d4-0000-0000-0000-000000000000"),
            ("UUID", "text", #""x""#, "expected UUID"),
            ("ENUM ('a', 'b')", "text", #""b""#, "b"),
            ("FLOAT", "double", "0.1", "is FLOAT in the database, which cannot store every double unchanged"),
            ("BIGINT", "text", #""1.5""#, "is BIGINT in the database, which cannot store every text unchanged"),
            ("BIGINT", "double", "1.5", "is BIGINT in the database"), ("DOUBLE", "decimal", "0.1", "is DOUBLE in"),
            ("DATE", "timestamp", #""2024-01-15T10:00:00""#, "is DATE in the database"),
            ("UINTEGER", "bigint", "1", "is UINTEGER in the database"),
            ("INTEGER[]", "text", #""[1.5]""#, "is INTEGER[] in the database"),
        ], ["append", "merge"])
    func `another column than dlt's takes what it can hold, or is named`(
        _ column: (type: String, data: String, json: String, told: String), disposition: String
    ) throws {
        #expect(try pipeline.load("{\"id\":0}").status == 0)
        try pipeline.execute("ALTER TABLE t ADD COLUMN c \(column.type)")
        let result = try pipeline.load(
            "{\"id\":1,\"c\":\(column.json)}",
            "--columns '{\"c\":{\"data_type\":\"\(column.data)\"}}' --write-disposition \(disposition) --primary-key id"
        )
        if result.status == 0 {
            #expect(try pipeline.query("SELECT c FROM t ORDER BY id") == [[nil], [column.told]])
        } else {
            #expect(result.status == 65 && result.stderr.contains(column.told), "\(result)")
            #expect(try pipeline.sum() == "1 0 1")
        }
    }
}
