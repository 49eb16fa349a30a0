/// A text encoding other than UTF-8 that is common enough to read.
package enum TextEncoding: Sendable, Equatable {
    /// Text labelled ISO-8859-1 is this in practice, as the Encoding Standard says.
    case windows1252
    case iso8859_15
    case utf16(isBigEndian: Bool)
    case utf32(isBigEndian: Bool)

    /// The single-byte encoding with a name such as `ISO-8859-1`, in any case. Wider encodings are detected in the text
    /// itself, by `marked` or `evident`.
    package init?(charset: String) {
        switch charset.lowercased() {
        case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "windows-1252", "cp1252", "x-cp1252":
            self = .windows1252
        case "iso-8859-15", "iso8859-15", "iso_8859-15", "latin9", "latin-9", "l9": self = .iso8859_15
        default: return nil
        }
    }

    /// The encoding whose byte order mark the text begins with, and the mark's length.
    package static func marked(_ text: UnsafeBufferPointer<UInt8>) -> (encoding: TextEncoding, markLength: Int)? {
        // The mark of UTF-32 begins like that of UTF-16.
        if text.starts(with: [0xFF, 0xFE, 0, 0]) { return (.utf32(isBigEndian: false), 4) }
        if text.starts(with: [0, 0, 0xFE, 0xFF]) { return (.utf32(isBigEndian: true), 4) }
        if text.starts(with: [0xFF, 0xFE]) { return (.utf16(isBigEndian: false), 2) }
        if text.starts(with: [0xFE, 0xFF]) { return (.utf16(isBigEndian: true), 2) }
        return nil
    }

    /// The encoding of a text without a mark, detected by the zeros in its first ASCII characters.
    package static func evident(_ text: UnsafeBufferPointer<UInt8>) -> TextEncoding? {
        guard text.count >= 4 else {
            guard text.count == 2, (text[0] == 0) != (text[1] == 0) else { return nil }
            return .utf16(isBigEndian: text[0] == 0)
        }
        switch (text[0] == 0, text[1] == 0, text[2] == 0, text[3] == 0) {
        case (false, true, true, true): return .utf32(isBigEndian: false)
        case (true, true, true, false): return .utf32(isBigEndian: true)
        case (false, true, false, _), (false, true, true, false): return .utf16(isBigEndian: false)
        case (true, false, true, false), (true, false, false, _): return .utf16(isBigEndian: true)
        default: return nil
        }
    }

    /// The text in UTF-8; nil when it is not in this encoding.
    package func utf8(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        switch self {
        case .windows1252, .iso8859_15:
            for byte in text {
                guard let scalar = Unicode.Scalar(scalar(of: byte)) else { return nil }
                result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.EncodedScalar())
            }
        case .utf16(let isBigEndian):
            guard text.count % 2 == 0 else { return nil }
            let high = isBigEndian ? 0 : 1
            let units = stride(from: 0, to: text.count, by: 2).lazy.map { start in
                UInt16(text[start + high]) << 8 | UInt16(text[start + 1 - high])
            }
            let failed = transcode(units.makeIterator(), from: UTF16.self, to: UTF8.self, stoppingOnError: true) {
                result.append($0)
            }
            if failed { return nil }
        case .utf32(let isBigEndian):
            guard text.count % 4 == 0 else { return nil }
            for start in stride(from: 0, to: text.count, by: 4) {
                var value: UInt32 = 0
                for place in 0..<4 { value = value << 8 | UInt32(text[start + (isBigEndian ? place : 3 - place)]) }
                guard let scalar = Unicode.Scalar(value) else { return nil }
                result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.EncodedScalar())
            }
        }
        return result
    }

    private func scalar(of byte: UInt8) -> UInt32 {
        if self == .windows1252, (0x80..<0xA0).contains(byte) { return Self.windows[Int(byte) - 0x80] }
        if self == .iso8859_15, let place = Self.latin9.firstIndex(where: { $0.byte == byte }) {
            return Self.latin9[place].scalar
        }
        return UInt32(byte)
    }

    /// 0x80 to 0x9F; an unassigned byte stands for itself.
    private static let windows: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D,
        0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153,
        0x9D,
        0x017E, 0x0178,
    ]

    /// Where it differs from ISO-8859-1.
    private static let latin9: [(byte: UInt8, scalar: UInt32)] = [
        (0xA4, 0x20AC), (0xA6, 0x0160), (0xA8, 0x0161), (0xB4, 0x017D), (0xB8, 0x017E), (0xBC, 0x0152), (0xBD, 0x0153),
        (0xBE, 0x0178),
    ]
}
