/// JSON numbers as integers, times a power of ten.
enum ScaledNumber {
    typealias Text = UnsafePointer<UInt8>

    private static let powers: [Int128] = (0...38).map { count in (0..<count).reduce(1) { power, _ in power * 10 } }

    /// Ten to the power of `count`, up to 38.
    static func power(_ count: Int) -> Int128 { powers[count] }

    /// The number times ten to the power of `scale`, rounded half away from zero; nil when that has more than 127 bits.
    @inline(__always)
    static func read(_ text: Text, _ count: Int, scale: Int) -> Int128? {
        let isNegative = text[0] == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        var fraction = 0
        var seenPoint = false
        // 19 digits cannot overflow; longer texts may consist of zeros, but are rare.
        guard count <= 20 else { return readLong(text, count, scale) }
        for index in (isNegative ? 1 : 0)..<count {
            let digit = text[index] &- 0x30
            if digit <= 9 {
                (magnitude, fraction) = (magnitude &* 10 &+ UInt64(digit), fraction &+ (seenPoint ? 1 : 0))
            } else if text[index] == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                return readLong(text, count, scale)
            }
        }
        guard fraction <= scale, count &- (seenPoint ? 1 : 0) <= 19, scale &- fraction <= 19 else {
            return readLong(text, count, scale)
        }
        // With the zeros up to the scale, most fit into 64 bits as well.
        var value: Int128
        if count &- fraction &+ scale <= 19 {
            while fraction < scale { (magnitude, fraction) = (magnitude &* 10, fraction &+ 1) }
            value = Int128(magnitude)
        } else {
            value = Int128(magnitude) &* power(scale &- fraction)
        }
        if isNegative { value = 0 &- value }
        return value
    }

    @inline(never)
    private static func readLong(_ text: Text, _ count: Int, _ scale: Int) -> Int128? {
        let text = UnsafeBufferPointer(start: text, count: count)
        let end = text.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? count
        let point = text[..<end].firstIndex(of: UInt8(ascii: ".")) ?? end
        var exponent = 0
        if end < count {
            // A longer exponent belongs to zero, or to a number that is too large or too small for every scale.
            guard let written = Int(String(decoding: text[(end + 1)...].prefix(12), as: UTF8.self)) else { return nil }
            exponent = written
        }
        // The power of ten of the next digit, in units of the result.
        var place = text[..<point].count - (text[0] == UInt8(ascii: "-") ? 1 : 0) - 1 + exponent + scale
        var value: Int128 = 0
        for byte in text[..<end] {
            let digit = byte &- 0x30
            guard digit <= 9 else { continue }
            if place == -1, digit >= 5 { value += 1 }
            if place >= 0, value != 0 || digit != 0 {
                let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
                let (sum, isTooLarge) = tens.addingReportingOverflow(Int128(digit))
                if tooLarge || isTooLarge { return nil }
                value = sum
            }
            place -= 1
        }
        guard value != 0, place >= 0 else { return text[0] == UInt8(ascii: "-") ? -value : value }
        guard place < 38 else { return nil }
        let (scaled, isTooLarge) = value.multipliedReportingOverflow(by: power(place + 1))
        if isTooLarge { return nil }
        return text[0] == UInt8(ascii: "-") ? -scaled : scaled
    }
}
