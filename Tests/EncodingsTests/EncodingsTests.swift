import Encodings
import Testing

struct PercentEncodingTests {
    @Test func `only what means itself everywhere stays`() {
        #expect(PercentEncoding.encoded("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encoded("../a b") == "..%2Fa%20b")
        #expect(PercentEncoding.encoded("é\u{0}\n%+") == "%C3%A9%00%0A%25%2B")
        #expect(PercentEncoding.encoded("a/b c") { $0 == UInt8(ascii: "/") } == "%61/%62%20%63")
    }

    @Test func `any bytes survive`() {
        let bytes = (0...255).map { UInt8($0) }
        let text = bytes.map { "%" + Hexadecimal.text([$0]) }.joined()
        #expect(PercentEncoding.decoded(text.utf8) == bytes)
        #expect(PercentEncoding.decodedStrictly(text.uppercased().utf8) == bytes)
    }

    @Test(arguments: ["%", "%4", "%zz", "a%4", "%%41", "%+1", "%é1"])
    func `a percent sign without two digits stays or is refused`(text: String) {
        #expect(PercentEncoding.decodedStrictly(text.utf8) == nil)
        let expected = text == "%%41" ? "%A" : text
        #expect(String(decoding: PercentEncoding.decoded(text.utf8), as: UTF8.self) == expected)
    }
}

struct HexadecimalTests {
    @Test func `every byte is two digits`() {
        #expect(Hexadecimal.text([0, 9, 10, 15, 16, 255]) == "00090a0f10ff")
        #expect(Hexadecimal.text([171, 205], uppercase: true) == "ABCD")
        #expect(Hexadecimal.text([]).isEmpty)
        for byte in UInt8.min...UInt8.max {
            #expect(Hexadecimal.value(of: byte).map(Int.init) == Character(Unicode.Scalar(byte)).hexDigitValue)
        }
    }
}

struct TextEncodingTests {
    private func utf8(_ encoding: TextEncoding, _ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBufferPointer { encoding.utf8($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `bytes become characters`() {
        #expect(utf8(.windows1252, [0x5A, 0xFC, 0x80, 0x8C, 0x93]) == "Zü€Œ“")
        #expect(utf8(.iso8859_15, [0xFC, 0xA4, 0xBC, 0x80]) == "ü€Œ\u{80}")
        #expect(utf8(.utf16(isBigEndian: true), [0, 0x5A, 0xD8, 0x3D, 0xDE, 0x00]) == "Z😀")
        #expect(utf8(.utf16(isBigEndian: false), [0x3D, 0xD8, 0x00, 0xDE]) == "😀")
        #expect(utf8(.utf32(isBigEndian: true), [0, 1, 0xF6, 0]) == "😀")
        #expect(utf8(.utf32(isBigEndian: false), [0x20, 0xAC, 0, 0]) == "\u{AC20}")
    }

    @Test func `what is malformed is not read`() {
        #expect(utf8(.utf16(isBigEndian: false), [0x3D]) == nil)
        #expect(utf8(.utf16(isBigEndian: false), [0x3D, 0xD8, 0x41, 0]) == nil)
        #expect(utf8(.utf32(isBigEndian: false), [0, 0, 0x11, 0]) == nil)
        #expect(utf8(.utf32(isBigEndian: false), [0, 0, 0]) == nil)
    }

    @Test(arguments: [
        "[]", "{\"é\":1}", "[1]", "{}", "\"ā\"", "[\"日本\"]",
    ])
    func `wide texts show themselves`(text: String) {
        for (size, isBig) in [(2, true), (2, false), (4, true), (4, false)] {
            let bytes = text.unicodeScalars.flatMap { scalar in
                (0..<size).map { UInt8(scalar.value >> (8 * (isBig ? size - 1 - $0 : $0)) & 0xFF) }
            }
            let found = bytes.withUnsafeBufferPointer { TextEncoding.evident($0) }
            #expect(
                found == (size == 2 ? .utf16(isBigEndian: isBig) : .utf32(isBigEndian: isBig)),
                "\(text) \(size) \(isBig)")
        }
        #expect(Array(text.utf8).withUnsafeBufferPointer { TextEncoding.evident($0) } == nil)
    }
}
