import JSONText
import Testing

@testable import Cursors

struct ColumnFormTests {
    /// What Python prints for `str(Decimal(number))`, of a column with `scale` digits after the point.
    @Test(
        arguments: [
            ("1.50", nil, "1.50"), ("1.5", 3, "1.500"), ("7", 2, "7.00"), ("-0.25", nil, "-0.25"),
            ("0.000001", nil, "0.000001"),
            ("0.0000001", nil, "1E-7"), ("-0.00000012", nil, "-1.2E-7"), ("0.00000000", nil, "0E-8"), ("0", 8, "0E-8"),
            ("0.00", nil, "0.00"),
            ("123456789012345678901234567890", nil, "123456789012345678901234567890"), ("1e5", nil, nil),
        ] as [(String, Int?, String?)])
    func `a decimal is written as Python writes it`(number: String, scale: Int?, expected: String?) {
        #expect(ColumnForm.decimal(number, scale: scale) == expected)
    }

    /// Recorded from dlt 1.31.0, whose source was a table of SQLite.
    @Test func `a row without a key has the hash that dlt gives it`() throws {
        var settings = CursorSettings(path: try JSONPath("cursor_"))
        settings.columnForms = ["c0": .decimal(scale: 3), "c1": .binary, "c2": .datetime, "c4": .time]
        let filter = try CursorFilter(settings, resource: "t", remembered: nil, primaryKey: nil)
        let record = #"""
            {"number":1,"cursor_":1,"c0":0.75,"c1":"0xd310ff01","c2":"2026-11-01 10:00:00.250000","c3":"2026-11-01",\#
            "c4":"08:00:01.500000","c5":0.1,"c6":"é \"","c7":null,"c8":true}
            """#
        _ = try Array(record.utf8).withUnsafeBufferPointer { try filter.judge($0) }
        #expect(try filter.memory()?["unique_hashes"] == .strings(["4YzJYKLdsmLl"]))
    }
}
