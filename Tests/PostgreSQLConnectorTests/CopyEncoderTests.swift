import Destinations
import Digests
import Failures
import JSONText
import JobRows
import LoadPackages
import PostgreSQL
import RelationalSQL
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import PostgreSQLConnector

/// Rows go through the encoder and COPY; the server's own reading of the same rows as JSON is the judge.
@Suite(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
struct CopyEncoderTests {
    private static let columns: [(column: Column, type: String)] = [
        (Column(name: "id", .bigint), "bigint"),
        (Column(name: "text", .text), "varchar"),
        (Column(name: "ké\"y", .text), "text"),
        (Column(name: "small", .bigint), "smallint"),
        (Column(name: "middle", .bigint), "integer"),
        (Column(name: "real", .double), "double precision"),
        (Column(name: "flag", .bool), "boolean"),
        (Column(name: "exact", .decimal), "numeric(38,9)"),
        (Column(name: "free", .decimal), "numeric"),
        (Column(name: "wei", .wei), "numeric(156,78)"),
        (Column(name: "moment", .timestamp), "timestamp with time zone"),
        (Column(name: "naive", .timestamp), "timestamp without time zone"),
        (Column(name: "short", .timestamp), "timestamp(3) with time zone"),
        (Column(name: "day", .date), "date"),
        (Column(name: "clock", .time), "time without time zone"),
        (Column(name: "document", .json), "jsonb"),
        (Column(name: "plain", .json), "json"),
    ]

    private static func value(of column: Column, random: inout SystemRandomNumberGenerator) -> String {
        func digits(_ count: Int) -> String {
            let digits = (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            let trimmed = digits.drop { $0 == "0" }
            return trimmed.isEmpty ? "0" : String(trimmed)
        }
        func two(_ range: ClosedRange<Int>) -> String {
            let text = String(Int.random(in: range, using: &random))
            return text.count == 1 ? "0" + text : text
        }
        func fraction(_ count: Int) -> String {
            (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
        }
        func day() -> String {
            let year =
                ["0001", "0400", "1582", "1900", "1969", "1970", "2000", "2024", "2100", "9999"].randomElement(
                    using: &random) ?? ""
            return "\(year)-\(two(1...12))-\(two(1...28))"
        }
        func clock() -> String { "\(two(0...23)):\(two(0...59)):\(two(0...59)).\(fraction(6))" }
        func text() -> String {
            let pieces = [
                "a", "é", "日", "😀", "\\n", "\\t", "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "\\r", "'", "/", "\\/",
                "\\u0001",
            ]
            return (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
        }
        let sign = Bool.random(using: &random) ? "-" : ""
        switch (column.name, column.dataType) {
        case ("small", _): return String(Int16.random(in: .min ... .max, using: &random))
        case ("middle", _): return String(Int32.random(in: .min ... .max, using: &random))
        case (_, .bigint): return String(Int64.random(in: .min ... .max, using: &random))
        case (_, .double):
            return [
                "0", "-0.5", "1e300", "5e-324", "0.1", "123456789.125", "1.7976931348623157e308",
                sign + digits(17) + "." + fraction(3),
            ]
            .randomElement(using: &random) ?? "0"
        case (_, .bool): return Bool.random(using: &random) ? "true" : "false"
        case ("exact", _):
            let tail = ["", ".5", "." + fraction(9), "." + fraction(20)].randomElement(using: &random) ?? ""
            return sign + digits(Int.random(in: 1...29, using: &random)) + tail
        case ("free", _):
            let whole = ["0", "1" + digits(3), "1" + fraction(Int.random(in: 0...200, using: &random)) + "0000"]
            let tails = ["", "." + fraction(Int.random(in: 1...60, using: &random)), "e7", "E+12", "e-9", ".25e-30"]
            return sign + (whole.randomElement(using: &random) ?? "0") + (tails.randomElement(using: &random) ?? "")
        case (_, .wei): return sign + digits(Int.random(in: 1...77, using: &random))
        case ("naive", _): return "\"\(day())T\(clock())\""
        case (_, .timestamp): return "\"\(day())T\(clock())Z\""
        case (_, .date): return "\"\(day())\""
        case (_, .time): return "\"\(clock())\""
        case (_, .json):
            return [
                "{\"a\": [1, 2.50, null, \"\(text())\"]}", "[]", "\"\(text())\"", "12", "true", "{\"ä\":{\"b\":{}}}",
            ].randomElement(using: &random) ?? ""
        default: return "\"\(text())\""
        }
    }

    private func rows(_ count: Int) -> [String] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { number in
            var members = CopyEncoderTests.columns.dropFirst().compactMap { column, _ -> String? in
                switch Int.random(in: 0...9, using: &random) {
                case 0: nil
                case 1: JSONValue.string(column.name).serialized() + ":null"
                default:
                    JSONValue.string(column.name).serialized() + ":"
                        + CopyEncoderTests.value(of: column, random: &random)
                }
            }
            // Mostly in order, as normalize writes them.
            if Int.random(in: 0...4, using: &random) == 0 { members.shuffle() }
            return "{\"id\":\(number)" + members.map { "," + $0 }.joined() + "}"
        }
    }

    @Test(arguments: [false, true])
    func `what COPY brings is what the server reads in the rows`(isBinary: Bool) throws {
        let connection = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10) { false }
        let declarations = CopyEncoderTests.columns.map { Connection.quoteIdentifier($0.column.name) + " " + $0.type }
        try connection.execute(
            "SET timezone = 'Asia/Kathmandu'; CREATE TEMP TABLE t (\(declarations.joined(separator: ", ")))")
        let rows = rows(600)
        try copy(rows, CopyEncoderTests.columns.map(\.column), connection, format: isBinary ? .binary : .text)
        // The judge takes timestamps with Z for what they are.
        try connection.execute(
            "SET timezone = 'UTC'; BEGIN; CREATE TEMP TABLE input (place serial, row text); CREATE TEMP TABLE expected (LIKE t)"
        )
        for row in rows { try connection.execute("INSERT INTO input (row) VALUES ($1)", [row]) }
        try connection.execute(
            "INSERT INTO expected SELECT r.* FROM input, json_populate_record(NULL::t, row::json) AS r")
        for (column, _) in CopyEncoderTests.columns {
            // As text, which shows all there is; but json is kept as it was written by the one and not by the other.
            let name = Connection.quoteIdentifier(column.name) + (column.name == "plain" ? "::jsonb::text" : "::text")
            let differences = try connection.execute(
                "SELECT t.\(name), e.\(name), row FROM t JOIN expected AS e USING (id) JOIN input ON place = id + 1 "
                    + "WHERE t.\(name) IS DISTINCT FROM e.\(name) LIMIT 3")
            #expect(differences.rows == [], "column \(column.name): encoded, expected, input")
        }
        #expect(try connection.execute("SELECT count(*) FROM t").string(0, 0) == "600")
    }

    private func copy(_ rows: [String], _ columns: [Column], _ connection: Connection, format: CopyEncoder.Format)
        throws
    {
        let names = columns.map { Connection.quoteIdentifier($0.name) }.joined(separator: ", ")
        let found = try connection.execute(
            "SELECT atttypid FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum")
        let forms = zip(columns, found.rows).compactMap { column, row in
            format == .binary
                ? CopyForm(column.dataType, in: Int(row[0] ?? "") ?? 0) : CopyForm(textOf: column.dataType)
        }
        try #require(forms.count == columns.count)
        let job = Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: rows.count, bytes: 0, checksum: "")
        let insert = RowInsert(table: "t", columns: columns, jobs: [job])
        let encoder = CopyEncoder(insert, forms: forms, format: format)
        encoder.begin(job)
        let blocks = BlockReader(
            source: MemorySource(Array((rows.joined(separator: "\n") + "\n").utf8), portion: 4093),
            maximumLineBytes: .max >> 1,
            skipsByteOrderMark: false)
        try connection.beginCopy("COPY t (\(names)) FROM STDIN" + (format == .binary ? " (FORMAT binary)" : ""))
        try connection.copy(encoder.header)
        var count = 0
        let batches = RowBatches(blocks, of: job, columns: encoder.columns)
        while let batch = try batches.next() {
            try encoder.encode(batch) { try connection.copy($0) }
            count += batch.rowCount
        }
        try connection.copy(encoder.trailer)
        #expect(try connection.endCopy() == rows.count)
        #expect(count == rows.count)
    }

    @Test(arguments: [CopyEncoder.Format.binary, .text])
    func `bytes arrive, and U+0000 is left out of text`(format: CopyEncoder.Format) throws {
        let connection = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10) { false }
        try connection.execute("CREATE TEMP TABLE t (b bytea, s varchar)")
        let bytes = (0...255).map { UInt8($0) }
        let row = "{\"b\":\"\(Base64.encode(bytes, padding: true))\",\"s\":\"x\\u0000\\u0000y\\u0000\"}"
        try copy(
            [row, "{\"b\":\"\",\"s\":\"\\u0000\"}"], [Column(name: "b", .binary), Column(name: "s", .text)], connection,
            format: format)
        let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(try connection.execute("SELECT encode(b, 'hex'), s FROM t").rows == [[hex, "xy"], ["", ""]])
    }

    @Test(arguments: [
        ("small", "bigint", "smallint", "70000"), ("when", "timestamp", "timestamptz", "\"today\""),
        ("day", "date", "date", "\"2024-13-01\""), ("big", "decimal", "numeric", "1e99999999"),
        ("text", "text", "text", "7"), ("bytes", "binary", "bytea", "\"?\""),
    ])
    func `a value that is none of its column's type is told with row and column`(
        name: String, type: String, declared: String, value: String
    ) throws {
        let connection = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10) { false }
        try connection.execute("CREATE TEMP TABLE t (\"\(name)\" \(declared))")
        let error = #expect(throws: DestinationError.self) {
            try copy(
                ["{}", "{\"\(name)\":\(value)}"], [Column(name: name, DataType(stored: type))], connection,
                format: .binary)
        }
        connection.abandonCopy()
        #expect(error?.kind == .data)
        #expect(error?.message.contains("row 2 of t.0.jsonl.zst has \(value) in column \"\(name)\"") == true)
    }
}
