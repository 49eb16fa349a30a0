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
