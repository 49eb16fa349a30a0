import DatasetReaders
import Digests
import JSONText

/// Values as text, the same in all formats: numbers in all their digits, bytes as Base64.
extension ByteBuffer {
    /// Appends the text of a value; nothing for NULL.
    func append(plain cell: QueryCell) {
        switch cell {
        case .null: break
        case .bool(let value): append(value ? "true" as StaticString : "false")
        case .integer(let value): append(number: Int(value))
        case .double(let value): append(double: value)
        case .number(let bytes), .json(let bytes), .time(let bytes): append(bytes)
        case .text(let bytes): append(bytes)
        case .binary(let bytes): append(base64: bytes)
        }
    }

    /// The shortest digits that stand for no other number.
    func append(double value: Double) {
        // Whole numbers without a fraction, as databases print them; not of a size where an exponent is shorter.
        if value == value.rounded(), abs(value) < 1e15 {
            if value == 0, value.sign == .minus { append(UInt8(ascii: "-")) }
            return append(number: Int(value))
        }
        if append(decimal: value) { return }
        if value.isNaN { return append("NaN" as StaticString) }
        if value.isInfinite { return append(value < 0 ? "-Infinity" as StaticString : "Infinity") }
        append(value.description)
    }

    /// Appends a number of up to four digits after the point, as most are; false for others.
    ///
    /// If n / 10^k is this number, n of 15 digits at most, then no other digits are as few: they can be written without a search for them.
    private func append(decimal value: Double) -> Bool {
        guard abs(value) < 1e11 else { return false }
        var factor = 10.0
        for digits in 1...4 {
            let scaled = (value * factor).rounded()
            if scaled / factor == value {
                var whole = Int(abs(scaled))
                let (quotient, rest) = whole.quotientAndRemainder(dividingBy: Int(factor))
                if value < 0 { append(UInt8(ascii: "-")) }
                append(number: quotient)
                append(UInt8(ascii: "."))
                whole = rest
                append(atMost: 4) { output in
                    for place in (0..<digits).reversed() {
                        output[place] = UInt8(0x30 + whole % 10)
                        whole /= 10
                    }
                    return digits
                }
                return true
            }
            factor *= 10
        }
        return false
    }

    func append(base64 bytes: UnsafeBufferPointer<UInt8>) {
        append(atMost: Base64.encodedCount(bytes.count, padding: true)) { output in
            Base64.encode(UnsafeRawBufferPointer(bytes), padding: true, into: output)
        }
    }

    /// The inside of a JSON string. What is not UTF-8 is marked, since JSON has no other text.
    func append(escaped bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        if firstInvalidUTF8(base, 0, bytes.count) != nil {
            let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
            return repaired.withUnsafeBufferPointer { append(escaped: $0) }
        }
        var start = 0
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte >= 0x20, byte != 0x22, byte != 0x5C { continue }
            append(UnsafeBufferPointer(rebasing: bytes[start..<index]))
            start = index + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case 0x22, 0x5C: append(byte)
            case 0x09: append(UInt8(ascii: "t"))
            case 0x0A: append(UInt8(ascii: "n"))
            case 0x0D: append(UInt8(ascii: "r"))
            default:
                append("u00" as StaticString)
                for nibble in [byte >> 4, byte & 15] { append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble) }
            }
        }
        append(UnsafeBufferPointer(rebasing: bytes[start...]))
    }
}
