import Glibc
package import JSONText
public import Schemas

/// Questions about numbers, answered from their digits.
@usableFromInline
package enum NumberToken {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private static let int64Maximum = Array("9223372036854775807".utf8)
    private static let int64Minimum = Array("9223372036854775808".utf8)
    /// 2^255 - 1: the greatest signed integer of 256 bits.
    private static let int256Maximum = Array(
        "57896044618658097711785492504343953926634992332820282019728792003956564819967".utf8)
    private static let int256Minimum = Array(
        "57896044618658097711785492504343953926634992332820282019728792003956564819968".utf8)

    @usableFromInline
    package static func nativeType(ofInteger digits: UnsafeBufferPointer<UInt8>) -> DataType {
        if fits(digits, int64Maximum, int64Minimum) { return .bigint }
        return fits(digits, int256Maximum, int256Minimum) ? .wei : .text
    }

    /// Compares a JSON integer, which has no leading zeros, with the limits of both signs.
    private static func fits(_ digits: Bytes, _ maximum: [UInt8], _ minimum: [UInt8]) -> Bool {
        let isNegative = digits.first == UInt8(ascii: "-")
        let magnitude = isNegative ? Bytes(rebasing: digits.dropFirst()) : digits
        let limit = isNegative ? minimum : maximum
        if magnitude.count != limit.count { return magnitude.count < limit.count }
        return !limit.lexicographicallyPrecedes(magnitude)
    }

    @usableFromInline
    package static func nativeType(ofReal digits: UnsafeBufferPointer<UInt8>) -> DataType {
        double(digits).map(\.isFinite) == true ? .double : .text
    }

    /// Whether a number's double is finite.
    @usableFromInline
    package static func isFinite(_ digits: UnsafeBufferPointer<UInt8>) -> Bool { double(digits)?.isFinite == true }

    /// The nearest double of a JSON number; infinite when out of range.
    package static func double(_ digits: UnsafeBufferPointer<UInt8>) -> Double? {
        guard !digits.isEmpty else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: digits.count + 1) { buffer in
            for (index, byte) in digits.enumerated() { buffer[index] = CChar(bitPattern: byte) }
            buffer[digits.count] = 0
            guard let start = buffer.baseAddress else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            return end == start + digits.count ? value : nil
        }
    }

    package static func int64(_ digits: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        let isNegative = digits[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        var index = isNegative ? 1 : 0
        guard index < digits.count else { return nil }
        while index < digits.count {
            let digit = Int64(digits[index]) - 0x30
            guard 0...9 ~= digit else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            // Counted downwards, because the negative range is larger by one.
            let (next, underflow) = shifted.subtractingReportingOverflow(digit)
            if overflow || underflow { return nil }
            value = next
            index += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    package static func isZero(_ digits: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in digits {
            if byte | 0x20 == UInt8(ascii: "e") { return true }
            if UInt8(ascii: "1")...UInt8(ascii: "9") ~= byte { return false }
        }
        return true
    }

    /// Writes a double as JSON as dlt's serializer does: the shortest digits that restore it, plain notation from 1e-5
    /// to 1e16, `1.0` for one, `null` for a value that is not finite.
    package static func append(canonical value: Double, to output: ByteBuffer) {
        guard value.isFinite else { return output.append("null") }
        if value == 0 { return output.append(value.sign == .minus ? "-0.0" : "0.0") }
        var (digits, exponent) = shortest(value.magnitude)
        if value < 0 { output.append(UInt8(ascii: "-")) }
        // `point` is the position of the decimal point, counted from the first digit.
        let point = digits.count + exponent
        if exponent >= 0 && point <= 16 {
            output.append(digits)
            for _ in 0..<exponent { output.append(UInt8(ascii: "0")) }
            output.append(".0")
        } else if point > 0 && point <= 16 {
            output.append(Array(digits[..<point]))
            output.append(UInt8(ascii: "."))
            output.append(Array(digits[point...]))
        } else if point > -5 && point <= 0 {
            output.append("0.")
            for _ in point..<0 { output.append(UInt8(ascii: "0")) }
            output.append(digits)
        } else {
            output.append(digits.removeFirst())
            if !digits.isEmpty {
                output.append(UInt8(ascii: "."))
                output.append(digits)
            }
            output.append(UInt8(ascii: "e"))
            if point > 1 { output.append(UInt8(ascii: "+")) }
            output.append(number: point - 1)
        }
    }

    /// The shortest digits of a positive double and the power of ten to multiply them by.
    private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        let text = Array(value.description.utf8)
        let parts = text.split(separator: UInt8(ascii: "e"), maxSplits: 1)
        var exponent = parts.count == 2 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
        var digits: [UInt8] = []
        var afterPoint = false
        for byte in parts[0] {
            if byte == UInt8(ascii: ".") {
                afterPoint = true
            } else {
                digits.append(byte)
                if afterPoint { exponent -= 1 }
            }
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(min(leading, digits.count - 1))
        return (digits, exponent)
    }
}
