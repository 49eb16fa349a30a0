/// `%` and two hexadecimal digits for a byte, as in URLs and forms (RFC 3986, section 2.1).
package enum PercentEncoding {
    /// Letters, digits and `-._~`, which are never encoded in a URL.
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Encodes the UTF-8 bytes of the text, each as `%` and two upper-case digits unless it may stay. Without `stays`
    /// the result can be a value in a path, a query or a form.
    package static func encoded(_ text: some StringProtocol, except stays: (UInt8) -> Bool = isUnreserved) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if stays(byte) {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                Hexadecimal.append(byte, uppercase: true, to: &result)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Decodes every `%` with two digits; any other `%` stays as it is.
    package static func decoded(_ text: some Sequence<UInt8>) -> [UInt8] { decode(text, strictly: false) ?? [] }

    /// Decodes every `%`; nil when one of them lacks its two digits.
    package static func decodedStrictly(_ text: some Sequence<UInt8>) -> [UInt8]? { decode(text, strictly: true) }

    private static func decode(_ text: some Sequence<UInt8>, strictly: Bool) -> [UInt8]? {
        let bytes = Array(text)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] != UInt8(ascii: "%") {
                result.append(bytes[index])
                index += 1
            } else if index + 2 < bytes.count, let high = Hexadecimal.value(of: bytes[index + 1]),
                let low = Hexadecimal.value(of: bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else if strictly {
                return nil
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
