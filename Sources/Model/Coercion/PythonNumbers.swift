import JSONText

/// Texts that Python's `Decimal()` accepts, because dlt converts strings with it: surrounding white space, signs,
/// single underscores between digits, hexadecimal integers. Integers and doubles accept less (`NumberForm`).
enum PythonNumber {
    /// A JSON number token, or a value that is not a number in JSON.
    enum Value: Equatable {
        case token([UInt8])
        case notANumber
        case infinity(isNegative: Bool)
    }

    /// `nan`, `inf` and the like, which JSON does not have.
    static func isNoNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch real(text) {
        case .notANumber?, .infinity?: true
        case .token?, nil: false
        }
    }

    /// `Decimal()`, or a `0x…` integer, as a JSON number.
    static func real(_ text: UnsafeBufferPointer<UInt8>) -> Value? {
        let trimmed = plain(text)
        if let hex = hexadecimal(trimmed) { return .token(hex) }
        var rest = trimmed[...]
        let isNegative = takeSign(&rest)
        let word = String(decoding: rest, as: UTF8.self).lowercased()
        if word == "nan" { return .notANumber }
        if word == "inf" || word == "infinity" { return .infinity(isNegative: isNegative) }

        let exponentPlace = rest.firstIndex { $0 | 0x20 == UInt8(ascii: "e") }
        let mantissa = rest[..<(exponentPlace ?? rest.endIndex)]
        let point = mantissa.firstIndex(of: UInt8(ascii: "."))
        guard let whole = digitGroup(mantissa[..<(point ?? mantissa.endIndex)]),
            let fraction = digitGroup(point.map { mantissa[($0 + 1)...] } ?? []), !(whole.isEmpty && fraction.isEmpty)
        else { return nil }
        var token = (isNegative ? [UInt8(ascii: "-")] : []) + withoutLeadingZeros(whole.isEmpty ? [0x30] : whole)
        if point != nil { token += [UInt8(ascii: ".")] + (fraction.isEmpty ? [0x30] : fraction) }
        if let exponentPlace {
            var exponent = rest[(exponentPlace + 1)...]
            let isNegative = takeSign(&exponent)
            guard let digits = digitGroup(exponent), !digits.isEmpty else { return nil }
            token += [UInt8(ascii: "e")] + signed(isNegative, digits)
        }
        return .token(token)
    }

    private static func signed(_ isNegative: Bool, _ digits: [UInt8]) -> [UInt8] {
        isNegative && digits != [0x30] ? [UInt8(ascii: "-")] + digits : digits
    }

    /// The text without surrounding white space, with the decimal digits of every script as ASCII digits.
    private static func plain(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard text.contains(where: { $0 >= 0x80 }) else { return trim(text) }
        var ascii: [UInt8] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue {
                ascii.append(0x30 + UInt8(value))
            } else if scalar.properties.isWhitespace {
                ascii.append(0x20)
            } else {
                ascii.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return ascii.withUnsafeBufferPointer { trim($0) }
    }

    static func trim(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        @inline(__always) func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || 0x09...0x0D ~= byte || 0x1C...0x1F ~= byte
        }
        var start = 0
        var end = text.count
        while start < end, isSpace(text[start]) { start += 1 }
        while end > start, isSpace(text[end - 1]) { end -= 1 }
        return Array(text[start..<end])
    }

    private static func takeSign(_ text: inout ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else { return false }
        text = text.dropFirst()
        return first == UInt8(ascii: "-")
    }

    /// Digits with single underscores between them; empty for no bytes, nil for anything else.
    private static func digitGroup(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var digits: [UInt8] = []
        var afterDigit = false
        for byte in text {
            if byte == UInt8(ascii: "_") {
                guard afterDigit else { return nil }
                afterDigit = false
            } else {
                guard byte &- 0x30 <= 9 else { return nil }
                digits.append(byte)
                afterDigit = true
            }
        }
        return digits.isEmpty || afterDigit ? digits : nil
    }

    private static func withoutLeadingZeros(_ digits: [UInt8]) -> [UInt8] {
        let rest = digits.drop { $0 == 0x30 }
        return rest.isEmpty ? [0x30] : Array(rest)
    }

    /// `0x` and hexadecimal digits, as decimal ones.
    private static func hexadecimal(_ text: [UInt8]) -> [UInt8]? {
        guard text.count > 2, text[0] == 0x30, text[1] == UInt8(ascii: "x") else { return nil }
        var decimal: [UInt8] = [0]  // Least significant first.
        for byte in text[2...] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            var carry = digit
            for index in decimal.indices {
                let value = Int(decimal[index]) * 16 + carry
                decimal[index] = UInt8(value % 10)
                carry = value / 10
            }
            while carry > 0 {
                decimal.append(UInt8(carry % 10))
                carry /= 10
            }
        }
        return decimal.reversed().map { $0 + 0x30 }
    }
}
