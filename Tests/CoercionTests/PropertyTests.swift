import Coercion
import JSONText
import Schemas
import SystemIO
import Testing

/// Random values as every type: nothing traps, and what is written is what the column's readers expect.
struct PropertyTests {
    private static let words = [
        "", "0", "-0", "1", "007", "+5", " 42 ", "1_000", "1__0", "_1", "0x1F", "0x", "0xZZ", "1e400", "-1e400", "1e5",
        ".5", "5.",
        "nan", "NaN", "inf", "-Infinity", "yes", "NO", "True", "f", "null", "{}", "[1, 2]", "{\"a\":", "\"x\"", "AQID",
        "AQI=", "A===",
        "2024-01-15", "2024-02-30", "2024-01-15T10:00:00Z", "2024-01-15 10:00:00.123456+05:30",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-12:00", "10:00", "12:34:56", "01:02:03.004005", "235959", "24:00:00", "23:59:60",
        "1705312800", "1705312800.5",
        "20240115T100000",
        "2024-W03-1", "2024-015", "é", "日本", "\u{0}", "\u{7F}", "\\", "\"", "😀",
    ]

    private static let numbers = [
        "0", "-0", "1", "-1", "255", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "1705312800", "253402300800", "-62135596801", "99999999999999999999999999999999999999999999", "0.0", "-0.0",
        "0.1", "1.0",
        "1e5", "1e-400", "1e400", "-1e400", "1705312800.123456", "123456789.987654321e3", "9007199254740993.0", "1e18",
        "1e19",
    ]

    /// A JSON text of one value.
    private func value(_ random: inout FastRandom) -> [UInt8] {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return Array((["null", "true", "false"].randomElement(using: &random) ?? "").utf8)
        case 1, 2: return Array((Self.numbers.randomElement(using: &random) ?? "0").utf8)
        case 3:
            let digits = Int.random(in: 1...120, using: &random)
            let text = "1" + (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            return Array((Bool.random(using: &random) ? "-" + text : text).utf8)
        case 4:
            let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random) }
            return Array("[ ".utf8) + items.joined(separator: Array(" ,".utf8)) + Array("\t]".utf8)
        case 5:
            let inside = value(&random)
            return Array("{\"a b\" : ".utf8) + inside + Array("}".utf8)
        default:
            var text = Self.words.randomElement(using: &random) ?? ""
            if Int.random(in: 0..<3, using: &random) == 0 {
                // Something near to a word.
                var characters = Array(text.unicodeScalars)
                let place = Int.random(in: 0...characters.count, using: &random)
                let other = Array("0123456789:-+.TZ eE_x\\\"é".unicodeScalars).randomElement(using: &random) ?? "0"
                if place < characters.count, Bool.random(using: &random) {
                    characters[place] = other
                } else {
                    characters.insert(other, at: place)
                }
                text = String(String.UnicodeScalarView(characters))
            }
            let plain = JSONValue.string(text).serialized()
            // The same characters spelled by escapes.
            guard Int.random(in: 0..<4, using: &random) == 0 else { return Array(plain.utf8) }
            let units = text.utf16.map {
                "\\u" + String(repeating: "0", count: 4 - String($0, radix: 16).count) + String($0, radix: 16)
            }
            return Array("\"\(units.joined())\"".utf8)
        }
    }

    private func write(
        _ text: [UInt8], as type: DataType, _ hasTimezone: Bool, _ coercer: Coercer
    ) throws -> (outcome: Coercer.Outcome, written: [UInt8]) {
        let tape = JSONTape()
        return try text.withUnsafeBufferPointer { text in
            try tape.scan(text)
            let output = ByteBuffer()
            output.append("<")
            let scalar = Scalar(tape[0], in: text)
            _ = coercer.infer(scalar, detections: [.isoTimestamp, .isoDate, .timestamp, .largeInteger])
            let outcome = coercer.write(scalar, as: type, hasTimezone: hasTimezone, to: output)
            return (outcome, Array(output.bytes.dropFirst()))
        }
    }

    @Test(arguments: DataType.allCases, [true, false])
    func `what is written is JSON of the column's kind and stays as it is`(type: DataType, hasTimezone: Bool) throws {
        var random = FastRandom(seed: (7, UInt64(DataType.allCases.firstIndex(of: type) ?? 0), 5, hasTimezone ? 1 : 2))
        let coercer = Coercer(nowSeconds: 1_705_312_800)
        var written = 0
        for _ in 0..<4000 {
            let text = value(&random)
            let shown = "\(String(decoding: text, as: UTF8.self)) as \(type)"
            let (outcome, bytes) = try write(text, as: type, hasTimezone, coercer)
            guard case .written = outcome else {
                #expect(bytes.isEmpty, "\(shown)")
                continue
            }
            written += 1
            guard let json = try? JSONValue(parsing: bytes) else {
                Issue.record("\(shown): not JSON: \(String(decoding: bytes, as: UTF8.self))")
                continue
            }
            #expect(isOfKind(json, type), "\(shown): \(json.serialized())")
            // A value that has the form of its column already is not changed again.
            guard type != .json else { continue }
            let again = try write(bytes, as: type, hasTimezone, coercer)
            #expect(again.written == bytes, "\(shown): \(json.serialized())")
        }
        #expect(written > (type == .time ? 20 : 100), "\(type) took next to nothing")
    }

    private func isOfKind(_ value: JSONValue, _ type: DataType) -> Bool {
        switch type {
        case .text: return value.stringValue != nil
        case .bigint: return value.intValue != nil
        case .bool: return value.boolValue != nil
        case .double:
            guard case .number(let digits) = value, let number = Double(digits) else { return false }
            return number.isFinite
        case .decimal, .wei:
            guard case .number = value else { return false }
            return true
        case .binary:
            guard let text = value.stringValue else { return false }
            return text.utf8.count % 4 == 0
        case .json: return !value.isNull
        case .timestamp:
            guard let text = value.stringValue else { return false }
            return text.firstMatch(of: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/) != nil
        case .date: return value.stringValue?.firstMatch(of: /^\d{4}-\d\d-\d\d$/) != nil
        case .time: return value.stringValue?.firstMatch(of: /^\d\d:\d\d:\d\d(\.\d+)?$/) != nil
        }
    }

    @Test func `null is null in every type`() throws {
        let coercer = Coercer(nowSeconds: 0)
        for type in DataType.allCases {
            let (outcome, bytes) = try write(Array("null".utf8), as: type, true, coercer)
            guard case .null = outcome else {
                Issue.record("\(type)")
                continue
            }
            #expect(bytes.isEmpty)
        }
    }

    @Test func `numbers keep their digits where the column can hold them`() throws {
        let coercer = Coercer(nowSeconds: 0)
        for digits in Self.numbers + ["1" + String(repeating: "0", count: 399)] {
            for type in [DataType.decimal, .text] {
                let (outcome, bytes) = try write(Array(digits.utf8), as: type, true, coercer)
                guard case .written = outcome else {
                    Issue.record("\(digits) as \(type)")
                    continue
                }
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text == (type == .text ? "\"\(digits)\"" : digits) || type == .decimal && digits == "-0")
            }
        }
    }

    @Test func `doubles are written so that they read back`() {
        var random = FastRandom(seed: (1, 9, 2, 8))
        var values = [
            0.0, -0.0, 1, 1e15, 1e16, 1e17, 123456.789, 1e-4, 1e-5, 9.5e-6, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, 1e21, 0.1,
        ]
        for _ in 0..<20_000 { values.append(Double(bitPattern: random.next())) }
        for value in values where value.isFinite {
            let output = ByteBuffer()
            NumberToken.append(canonical: value, to: output)
            let text = String(decoding: output.bytes, as: UTF8.self)
            #expect(Double(text)?.bitPattern == value.bitPattern, "\(text)")
            #expect((try? JSONValue(parsing: text)) != nil, "\(text)")
        }
    }

    @Test func `white space goes from JSON, and nothing else`() throws {
        var random = FastRandom(seed: (4, 4, 4, 4))
        for _ in 0..<2000 {
            let text = value(&random)
            let output = ByteBuffer()
            text.withUnsafeBufferPointer { appendCompact($0, to: output) }
            let compact = Array(output.bytes)
            #expect(try JSONValue(parsing: compact) == JSONValue(parsing: text))
            let again = ByteBuffer()
            compact.withUnsafeBufferPointer { appendCompact($0, to: again) }
            #expect(Array(again.bytes) == compact)
        }
    }
}
