import Destinations
import LoadPackages
import SystemIO
import TestSupport
import Testing

@testable import JobRows

/// What rows become in the columns of a columnar database.
struct ColumnTests {
    private static let capacity = 192

    /// Fills in rows of one column; its memory afterwards, and which rows have a value.
    private func filled(
        _ form: ColumnForm, _ values: [String?], from first: Int = 0
    ) throws -> (bytes: [UInt8], valid: [Bool]) {
        let column = RowColumn("c", form.rowForm, type: form.typeName ?? "text")
        let text = values.map { $0.map { "{\"c\":\($0)}\n" } ?? "{}\n" }.joined()
        let job = Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: values.count, bytes: 1, checksum: "")
        let blocks = BlockReader(
            source: MemorySource(Array(text.utf8), portion: .max), blockBytes: 1 << 20, maximumLineBytes: .max >> 1,
            skipsByteOrderMark: false)
        let batches = RowBatches(blocks, of: job, columns: [column])
        let filler = ColumnFiller([(column, form)], capacity: ColumnTests.capacity)
        filler.begin(job)
        var bytes = [UInt8](repeating: 0xEE, count: ColumnTests.capacity * 16)
        let batch = try #require(try batches.next())
        let count = batch.rowCount - first
        try bytes.withUnsafeMutableBytes {
            filler.aim(0, at: try #require($0.baseAddress))
            try filler.fill(batch, from: first, count: count)
        }
        let words = filler.validity(of: 0, count: count)
        let valid = (0..<count).map { row in words.map { $0[row / 64] >> UInt64(row % 64) & 1 == 1 } ?? true }
        return (bytes, valid)
    }

    private func value<Value: BitwiseCopyable>(_ type: Value.Type, _ form: ColumnForm, _ json: String) throws -> Value {
        try filled(form, [json]).bytes.withUnsafeBytes { $0.loadUnaligned(as: type) }
    }

    @Test func `values have the width of their column`() throws {
        #expect(try value(Int8.self, .bits(Int8.self, .integer), "-128") == -128)
        #expect(try value(Int16.self, .bits(Int16.self, .integer), "32767") == 32767)
        #expect(try value(Int32.self, .bits(Int32.self, .integer), "-2147483648") == .min)
        #expect(try value(Int64.self, .bits(Int64.self, .integer), "9223372036854775807") == .max)
        #expect(try value(Double.self, .bits(Int64.self, .real), "0.1") == 0.1)
        #expect(try value(Double.self, .integerAsDouble("d"), "-9007199254740992") == -9_007_199_254_740_992)
        #expect(try value(UInt8.self, .bits(Int8.self, .bool), "true") == 1)
        #expect(try value(Int32.self, .bits(Int32.self, .day), "\"1969-12-31\"") == -1)
        #expect(try value(Int64.self, .bits(Int64.self, .timeOfDay), "\"23:59:59.999999\"") == 86_399_999_999)
        #expect(try value(Int128.self, .integer128, "-170141183460469231731687303715884105726") == .min + 2)
        #expect(try value(Int16.self, .scaled(digits: 4, scale: 2, "x"), "-99.99") == -9999)
        #expect(try value(Int32.self, .scaled(digits: 9, scale: 0, "x"), "1e8") == 100_000_000)
        #expect(try value(Int64.self, .scaled(digits: 18, scale: 9, "x"), "0.5") == 500_000_000)
        #expect(try value(Int128.self, .scaled(digits: 38, scale: 9, "x"), "1") == 1_000_000_000)
    }

    @Test(arguments: [
        ("\"2024-01-15T10:00:00.500000Z\"", 1_705_312_801, 1_705_312_800_500, 1_705_312_800_500_000_000),
        ("\"1969-12-31T23:59:58.500000\"", -2, -1500, -1_500_000_000),
        ("\"1970-01-01T00:00:00.000499\"", 0, 0, 499_000), ("\"1969-12-31T23:59:59.999500\"", 0, -1, -500_000),
    ])
    func `times are rounded half away from 1970`(_ json: String, _ seconds: Int64, _ milliseconds: Int64, _ nano: Int64)
        throws
    {
        #expect(try value(Int64.self, .rounded(microseconds: 1_000_000), json) == seconds)
        #expect(try value(Int64.self, .rounded(microseconds: 1000), json) == milliseconds)
        #expect(try value(Int64.self, .nanoseconds("ns"), json) == nano)
    }

    @Test(arguments: [
        (ColumnForm.bits(Int8.self, .integer, "TINYINT"), "128"), (.bits(Int16.self, .integer), "-32769"),
        (.integerAsDouble("DOUBLE"), "9007199254740993"), (.nanoseconds("NS"), "\"2262-04-12T00:00:00.000000Z\""),
        (.scaled(digits: 4, scale: 2, "DECIMAL(4,2)"), "99.995"), (.scaled(digits: 38, scale: 0, "x"), "-1e38"),
        (.integer128, "170141183460469231731687303715884105728"),
    ])
    func `what the column cannot hold is reported with its row`(_ form: ColumnForm, _ json: String) throws {
        let error = #expect(throws: DestinationError.self) { _ = try filled(form, [nil, json]) }
        let shown = form.rowForm == .microseconds ? "" : json
        #expect(error?.message.contains("row 2 of t.0.jsonl.zst has \(shown)") == true, "\(String(describing: error))")
        #expect(error?.message.contains("in column \"c\", which is \(form.typeName ?? "text")") == true)
    }

    @Test(arguments: ["", "a", "twelve bytes", "thirteen byte", "é日本"])
    func `a text is its length and itself, or its length, beginning and place`(_ text: String) throws {
        let (bytes, _) = try filled(.view(.text), ["\"\(text)\""])
        let count = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        #expect(count == text.utf8.count)
        #expect(bytes[4..<4 + min(count, 4)].elementsEqual(text.utf8.prefix(4)))
        if count <= 12 {
            #expect(bytes[4..<16].elementsEqual(Array(text.utf8) + Array(repeating: 0, count: 12 - count)))
        }
    }

    @Test(arguments: [1, 63, 64, 65, 128, 191, 192])
    func `rows without a value are marked, and only then`(count: Int) throws {
        let form = ColumnForm.bits(Int64.self, .integer)
        for absent in Set([nil, 0, count / 2, count - 1]) {
            let rows = (0..<count).map { $0 == absent ? nil : "\($0)" }
            #expect(try filled(form, rows).valid == rows.map { $0 != nil })
        }
        let rows = ["7", nil] + (0..<count).map { "\($0)" }
        #expect(try filled(form, rows, from: 2).valid == Array(repeating: true, count: count))
        #expect(try filled(form, rows, from: 2).bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) } == 0)
    }

    // MARK: Numbers

    /// The number times ten to the power of `scale`, by moving its point as text.
    private func reference(_ isNegative: Bool, _ whole: String, _ fraction: String, _ exponent: Int, _ scale: Int)
        -> Int128?
    {
        let digits = Array((whole + fraction).utf8)
        let place = whole.utf8.count + exponent + scale
        var kept = digits.prefix(max(place, 0)).map { $0 }
        if place > digits.count { kept += Array(repeating: 0x30, count: place - digits.count) }
        let next = place < 0 ? 0x30 : place < digits.count ? digits[place] : 0x30
        let text = String(decoding: kept.drop { $0 == 0x30 }, as: UTF8.self)
        guard let value = Int128(text.isEmpty ? "0" : text) else { return nil }
        let (rounded, isTooLarge) = value.addingReportingOverflow(next >= 0x35 ? 1 : 0)
        return isTooLarge ? nil : isNegative ? -rounded : rounded
    }

    @Test func `numbers are scaled with all their digits, and rounded half away from zero`() throws {
        var random = SystemRandomNumberGenerator()
        var (inexact, tooLarge) = (0, 0)
        for _ in 0..<50_000 {
            func digits(_ most: Int) -> String {
                (0..<Int.random(in: 0...most, using: &random)).map { _ in
                    String("0123456789999555".randomElement(using: &random) ?? "0")
                }.joined()
            }
            let most = [3, 12, 40].randomElement(using: &random) ?? 3
            let (whole, fraction) = (digits(most) + "0", digits(most))
            let exponent = Bool.random(using: &random) ? 0 : Int.random(in: -45...45, using: &random)
            let (isNegative, scale) = (Bool.random(using: &random), Int.random(in: 0...38, using: &random))
            let mark = exponent == 0 ? "" : ["e", "E"].randomElement(using: &random) ?? "e"
            let sign = exponent > 0 && Bool.random(using: &random) ? "+" : ""
            let text =
                (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
                + (exponent == 0 ? "" : "\(mark)\(sign)\(exponent)")
            let found = Array(text.utf8).withUnsafeBufferPointer { bytes in
                bytes.baseAddress.flatMap { ScaledNumber.read($0, bytes.count, scale: scale) }
            }
            let expected = reference(isNegative, whole, fraction, exponent, scale)
            #expect(found == expected, "\(text) with scale \(scale)")
            if expected == nil { tooLarge += 1 } else if fraction.utf8.count > scale { inexact += 1 }
        }
        #expect(inexact > 1000 && tooLarge > 1000)
    }
}
