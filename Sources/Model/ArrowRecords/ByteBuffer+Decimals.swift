import JSONText

extension ByteBuffer {
    /// The four words of 256 bits, the lowest first.
    private typealias Words = (UInt64, UInt64, UInt64, UInt64)

    /// A two's complement number of 4, 8, 16 or 32 bytes, times ten to the power of `-scale`, with all its digits.
    func append(decimal start: UnsafeRawPointer, bytes: Int, scale: Int) {
        var words: Words = (0, 0, 0, 0)
        func word(_ index: Int) -> UInt64 { start.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        func filling(_ word: UInt64) -> UInt64 { Int64(bitPattern: word) < 0 ? .max : 0 }
        switch bytes {
        case 4, 8:
            words.0 = bytes == 8 ? word(0) : UInt64(bitPattern: Int64(start.loadUnaligned(as: Int32.self)))
            words.1 = filling(words.0)
            (words.2, words.3) = (words.1, words.1)
        case 16:
            (words.0, words.1) = (word(0), word(1))
            words.2 = filling(words.1)
            words.3 = words.2
        default: words = (word(0), word(1), word(2), word(3))
        }
        if filling(words.3) != 0 {
            append(UInt8(ascii: "-"))
            negate(&words)
        }
        append(magnitude: words, scale: scale)
    }

    private func negate(_ words: inout Words) {
        var carry: UInt64 = 1
        func flip(_ word: inout UInt64) {
            let (sum, overflows) = (~word).addingReportingOverflow(carry)
            (word, carry) = (sum, overflows ? 1 : 0)
        }
        flip(&words.0)
        flip(&words.1)
        flip(&words.2)
        flip(&words.3)
    }

    private func append(magnitude: Words, scale: Int) {
        var words = magnitude
        // 256 bits have at most 78 digits, of which 19 fit into a word.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 96) { digits in
            guard let end = digits.baseAddress.map({ $0 + 96 }) else { return }
            var first = end
            while true {
                var part = divide(&words)
                let isLast = words.0 | words.1 | words.2 | words.3 == 0
                var written = 0
                while isLast ? part > 0 || first == end : written < 19 {
                    first -= 1
                    first.pointee = UInt8(truncatingIfNeeded: part % 10) &+ UInt8(ascii: "0")
                    part /= 10
                    written += 1
                }
                if isLast { break }
            }
            append(digits: UnsafeBufferPointer(start: first, count: end - first), scale: scale)
        }
    }

    private func append(digits: UnsafeBufferPointer<UInt8>, scale: Int) {
        let whole = digits.count - max(scale, 0)
        if whole > 0 {
            append(UnsafeBufferPointer(rebasing: digits[..<whole]))
            if scale < 0, digits[0] != UInt8(ascii: "0") { zeros(-scale) }
        } else {
            append(UInt8(ascii: "0"))
        }
        guard scale > 0 else { return }
        append(UInt8(ascii: "."))
        zeros(-min(whole, 0))
        append(UnsafeBufferPointer(rebasing: digits[max(whole, 0)...]))
    }

    private func zeros(_ count: Int) {
        for _ in 0..<count { append(UInt8(ascii: "0")) }
    }

    /// Divides by ten to the power of 19, and returns the remainder.
    private func divide(_ words: inout Words) -> UInt64 {
        let divisor: UInt64 = 10_000_000_000_000_000_000
        var rest: UInt64 = 0
        func step(_ word: inout UInt64) {
            let (quotient, remainder) = divisor.dividingFullWidth((rest, word))
            (word, rest) = (quotient, remainder)
        }
        step(&words.3)
        step(&words.2)
        step(&words.1)
        step(&words.0)
        return rest
    }
}
