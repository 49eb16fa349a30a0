/// The syntax tree of an expression.
indirect enum PatternNode: Sendable {
    case characters(CharacterClass)
    case assertion(Assertion)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// Without a maximum, the repetition is unbounded.
    case repetition(PatternNode, minimum: Int, maximum: Int?, isLazy: Bool)
    /// Part of a match that is wanted by its number.
    case group(PatternNode, number: Int)
    case look(PatternNode, isBehind: Bool, isNegative: Bool)
}

/// Reads the syntax that both dialects share, and the parts of each that texts are likely to use.
struct PatternParser {
    private let dialect: Pattern.Dialect
    private var rest: Substring.UnicodeScalarView
    private var flags = Flags()
    private var depth = 0
    /// How many groups have a number, which is counted only where it is asked for.
    private(set) var groupCount = 0
    private let numbersGroups: Bool
    /// Whether the first repetition takes as little as it can; nil without one.
    private(set) var firstIsLazy: Bool?

    private static let maximumDepth = 200
    private static let maximumRepetitions = 10_000

    private struct Flags {
        var ignoresCase = false
        /// A dot matches any character.
        var dotIsAll = false
        /// `^` and `$` match at the ends of lines too.
        var isMultiline = false
    }

    init(_ text: String, _ dialect: Pattern.Dialect, numbersGroups: Bool = false, ignoresCase: Bool = false) {
        self.dialect = dialect
        self.numbersGroups = numbersGroups
        flags.ignoresCase = ignoresCase
        rest = text[...].unicodeScalars
    }

    mutating func pattern() throws(Pattern.Malformed) -> PatternNode {
        let node = try alternatives()
        if !rest.isEmpty { throw malformed("a `)` without its `(`") }
        return node
    }

    private func malformed(_ reason: String) -> Pattern.Malformed { Pattern.Malformed(description: reason) }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count)
        return true
    }

    private func set(_ items: [CharacterClass.Item]) -> CharacterClass {
        CharacterClass(items, ignoresCase: flags.ignoresCase, isUnicode: dialect == .python)
    }

    private func single(_ scalar: Unicode.Scalar) -> PatternNode {
        .characters(set([.range(scalar.value, scalar.value)]))
    }

    // MARK: Structure

    private mutating func alternatives() throws(Pattern.Malformed) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        if depth > PatternParser.maximumDepth { throw malformed("its groups are nested too deeply") }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() throws(Pattern.Malformed) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = rest.first, scalar != "|", scalar != ")" {
            guard let node = try atom() else { continue }
            nodes.append(try repeated(node))
        }
        return .sequence(nodes)
    }

    private mutating func repeated(_ node: PatternNode) throws(Pattern.Malformed) -> PatternNode {
        guard let (minimum, maximum) = try quantifier() else { return node }
        let isLazy = take("?")
        if !isLazy, take("+") { throw malformed("possessive repetitions are not supported") }
        if try quantifier() != nil { throw malformed("a repetition of a repetition needs a group") }
        if firstIsLazy == nil { firstIsLazy = isLazy }
        return .repetition(node, minimum: minimum, maximum: maximum, isLazy: isLazy)
    }

    private mutating func quantifier() throws(Pattern.Malformed) -> (minimum: Int, maximum: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        // Braces that are not a repetition stand for themselves.
        guard rest.first == "{", let end = rest.firstIndex(of: "}") else { return nil }
        let inside = String(rest[rest.index(after: rest.startIndex)..<end])
        let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ $0.utf8.allSatisfy { $0 &- 0x30 <= 9 } }),
            let first = parts.first, !first.isEmpty || dialect == .python && inside != "" && inside != ","
        else { return nil }
        rest = rest[rest.index(after: end)...]
        let minimum = try count(first.isEmpty ? "0" : first)
        let maximum = parts.count == 1 ? minimum : parts[1].isEmpty ? nil : try count(parts[1])
        if let maximum, maximum < minimum { throw malformed("a repetition's bounds are the wrong way round") }
        return (minimum, maximum)
    }

    private func count(_ digits: Substring) throws(Pattern.Malformed) -> Int {
        guard let number = Int(digits), number <= PatternParser.maximumRepetitions else {
            throw malformed("a repetition goes beyond \(PatternParser.maximumRepetitions)")
        }
        return number
    }

    // MARK: Atoms

    /// nil for syntax that only affects the atoms after it.
    private mutating func atom() throws(Pattern.Malformed) -> PatternNode? {
        guard let scalar = rest.popFirst() else { throw malformed("it ends too early") }
        switch scalar {
        case "^": return .assertion(flags.isMultiline ? .lineStart : .start)
        case "$":
            return .assertion(flags.isMultiline ? .lineEnd : dialect == .python ? .endOrNewline : .end)
        case ".":
            if flags.dotIsAll { return .characters(set([.range(0, 0x10FFFF)])) }
            let ends: [CharacterClass.Item] =
                dialect == .python
                ? [.range(0x0A, 0x0A)] : [.range(0x0A, 0x0A), .range(0x0D, 0x0D), .range(0x2028, 0x2029)]
            return .characters(set([.not(ends)]))
        case "(": return try group()
        case "[": return .characters(try bracket())
        case "\\": return try escape()
        case "*", "+", "?": throw malformed("there is nothing before `\(scalar)` to repeat")
        default: return single(scalar)
        }
    }

    private mutating func group() throws(Pattern.Malformed) -> PatternNode? {
        let outside = flags
        var look: (isBehind: Bool, isNegative: Bool)?
        var number: Int?
        if rest.first != "?", numbersGroups {
            groupCount += 1
            number = groupCount
        }
        if take("?") {
            if take("=") {
                look = (false, false)
            } else if take("!") {
                look = (false, true)
            } else if take("<=") {
                look = (true, false)
            } else if take("<!") {
                look = (true, true)
            } else if take("P<") || take("<") {
                guard let end = rest.firstIndex(of: ">"), end > rest.startIndex else {
                    throw malformed("a group's name")
                }
                rest = rest[rest.index(after: end)...]
            } else if !take(":") {
                try flagsOfGroup()
                // Applies to all atoms after it.
                if take(")") { return nil }
                guard take(":") else { throw malformed("a group of a kind that is not supported") }
            }
        }
        let node = try alternatives()
        guard take(")") else { throw malformed("a `(` without its `)`") }
        flags = outside
        guard let look else { return number.map { .group(node, number: $0) } ?? node }
        return .look(node, isBehind: look.isBehind, isNegative: look.isNegative)
    }

    private mutating func flagsOfGroup() throws(Pattern.Malformed) {
        var value = true
        while let scalar = rest.first, scalar != ")", scalar != ":" {
            rest.removeFirst()
            switch scalar {
            case "i": flags.ignoresCase = value
            case "s": flags.dotIsAll = value
            case "m": flags.isMultiline = value
            case "u" where dialect == .python: break
            case "-" where value: value = false
            default: throw malformed("a group of a kind that is not supported, or a flag")
            }
        }
    }

    private mutating func escape() throws(Pattern.Malformed) -> PatternNode {
        guard let scalar = rest.first else { throw malformed("it ends in a backslash") }
        let word = CharacterClass([.word], ignoresCase: false, isUnicode: dialect == .python)
        switch scalar {
        case "b", "B":
            rest.removeFirst()
            return .assertion(.wordBoundary(word, isNegated: scalar == "B"))
        case "A" where dialect == .python, "Z" where dialect == .python, "z" where dialect == .python:
            rest.removeFirst()
            return .assertion(scalar == "A" ? .start : .end)
        case "1"..."9": throw malformed("references back to groups are not supported")
        case "k", "g": throw malformed("references back to groups are not supported")
        default: return .characters(set([try classEscape()]))
        }
    }

    /// The character or class after a backslash.
    private mutating func classEscape() throws(Pattern.Malformed) -> CharacterClass.Item {
        guard let scalar = rest.popFirst() else { throw malformed("it ends in a backslash") }
        func one(_ value: UInt32) -> CharacterClass.Item { .range(value, value) }
        switch scalar {
        case "d": return .digit
        case "D": return .not([.digit])
        case "w": return .word
        case "W": return .not([.word])
        case "s": return .space
        case "S": return .not([.space])
        case "n": return one(0x0A)
        case "r": return one(0x0D)
        case "t": return one(0x09)
        case "f": return one(0x0C)
        case "v": return one(0x0B)
        case "a" where dialect == .python: return one(0x07)
        case "0": return one(0)
        case "p", "P": return try category(isNegated: scalar == "P")
        case "x": return one(try hexadecimal(2))
        case "u":
            if take("{") {
                guard let end = rest.firstIndex(of: "}"), let value = UInt32(String(rest[..<end]), radix: 16) else {
                    throw malformed("a malformed escape `\\u{…}`")
                }
                rest = rest[rest.index(after: end)...]
                return one(value)
            }
            let value = try hexadecimal(4)
            guard value & 0xFC00 == 0xD800, take("\\u") else { return one(value) }
            let low = try hexadecimal(4)
            guard low & 0xFC00 == 0xDC00 else { throw malformed("half of a surrogate pair") }
            return one(0x10000 + (value - 0xD800) << 10 + (low - 0xDC00))
        case "c":
            guard let letter = rest.popFirst(), "a"..."z" ~= letter || "A"..."Z" ~= letter else {
                throw malformed("a malformed escape `\\c`")
            }
            return one(letter.value & 31)
        case "a"..."z", "A"..."Z", "1"..."9": throw malformed("an escape `\\\(scalar)` that is not supported")
        default: return one(scalar.value)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(Pattern.Malformed) -> UInt32 {
        let digits = String(rest.prefix(count))
        guard digits.utf8.count == count, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
            throw malformed("an escape needs \(count) hexadecimal digits")
        }
        rest.removeFirst(count)
        return value
    }

    private mutating func category(isNegated: Bool) throws(Pattern.Malformed) -> CharacterClass.Item {
        var name = ""
        if take("{") {
            guard let end = rest.firstIndex(of: "}") else { throw malformed("a malformed escape `\\p{…}`") }
            name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            for key in ["gc=", "General_Category="] where name.hasPrefix(key) { name.removeFirst(key.count) }
        } else if let letter = rest.popFirst() {
            name = String(letter)
        }
        let long = ["Letter": "L", "Number": "N", "Punctuation": "P", "Symbol": "S", "Separator": "Z", "Mark": "M"]
        let short = long[name] ?? name
        guard Unicode.GeneralCategory.shortNames.contains(short) else {
            throw malformed("a property `\(name)` that is not supported")
        }
        return isNegated ? .not([.category(short)]) : .category(short)
    }

    private mutating func bracket() throws(Pattern.Malformed) -> CharacterClass {
        let isNegated = take("^")
        var items: [CharacterClass.Item] = []
        var isFirst = true
        while true {
            guard let scalar = rest.first else { throw malformed("a `[` without its `]`") }
            // In Python a bracket at the very beginning stands for itself.
            if scalar == "]", !(isFirst && dialect == .python) {
                rest.removeFirst()
                return set(isNegated ? [.not(items)] : items)
            }
            isFirst = false
            let first = try member()
            guard rest.first == "-", rest.dropFirst().first != "]", case .range(let low, _) = first else {
                items.append(first)
                continue
            }
            rest.removeFirst()
            guard rest.first != nil else { throw malformed("a `[` without its `]`") }
            let last = try member()
            guard case .range(let high, _) = last else {
                items += [first, .range(0x2D, 0x2D), last]
                continue
            }
            if high < low { throw malformed("a range's bounds are the wrong way round") }
            items.append(.range(low, high))
        }
    }

    private mutating func member() throws(Pattern.Malformed) -> CharacterClass.Item {
        guard let scalar = rest.popFirst() else { throw malformed("a `[` without its `]`") }
        guard scalar == "\\" else { return .range(scalar.value, scalar.value) }
        if take("b") { return .range(0x08, 0x08) }
        return try classEscape()
    }
}
