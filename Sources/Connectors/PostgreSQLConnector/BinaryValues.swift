/// Writes values in PostgreSQL's binary formats into the caller's memory, and returns the number of bytes.
///
/// None of them needs more room than `room(forText:)` of the value's JSON text.
enum BinaryValues {
    typealias Bytes = UnsafeMutablePointer<UInt8>
    typealias Text = UnsafeBufferPointer<UInt8>

    /// Room for a field: its length and its value. A numeric of n digits has at most n/4 + 3 groups of two bytes and a
    /// header of 8.
    static func room(forText count: Int) -> Int { count + 32 }

    @inline(__always)
    static func put<Value: FixedWidthInteger>(_ value: Value, _ output: Bytes) {
        UnsafeMutableRawPointer(output).storeBytes(of: value.bigEndian, as: Value.self)
    }

    // MARK: Times

    /// 2000-01-01, PostgreSQL's epoch, in days since 1970.
    static let epochDay: Int64 = 10_957

    // MARK: Numbers

    /// Writes a JSON number as numeric: groups of four decimal digits. Nil when the type cannot hold it.
    ///
    /// Layout: number of groups, weight of the first one (a power of 10000), sign, digits shown after the point.
    static func numeric(_ text: Text, _ output: Bytes) -> Int? {
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        // The significant digits, without zeros on either side, and the power of ten of the last one.
        let mantissa = index
        var exponent = 0
        var fraction = 0
        var seenPoint = false
        var end = index
        while end < text.count {
            let byte = text[end]
            if byte &- 0x30 <= 9 {
                if seenPoint { fraction += 1 }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            end += 1
        }
        guard end > mantissa else { return nil }
        if end < text.count {
            guard text[end] | 0x20 == UInt8(ascii: "e"), let written = self.exponent(text, end + 1) else { return nil }
            exponent = written
        }
        let unit = exponent - fraction
        let scale = max(-unit, 0)
        // Place of the first significant digit, as a power of ten.
        var first = mantissa
        while first < end, text[first] == UInt8(ascii: "0") || text[first] == UInt8(ascii: ".") { first += 1 }
        guard first < end else { return head(output, groups: 0, weight: 0, isNegative: false, scale: scale) }
        var place = unit - 1
        for position in first..<end where text[position] != UInt8(ascii: ".") { place += 1 }
        // The type holds 131072 digits before the point and 16383 after it; a smaller value is zero.
        guard place < 131_072 else { return nil }
        guard place >= -16_383 else { return head(output, groups: 0, weight: 0, isNegative: false, scale: 16_383) }
        let weight = place >= 0 ? place / 4 : -((3 - place) / 4)
        var groups = 0
        var group: UInt16 = 0
        var within = place - weight * 4  // of the group's four places, counted from the right
        var target = output + 8
        var position = first
        while position < end {
            let byte = text[position]
            position += 1
            if byte == UInt8(ascii: ".") { continue }
            group += UInt16(byte &- 0x30) * power(of: within)
            within -= 1
            if within < 0 {
                put(group, target)
                target += 2
                groups += 1
                group = 0
                within = 3
            }
        }
        if within < 3 {
            put(group, target)
            groups += 1
        }
        while groups > 0, output[8 + groups * 2 - 2] == 0, output[8 + groups * 2 - 1] == 0 { groups -= 1 }
        guard groups < 32_768 else { return nil }
        return head(output, groups: groups, weight: weight, isNegative: isNegative, scale: min(scale, 16_383))
    }

    @inline(__always)
    private static func power(of place: Int) -> UInt16 {
        switch place {
        case 0: 1
        case 1: 10
        case 2: 100
        default: 1000
        }
    }

    private static func head(_ output: Bytes, groups: Int, weight: Int, isNegative: Bool, scale: Int) -> Int {
        put(Int16(truncatingIfNeeded: groups), output)
        put(Int16(truncatingIfNeeded: weight), output + 2)
        put(UInt16(isNegative ? 0x4000 : 0), output + 4)
        put(Int16(truncatingIfNeeded: scale), output + 6)
        return 8 + groups * 2
    }

    /// Only as many digits as the type can distinguish.
    private static func exponent(_ text: Text, _ start: Int) -> Int? {
        var index = start
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            guard text[index] &- 0x30 <= 9 else { return nil }
            value = min(value * 10 + Int(text[index] &- 0x30), 1_000_000_000)
            index += 1
        }
        return isNegative ? -value : value
    }
}
