/// A decimal number in all its digits: what SQLite has no type for.
struct ExactDecimal: Equatable {
    /// Of the whole number that the digits are, without zeros in front; empty is zero.
    private(set) var digits: [UInt8]
    private(set) var isNegative: Bool
    /// How many of the digits stand after the point.
    private(set) var scale: Int

    /// More digits than any column has, and what calculations are refused beyond.
    static let mostDigits = 2000

    static let zero = ExactDecimal(digits: [], isNegative: false, scale: 0)

    private init(digits: [UInt8], isNegative: Bool, scale: Int) {
        self.digits = Array(digits.drop { $0 == 0 })
        self.isNegative = isNegative && !self.digits.isEmpty
        self.scale = scale
    }

    /// A number as JSON, Python or a database writes it; nil for anything else, and for too many digits.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        var place = 0
        var end = text.count
        while place < end, text[place] == 0x20 { place += 1 }
        while end > place, text[end - 1] == 0x20 { end -= 1 }
        var isNegative = false
        if place < end, text[place] == UInt8(ascii: "-") || text[place] == UInt8(ascii: "+") {
            isNegative = text[place] == UInt8(ascii: "-")
            place += 1
        }
        var digits: [UInt8] = []
        digits.reserveCapacity(end - place)
        var scale = 0
        var isBehindPoint = false
        var hasDigits = false
        while place < end {
            let digit = text[place] &- 0x30
            if digit <= 9 {
                hasDigits = true
                digits.append(digit)
                if isBehindPoint { scale += 1 }
            } else if text[place] == UInt8(ascii: "."), !isBehindPoint {
                isBehindPoint = true
            } else {
                break
            }
            place += 1
        }
        guard hasDigits else { return nil }
        if place < end {
            guard text[place] | 0x20 == UInt8(ascii: "e"),
                let exponent = Int(String(decoding: text[(place + 1)..<end], as: UTF8.self)), abs(exponent) < 2000
            else { return nil }
            scale -= exponent
        }
        if scale < 0 {
            digits += repeatElement(0, count: -scale)
            scale = 0
        }
        guard digits.count <= ExactDecimal.mostDigits, scale <= ExactDecimal.mostDigits else { return nil }
        self.init(digits: digits, isNegative: isNegative, scale: scale)
    }

    init?(_ text: String) {
        var text = text
        guard let value = text.withUTF8({ ExactDecimal($0) }) else { return nil }
        self = value
    }

    /// Without zeros at the end of the fraction.
    var text: [UInt8] {
        var fraction = scale
        var digits = self.digits
        while fraction > 0, digits.last == 0 || digits.isEmpty {
            if !digits.isEmpty { digits.removeLast() }
            fraction -= 1
        }
        var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        if digits.count <= fraction {
            text.append(0x30)
            if fraction > 0 {
                text.append(UInt8(ascii: "."))
                text += repeatElement(0x30, count: fraction - digits.count)
            }
            text += digits.map { $0 + 0x30 }
        } else {
            text += digits.dropLast(fraction).map { $0 + 0x30 }
            if fraction > 0 {
                text.append(UInt8(ascii: "."))
                text += digits.suffix(fraction).map { $0 + 0x30 }
            }
        }
        return text
    }

    // MARK: Calculating

    var negated: ExactDecimal { ExactDecimal(digits: digits, isNegative: !isNegative, scale: scale) }

    private func digits(atScale wanted: Int) -> [UInt8] {
        wanted > scale && !digits.isEmpty ? digits + repeatElement(0, count: wanted - scale) : digits
    }

    /// -1, 0 or 1.
    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for (a, b) in zip(left, right) where a != b { return a < b ? -1 : 1 }
        return 0
    }

    static func compare(_ left: ExactDecimal, _ right: ExactDecimal) -> Int {
        if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
        let scale = max(left.scale, right.scale)
        let order = compare(left.digits(atScale: scale), right.digits(atScale: scale))
        return left.isNegative ? -order : order
    }

    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(max(left.count, right.count) + 1)
        var carry: UInt8 = 0
        for index in 0..<max(left.count, right.count) {
            let a = index < left.count ? left[left.count - 1 - index] : 0
            let b = index < right.count ? right[right.count - 1 - index] : 0
            let digit = a + b + carry
            carry = digit >= 10 ? 1 : 0
            result.append(digit >= 10 ? digit - 10 : digit)
        }
        if carry > 0 { result.append(carry) }
        return result.reversed()
    }

    /// - Parameter right: not larger.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(left.count)
        var borrow: UInt8 = 0
        for index in 0..<left.count {
            let a = left[left.count - 1 - index]
            let b = (index < right.count ? right[right.count - 1 - index] : 0) + borrow
            borrow = a < b ? 1 : 0
            result.append(a < b ? a + 10 - b : a - b)
        }
        return result.reversed()
    }

    static func + (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal {
        let scale = max(left.scale, right.scale)
        let (a, b) = (left.digits(atScale: scale), right.digits(atScale: scale))
        if left.isNegative == right.isNegative {
            return ExactDecimal(digits: sum(a, b), isNegative: left.isNegative, scale: scale)
        }
        return compare(a, b) >= 0
            ? ExactDecimal(digits: difference(a, b), isNegative: left.isNegative, scale: scale)
            : ExactDecimal(digits: difference(b, a), isNegative: right.isNegative, scale: scale)
    }

    /// Nil for too many digits.
    static func product(_ left: ExactDecimal, _ right: ExactDecimal) -> ExactDecimal? {
        guard left.digits.count + right.digits.count <= mostDigits, left.scale + right.scale <= mostDigits else {
            return nil
        }
        var cells = [Int](repeating: 0, count: left.digits.count + right.digits.count)
        for (i, a) in left.digits.reversed().enumerated() where a != 0 {
            for (j, b) in right.digits.reversed().enumerated() { cells[i + j] += Int(a) * Int(b) }
        }
        var carry = 0
        for index in cells.indices {
            let value = cells[index] + carry
            cells[index] = value % 10
            carry = value / 10
        }
        return ExactDecimal(
            digits: cells.reversed().map { UInt8($0) }, isNegative: left.isNegative != right.isNegative,
            scale: left.scale + right.scale)
    }

    /// Rounds to a number of digits after the point, halves away from zero.
    func rounded(to places: Int) -> ExactDecimal {
        guard places < scale else { return self }
        let dropped = scale - places
        guard dropped <= digits.count else { return ExactDecimal(digits: [], isNegative: false, scale: places) }
        let kept = Array(digits.dropLast(dropped))
        let isUp = digits[digits.count - dropped] >= 5
        return ExactDecimal(
            digits: isUp ? ExactDecimal.sum(kept, [1]) : kept, isNegative: isNegative, scale: places)
    }
}

/// The sum of many decimals: in 128 bits as long as they hold it.
final class DecimalSum {
    private var small: Int128 = 0
    private var scale = 0
    private var large = ExactDecimal.zero
    private(set) var hasValues = false
    /// Something else than a number came.
    private(set) var isBroken = false

    private static let powers: [Int128] = (0...37).map { count in (0..<count).reduce(1) { power, _ in power * 10 } }

    func add(_ text: UnsafeBufferPointer<UInt8>) {
        hasValues = true
        if addSmall(text) { return }
        guard let value = ExactDecimal(text) else {
            isBroken = true
            return
        }
        large = large + value
    }

    /// Of a plain number of few digits; false, and nothing is added, for any other.
    private func addSmall(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count > 0, text.count <= 30 else { return false }
        let isNegative = text[0] == UInt8(ascii: "-")
        var value: Int128 = 0
        var fraction = -1
        for index in (isNegative ? 1 : 0)..<text.count {
            let digit = text[index] &- 0x30
            if digit <= 9 {
                value = value * 10 + Int128(digit)
                if fraction >= 0 { fraction += 1 }
            } else if text[index] == UInt8(ascii: "."), fraction < 0 {
                fraction = 0
            } else {
                return false
            }
        }
        let places = max(fraction, 0)
        if places > scale {
            guard places <= 30 else { return false }
            let (wider, isTooLarge) = small.multipliedReportingOverflow(by: DecimalSum.powers[places - scale])
            if isTooLarge { return false }
            (small, scale) = (wider, places)
        }
        let (scaled, isTooLarge) = value.multipliedReportingOverflow(by: DecimalSum.powers[scale - places])
        if isTooLarge { return false }
        let (sum, isOver) = small.addingReportingOverflow(isNegative ? -scaled : scaled)
        if isOver { return false }
        small = sum
        return true
    }

    var text: [UInt8] {
        let digits = String(small)
        guard let value = ExactDecimal("\(digits)e-\(scale)") else { return large.text }
        return (value + large).text
    }
}
