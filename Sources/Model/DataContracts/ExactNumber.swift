import JSONText

/// The exact value of a JSON number, for comparisons that a double cannot make: `0.digits × 10^point`.
struct ExactNumber: Equatable, Hashable, Comparable {
    private(set) var isNegative = false
    /// Without zeros at either end; empty for zero.
    private(set) var digits: [UInt8] = []
    private(set) var point = 0

    /// - Parameter text: a number as RFC 8259 writes it.
    init(_ text: some Collection<UInt8>) {
        var exponent = 0
        var sawPoint = false
        var isInExponent = false
        var exponentIsNegative = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): if isInExponent { exponentIsNegative = true } else { isNegative = true }
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): sawPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isInExponent = true
            case _ where isInExponent: exponent = min(exponent * 10 + Int(byte - 0x30), 1 << 40)
            default:
                if digits.isEmpty && byte == UInt8(ascii: "0") {
                    if sawPoint { point -= 1 }
                    continue
                }
                digits.append(byte)
                if !sawPoint { point += 1 }
            }
        }
        point += exponentIsNegative ? -exponent : exponent
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty { (isNegative, point) = (false, 0) }
    }

    var isZero: Bool { digits.isEmpty }

    /// `1.0` and `1e2` are integers too.
    var isIntegral: Bool { isZero || point >= digits.count }

    static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let (small, large) = left.isNegative ? (right, left) : (left, right)
        if small.isZero || large.isZero { return small.isZero && !large.isZero }
        if small.point != large.point { return small.point < large.point }
        return small.digits.lexicographicallyPrecedes(large.digits)
    }

    /// Whether this is the divisor times an integer; nil when the answer would need too many digits.
    func isMultiple(of divisor: ExactNumber) -> Bool? {
        if isZero { return true }
        guard let (units, scale) = divisor.units, units > 0 else { return nil }
        // Both in the same unit, ten to the power of `-scale`.
        let zeros = point - digits.count + scale
        if zeros < 0 { return false }
        guard zeros <= 4096 else { return nil }
        var rest: UInt64 = 0
        for digit in digits { rest = (rest * 10 + UInt64(digit - 0x30)) % units }
        for _ in 0..<zeros { rest = rest * 10 % units }
        return rest == 0
    }

    /// The number as an integer count of ten to the power of `-scale`.
    private var units: (UInt64, scale: Int)? {
        // Ten times a remainder has to stay within 64 bits.
        guard digits.count <= 17 else { return nil }
        return (digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }, digits.count - point)
    }
}
