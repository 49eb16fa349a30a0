import JSONText
import Testing

struct WritingTests {
    @Test func `only what must be escaped is escaped`() {
        let all = String(String.UnicodeScalarView((0..<0x80).compactMap { Unicode.Scalar($0 as Int) })) + "é\u{2028}😀"
        let written = JSONValue.string(all).serialized()
        #expect(written.hasPrefix(#""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e"#))
        #expect(written.hasSuffix("\u{7F}é\u{2028}😀\""))
        #expect(written.contains(##"!\"#$"##) && written.contains(#"[\\]"#) && written.contains("./0"))
        #expect((try? JSONValue(parsing: written)) == .string(all))
    }

    @Test func `the styles differ in white space and order only`() throws {
        let value = try JSONValue(parsing: #"{"b":[1,{}],"a":{"é":null,"z":[]},"B":1.50}"#)
        #expect(value.serialized() == #"{"b":[1,{}],"a":{"é":null,"z":[]},"B":1.50}"#)
        #expect(value.serialized(.sorted) == #"{"B":1.50,"a":{"z":[],"é":null},"b":[1,{}]}"#)
        let pretty = value.serialized(.pretty)
        #expect(pretty.hasPrefix("{\n  \"b\": [\n    1,\n    {}\n  ],\n"))
        #expect(try JSONValue(parsing: pretty) == value)
    }

    @Test func `a buffer grows, is cut and gives memory back`() {
        let buffer = ByteBuffer(capacity: 1)
        for number in -1000...1000 { buffer.append(number: number) }
        let text = (-1000...1000).map(String.init).joined()
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
        buffer.truncate(to: 5)
        buffer.append(number: .min)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "-1000\(Int.min)")
        buffer.append([UInt8](repeating: 0, count: 100_000))
        buffer.removeAll(keeping: 1000)
        #expect(buffer.isEmpty && buffer.footprint == 1000)
    }

    @Test func `an object keeps the order of its first mention`() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["a"] = 4
        object["b"] = nil
        object["b"] = 5
        #expect(object.keys == ["a", "c", "b"])
        #expect(object == ["b": 5, "c": 3, "a": 4])
        object.merge(["c": 6, "d": 7])
        #expect(object.keys == ["a", "c", "b", "d"] && object["c"] == 6)
    }
}
