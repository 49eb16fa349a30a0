/// Compares and subtracts numbers by their digits, so that none is rounded.
enum DecimalText {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// -1, 0 or 1. Both are JSON numbers.
    static func compare(_ left: Bytes, _ right: Bytes) -> Int {
        if let a = shortInteger(left), let b = shortInteger(right) { return a < b ? -1 : a > b ? 1 : 0 }
        let a = Digits(left)
        let b = Digits(right)
        if a.sign != b.sign { return a.sign < b.sign ? -1 : 1 }
        return a.sign * Digits.compareMagnitudes(a, b)
    }

    /// An integer with so few digits that it fits without a check.
    @inline(__always)
    private static func shortInteger(_ text: Bytes) -> Int64? {
        guard text.count <= 18, let first = text.first else { return nil }
        var value: Int64 = 0
        for index in (first == UInt8(ascii: "-") ? 1 : 0)..<text.count {
            let digit = text[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return first == UInt8(ascii: "-") ? -value : value
    }

    /// The digits of a number without outer zeros, and the position of its point.
    private struct Digits {
        let text: Bytes
        /// -1, 0 or 1.
        let sign: Int
        /// The offset of the first digit that is not 0, and the one after the digits before the exponent.
        private let start: Int
        private let end: Int
        /// The power of ten of the first digit, plus one.
        private let magnitude: Int

        init(_ text: Bytes) {
            self.text = text
            let isNegative = text.first == UInt8(ascii: "-")
            let exponentMark = text.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? text.count
            end = exponentMark
            var position = isNegative ? 1 : 0
            var integerDigits = 0
            var seenPoint = false
            var leadingFraction = 0
            var first: Int?
            while position < exponentMark {
                let byte = text[position]
                if byte == UInt8(ascii: ".") {
                    seenPoint = true
                } else if first != nil || byte != UInt8(ascii: "0") {
                    first = first ?? position
                    if !seenPoint { integerDigits += 1 }
                } else if seenPoint {
                    leadingFraction += 1
                }
                position += 1
            }
            start = first ?? end
            sign = first == nil ? 0 : isNegative ? -1 : 1
            // An exponent beyond an Int counts as the greatest.
            var exponent = 0
            if exponentMark < text.count {
                let digits = text[(exponentMark + 1)...].drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
                let isBelow = text[exponentMark + 1] == UInt8(ascii: "-")
                for byte in digits { exponent = min(exponent &* 10 + Int(byte &- 0x30), 1 << 50) }
                if isBelow { exponent = -exponent }
            }
            magnitude = (integerDigits > 0 ? integerDigits : -leadingFraction) + exponent
        }

        private func nextDigit(_ position: inout Int) -> UInt8? {
            if position < end, text[position] == UInt8(ascii: ".") { position += 1 }
            guard position < end else { return nil }
            defer { position += 1 }
            return text[position]
        }

        static func compareMagnitudes(_ a: Digits, _ b: Digits) -> Int {
            if a.sign == 0 { return 0 }
            if a.magnitude != b.magnitude { return a.magnitude < b.magnitude ? -1 : 1 }
            var left = a.start
            var right = b.start
            while true {
                let x = a.nextDigit(&left)
                let y = b.nextDigit(&right)
                if x == nil && y == nil { return 0 }
                let difference = Int(x ?? 0x30) - Int(y ?? 0x30)
                if difference != 0 { return difference < 0 ? -1 : 1 }
            }
        }
    }

    // MARK: Arithmetic, once in a run

    /// `left - right`; nil when it needs more than 38 digits.
    static func difference(_ left: String, _ right: String) -> String? {
        guard let a = Scaled(left), let b = Scaled(right) else { return nil }
        let places = max(a.places, b.places)
        guard let x = a.value(places), let y = b.value(places) else { return nil }
        let (result, overflow) = x.subtractingReportingOverflow(y)
        return overflow ? nil : Scaled(units: result, places: places).text
    }

    private struct Scaled {
        var units: Int128
        /// Digits after the point.
        var places: Int

        init(units: Int128, places: Int) {
            self.units = units
            self.places = places
        }

        init?(_ text: String) {
            let parts = text.split(maxSplits: 1) { $0 == "e" || $0 == "E" }
            guard let mantissa = parts.first else { return nil }
            var exponent = 0
            if parts.count == 2 {
                guard let number = Int(parts[1]), abs(number) < 40 else { return nil }
                exponent = number
            }
            let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let fraction = halves.count == 2 ? halves[1] : ""
            guard let units = Int128(String(halves[0] + fraction)) else { return nil }
            self.init(units: units, places: fraction.utf8.count - exponent)
            if places < 0 {
                guard let value = value(0) else { return nil }
                self.init(units: value, places: 0)
            }
        }

        func value(_ wanted: Int) -> Int128? {
            guard wanted - places < 39 else { return nil }
            var value = units
            for _ in 0..<max(wanted - places, 0) {
                let (larger, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { return nil }
                value = larger
            }
            return value
        }

        var text: String {
            if places == 0 { return String(units) }
            let digits = String(units.magnitude)
            let padded = String(repeating: "0", count: max(places + 1 - digits.utf8.count, 0)) + digits
            let sign = units < 0 ? "-" : ""
            return sign + padded.dropLast(places) + "." + padded.suffix(places)
        }
    }
}
