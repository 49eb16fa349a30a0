/// The characters that match at one place of an expression.
struct CharacterClass: Sendable {
    indirect enum Item: Sendable {
        case range(UInt32, UInt32)
        case digit, word, space
        /// A general category of Unicode by its short name, such as `L` or `Lu`.
        case category(String)
        case not([Item])
    }

    private let items: [Item]
    private let ignoresCase: Bool
    private let isUnicode: Bool
    /// The answers for ASCII, one bit each.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ items: [Item], ignoresCase: Bool, isUnicode: Bool) {
        self.items = items
        self.ignoresCase = ignoresCase
        self.isUnicode = isUnicode
        for value in 0..<UInt8(128) where finds(Unicode.Scalar(value)) {
            if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
        }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = UInt64(scalar.value)
        if value < 64 { return low >> value & 1 == 1 }
        if value < 128 { return high >> (value - 64) & 1 == 1 }
        return finds(scalar)
    }

    private func finds(_ scalar: Unicode.Scalar) -> Bool {
        if finds(scalar, in: items) { return true }
        guard ignoresCase else { return false }
        for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
            let others = mapping.unicodeScalars
            if others.count == 1, let other = others.first, other != scalar, finds(other, in: items) { return true }
        }
        return false
    }

    private func finds(_ scalar: Unicode.Scalar, in items: [Item]) -> Bool {
        items.contains { item in
            switch item {
            case .range(let first, let last): first <= scalar.value && scalar.value <= last
            case .digit: isUnicode ? scalar.properties.generalCategory == .decimalNumber : isDigit(scalar)
            case .word:
                scalar == "_"
                    || (isUnicode
                        ? scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                        : isDigit(scalar) || isLetter(scalar))
            // In ECMA 262 too, this class goes beyond ASCII.
            case .space: scalar.properties.isWhitespace || !isUnicode && scalar == "\u{FEFF}"
            case .category(let name): scalar.properties.generalCategory.shortName.hasPrefix(name)
            case .not(let items): !finds(scalar, in: items)
            }
        }
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { "0"..."9" ~= scalar }
    private func isLetter(_ scalar: Unicode.Scalar) -> Bool { "a"..."z" ~= scalar || "A"..."Z" ~= scalar }
}

extension Unicode.GeneralCategory {
    /// The names of categories in expressions.
    static let shortNames: Set<String> = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    var shortName: String {
        switch self {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
