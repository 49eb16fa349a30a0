/// Reads the text of a path.
struct JSONPathParser {
    private let text: String
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        self.text = text
        rest = Array(text.utf8)[...]
    }

    mutating func steps() throws(JSONPath.Malformed) -> [JSONPath.Step] {
        var steps: [JSONPath.Step] = []
        let hasRoot = take("$")
        var isFirst = true
        while let byte = rest.first {
            if byte == UInt8(ascii: "[") {
                steps.append(try bracket())
            } else if take(".") {
                if isFirst && rest.isEmpty { break }
                if rest.first == UInt8(ascii: ".") { throw malformed("`..` is not supported: name every level") }
                if rest.first != UInt8(ascii: "[") { steps.append(try name()) }
            } else if isFirst && !hasRoot {
                steps.append(try name())
            } else {
                throw unexpected()
            }
            isFirst = false
        }
        return steps
    }

    // MARK: Names

    /// Characters that have a meaning in JSONPath, or separate its words.
    private static let signs = Set(" \t\n\r|,&`'\"[](){}?<>=!~*\\;".utf8)

    /// Whether a name needs no quotes.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 &- 0x30 <= 9 || $0 == 0x5F }
    }

    private mutating func name() throws(JSONPath.Malformed) -> JSONPath.Step {
        if let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            return .key(try quoted())
        }
        if take("*") { return .all }
        let name = rest.prefix { $0 != UInt8(ascii: ".") && !Self.signs.contains($0) && $0 >= 0x20 }
        rest = rest.dropFirst(name.count)
        if name.isEmpty && rest.isEmpty { throw malformed("a name is missing after `.`") }
        if name.isEmpty || name.elementsEqual("$".utf8) { throw unexpected() }
        if let byte = rest.first, byte != UInt8(ascii: "."), byte != UInt8(ascii: "[") { throw unexpected() }
        return .key(Array(name))
    }

    private mutating func quoted() throws(JSONPath.Malformed) -> [UInt8] {
        let whole = rest
        guard let quote = rest.popFirst() else { return [] }
        var name: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote { return name }
            guard byte == UInt8(ascii: "\\") else {
                name.append(byte)
                continue
            }
            guard let escaped = rest.popFirst(), "'\"\\".utf8.contains(escaped) else {
                throw malformed("a backslash may only precede a quote or a backslash")
            }
            name.append(escaped)
        }
        throw malformed("`\(Self.words(whole))` lacks its closing quote")
    }

    // MARK: Brackets

    private mutating func bracket() throws(JSONPath.Malformed) -> JSONPath.Step {
        let whole = rest
        rest.removeFirst()
        let step: JSONPath.Step
        if let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            step = .key(try quoted())
            if rest.first == UInt8(ascii: ",") {
                throw malformed("`\(Self.words(whole))`: only one name is allowed, not a list")
            }
        } else {
            let inside = rest.prefix { $0 != UInt8(ascii: "]") }
            rest = rest.dropFirst(inside.count)
            if inside.isEmpty || inside.elementsEqual("*".utf8) {
                step = .all
            } else if let index = Self.index(inside) {
                step = .index(index)
            } else {
                let isSeveral = inside.allSatisfy { $0 &- 0x30 <= 9 || "-:, ".utf8.contains($0) }
                throw malformed(
                    isSeveral
                        ? "`[\(Self.words(inside))]`: slices and lists of positions are not supported; `[*]` takes all"
                        : "`[\(Self.words(inside))]` is neither `[*]`, a position such as `[0]` or `[-1]`, nor a name in "
                            + "quotes")
            }
        }
        guard take("]") else { throw malformed("`\(Self.words(whole))` lacks its `]`") }
        return step
    }

    private static func index(_ digits: ArraySlice<UInt8>) -> Int? {
        let number = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
        guard !number.isEmpty, number.allSatisfy({ $0 &- 0x30 <= 9 }) else { return nil }
        // -0 is not a position.
        if number.count < digits.count, number.allSatisfy({ $0 == 0x30 }) { return nil }
        return Int(words(digits))
    }

    // MARK: Parts

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private func unexpected() -> JSONPath.Malformed {
        malformed(
            "`\(Self.words(rest))` of `\(text)` is not understood: steps begin with `.` or `[`, and a name with characters "
                + "other than letters, digits, `_`, `-` and `@` needs quotes, such as 'odd name'")
    }

    private func malformed(_ reason: String) -> JSONPath.Malformed { JSONPath.Malformed(reason: reason) }

    private static func words(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
