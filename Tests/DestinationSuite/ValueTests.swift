import JSONText
import LoadPackages
import Schemas
import TestSupport
import Testing

/// Types, and values of each that are hard to keep.
@Suite struct ValueTests {
    private static let columns: [Column] = [
        Column(name: "a_text", .text), Column(name: "a_bigint", .bigint), Column(name: "a_double", .double),
        Column(name: "a_bool", .bool), Column(name: "a_timestamp", .timestamp),
        Column(name: "naive", .timestamp, nullable: true, ["timezone": false]), Column(name: "a_date", .date),
        Column(name: "a_time", .time), Column(name: "a_json", .json), Column(name: "a_decimal", .decimal),
        Column(name: "a_wei", .wei), Column(name: "a_binary", .binary),
        Column(name: "a_short", .text, nullable: true, ["precision": 10]),
        Column(name: "small", .bigint, nullable: true, ["precision": 16]),
        Column(name: "middle", .bigint, nullable: true, ["precision": 32]),
        Column(name: "p_decimal", .decimal, nullable: true, ["precision": 10]),
        Column(name: "ps_decimal", .decimal, nullable: true, ["precision": 10, "scale": 2]),
    ]

    /// By column: JSON of a value, and its plain text where that is another.
    private static let values: [(column: String, json: String, text: String)] = {
        let long = String(repeating: "long text ", count: 20_000)
        let spellings: [(String, [(String, String?)])] = [
            (
                "a_text",
                [
                    (#""a\"b\\c\n\u00e9\ud83d\ude00""#, "a\"b\\c\né😀"), (#""""#, ""), (#""1""#, "1"),
                    (#"" x ""#, " x "),
                    (#""NULL""#, "NULL"), (#""\\N""#, "\\N"), (#""\t\r\u0001\u007f""#, "\t\r\u{1}\u{7F}"),
                    (#""a\u0000b""#, "a\0b"), (#""e\u0301\u202e\ufeff""#, "e\u{301}\u{202E}\u{FEFF}"),
                    ("\"\(long)\"", long),
                ]
            ),
            (
                "a_bigint",
                [
                    ("0", nil), ("-1", nil), ("9007199254740993", nil), ("9223372036854775807", nil),
                    ("-9223372036854775808", nil),
                ]
            ),
            ("small", [("32767", nil), ("-32768", nil)]), ("middle", [("2147483647", nil), ("-2147483648", nil)]),
            (
                "a_double",
                [
                    ("1", "1.0"), ("0.1", nil), ("0.30000000000000004", nil), ("123456.789", nil),
                    ("1.7976931348623157e308", "1.7976931348623157e+308"),
                    ("-1.7976931348623157e308", "-1.7976931348623157e+308"),
                    ("2.2250738585072014e-308", nil), ("5e-324", nil), ("9007199254740993", "9007199254740992.0"),
                ]
            ),
            ("a_bool", [("true", nil), ("false", nil)]),
            (
                "a_timestamp",
                [
                    (#""2024-01-15T08:00:00.123456Z""#, "2024-01-15 08:00:00.123456"),
                    (#""1970-01-01T00:00:00.000000Z""#, "1970-01-01 00:00:00.000000"),
                    (#""0001-01-01T00:00:00.000000Z""#, "0001-01-01 00:00:00.000000"),
                    (#""9999-12-31T23:59:59.999999Z""#, "9999-12-31 23:59:59.999999"),
                ]
            ),
            ("naive", [(#""2024-01-15T08:00:00.123456""#, "2024-01-15 08:00:00.123456")]),
            (
                "a_date",
                [(#""2024-02-29""#, "2024-02-29"), (#""0001-01-01""#, "0001-01-01"), (#""9999-12-31""#, "9999-12-31")]
            ),
            ("a_time", [(#""00:00:00.000000""#, "00:00:00.000000"), (#""23:59:59.999999""#, "23:59:59.999999")]),
            (
                "a_json",
                [
                    (#"{"a":[1,"\u00e9",null,{"b":true}]}"#, #"{"a":[1,"é",null,{"b":true}]}"#), (#""s""#, #""s""#),
                    ("1", nil), ("[]", nil),
                    ("{}", nil), (#""""#, #""""#), ("9007199254740993", nil),
                ]
            ),
            (
                "a_decimal",
                [
                    ("1.0", "1"), ("1e3", "1000"), ("0.000000001", nil), ("-123456.789", nil),
                    ("12345678901234567890.123456789", nil), ("99999999999999999999999999999.999999999", nil),
                    ("-99999999999999999999999999999.999999999", nil),
                ]
            ),
            ("ps_decimal", [("99999999.99", nil), ("-99999999.99", nil), ("0.01", nil)]),
            (
                "a_wei",
                [
                    ("0", nil), ("123456789012345678901234567890", nil), ("-1", nil),
                    ("115792089237316195423570985008687907853269984665640564039457584007913129639935", nil),
                ]
            ),
            ("a_binary", [(#""AQI=""#, "0102"), (#""""#, ""), (#""AP+AXCcA""#, "00FF805C2700")]),
        ]
        return spellings.flatMap { column, values in values.map { (column, $0, $1 ?? $0) } }
    }()

    @Test(arguments: DestinationCases.present)
    func `columns are declared as dlt declares them`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage(
            [TestPackages.table("t", ValueTests.columns)], rows: [("t", "{\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        expect(try pipeline.load([path]), 0)
        let types = pipeline.destination.declaredTypes
        let declared = try pipeline.dataset.columns(of: "t").dropLast(2)
        #expect(declared.map(\.name) == ValueTests.columns.map(\.name))
        for column in declared { #expect(column.type == types[column.name], "\(column.name)") }
        let state = try pipeline.dataset.columns(of: "_dlt_pipeline_state")
        #expect(
            state.map(\.name) == [
                "version", "engine_version", "pipeline_name", "state", "created_at", "version_hash", "_dlt_load_id",
                "_dlt_id",
            ])
        #expect(state.map(\.isNullable) == [false, false, false, false, false, true, false, false])
        #expect(state.prefix(3).map(\.type) == ["a_bigint", "a_bigint", "a_text"].map { types[$0] })
        #expect(state[4].type == types["a_timestamp"])
    }

    private static let types = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.dataType ?? .text) })

    /// What a destination has in the place of a value; nil: it refuses it.
    private static func expected(
        _ value: (column: String, json: String, text: String), _ destination: any DestinationCase
    )
        -> String?
    {
        let type = types[value.column] ?? .text
        let text = type == .text ? destination.kept(value.text) : value.text
        return destination.differences["\(type.rawValue) \(value.text)"] ?? text
    }

    /// A package with one row for each value, which is all that it has.
    private static func package(_ pipeline: Pipeline, _ values: [(column: String, json: String, text: String)]) throws
        -> String
    {
        try pipeline.spool.makePackage(
            [TestPackages.table("t", columns + [Column(name: "nr", .bigint)])],
            rows: values.enumerated().map { index, value in
                (
                    "t",
                    "{\"nr\":\(index),\"\(value.column)\":\(value.json),\"_dlt_load_id\":\"%\",\"_dlt_id\":\"\(index)\"}"
                )
            })
    }

    @Test(arguments: DestinationCases.present)
    func `values come out as they went in`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let values = ValueTests.values.filter { ValueTests.expected($0, argument.destination) != nil }
        let loaded = try pipeline.load([ValueTests.package(pipeline, values)])
        try #require(loaded.status == 0, "\(loaded)")
        for (index, value) in values.enumerated() {
            let type = ValueTests.types[value.column] ?? .text
            let found = try pipeline.rows("t", [(value.column, type)], "WHERE nr = \(index)")
            let expected = ValueTests.expected(value, argument.destination)
            #expect(
                found.count == 1 && found[0][0].map { ExactString($0) } == expected.map { ExactString($0) },
                "\(value.column) \(value.json.prefix(100)): \(found)")
        }
    }

    @Test(arguments: DestinationCases.present)
    func `a value that cannot be kept is refused, and named with its row`(_ argument: CaseArgument) throws {
        for value in ValueTests.values where ValueTests.expected(value, argument.destination) == nil {
            let pipeline = try Pipeline(argument)
            let kept = (column: value.column, json: "null", text: "")
            let path = try ValueTests.package(pipeline, [kept, value])
            expect(
                try pipeline.load([path]), 65, "row 2 of t.0.jsonl.zst has ", "\"\(value.column)\"",
                String(value.json.prefix(20)))
            #expect(try pipeline.dataset.tables().isEmpty)
        }
    }
}
