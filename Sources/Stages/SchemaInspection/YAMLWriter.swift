import Documents
import JSONText

/// Writes a document as PyYAML's `dump(allow_unicode=True, default_flow_style=False, sort_keys=False)` does, so that
/// exports of dlt and of this toolkit do not differ under version control. No anchors.
struct YAMLWriter {
    private static let width = 80
    private static let step = 2

    private var output = ""
    /// Characters since the last newline.
    private var column = 0

    static func text(_ value: JSONValue) -> String {
        var writer = YAMLWriter()
        switch value {
        case .object(let object) where !object.isEmpty: writer.mapping(object, indent: 0, startsInLine: true)
        case .array(let items) where !items.isEmpty: writer.sequence(items, indent: 0, startsInLine: true)
        default:
            writer.scalar(value, indent: 0)
            writer.newline()
        }
        return writer.output
    }

    // MARK: Collections

    /// - Parameter startsInLine: the first entry continues the current line, after a dash.
    private mutating func mapping(_ object: JSONObject, indent: Int, startsInLine: Bool) {
        for (index, member) in object.members.enumerated() {
            if index > 0 || !startsInLine { write(String(repeating: " ", count: indent)) }
            string(member.key, indent: indent, isKey: true)
            write(":")
            value(member.value, indent: indent, inMapping: true)
        }
    }

    private mutating func sequence(_ items: [JSONValue], indent: Int, startsInLine: Bool) {
        for (index, item) in items.enumerated() {
            if index > 0 || !startsInLine { write(String(repeating: " ", count: indent)) }
            write("-")
            value(item, indent: indent, inMapping: false)
        }
    }

    /// The text after a colon or a dash.
    private mutating func value(_ value: JSONValue, indent: Int, inMapping: Bool) {
        switch value {
        case .object(let object) where !object.isEmpty:
            if inMapping { newline() } else { write(" ") }
            mapping(object, indent: indent + YAMLWriter.step, startsInLine: !inMapping)
        case .array(let items) where !items.isEmpty:
            // The dashes of a list under a key are below the key.
            if inMapping { newline() } else { write(" ") }
            sequence(items, indent: inMapping ? indent : indent + YAMLWriter.step, startsInLine: !inMapping)
        default:
            write(" ")
            scalar(value, indent: indent + YAMLWriter.step)
            newline()
        }
    }

    // MARK: Scalars

    /// - Parameter indent: the indent of continuation lines.
    private mutating func scalar(_ value: JSONValue, indent: Int) {
        switch value {
        case .null: write("null")
        case .bool(let flag): write(flag ? "true" : "false")
        case .number(let digits): write(YAMLWriter.number(digits))
        case .string(let text): string(text, indent: indent, isKey: false)
        case .array: write("[]")
        case .object: write("{}")
        }
    }

    /// JSON allows `1e5`, which YAML 1.1 reads as a text.
    private static func number(_ digits: String) -> String {
        guard let mark = digits.firstIndex(where: { $0 == "e" || $0 == "E" }) else { return digits }
        var mantissa = String(digits[..<mark])
        var exponent = String(digits[digits.index(after: mark)...])
        if !mantissa.contains(".") { mantissa += ".0" }
        if exponent.first != "-" && exponent.first != "+" { exponent = "+" + exponent }
        return mantissa + "e" + exponent
    }

    private mutating func string(_ text: String, indent: Int, isKey: Bool) {
        let form = ScalarForm(text)
        if form.allowsPlain && !YAMLScalar.needsQuotes(text) {
            plain(text, indent: indent, folds: !isKey)
        } else if form.allowsSingleQuotes && !(isKey && form.isMultiline) {
            singleQuoted(text, indent: indent, folds: !isKey)
        } else {
            doubleQuoted(text)
        }
    }

    private mutating func plain(_ text: String, indent: Int, folds: Bool) {
        var isFirst = true
        // A run of spaces is kept, a single one may become the end of a line.
        for (word, spaces) in Words(text) {
            if !isFirst { separate(spaces, indent: indent, folds: folds) }
            write(word)
            isFirst = false
        }
    }

    private mutating func singleQuoted(_ text: String, indent: Int, folds: Bool) {
        write("'")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if index > 0 {
                // The first newline of several is folded into a space, so it takes two.
                if index == 1 || !lines[index - 1].isEmpty { newline() }
                newline()
                if !line.isEmpty || index == lines.count - 1 { write(String(repeating: " ", count: indent)) }
            }
            var isFirst = true
            for (word, spaces) in Words(String(line)) {
                if !isFirst { separate(spaces, indent: indent, folds: folds && !word.isEmpty) }
                write(word.replacingBytes(of: "'", with: "''"))
                isFirst = false
            }
        }
        write("'")
    }

    private mutating func separate(_ spaces: Int, indent: Int, folds: Bool) {
        if spaces == 1 && folds && column > YAMLWriter.width {
            newline()
            write(String(repeating: " ", count: indent))
        } else {
            write(String(repeating: " ", count: spaces))
        }
    }

    private mutating func doubleQuoted(_ text: String) {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\0": quoted += "\\0"
            case "\u{7}": quoted += "\\a"
            case "\u{8}": quoted += "\\b"
            case "\t": quoted += "\\t"
            case "\n": quoted += "\\n"
            case "\u{B}": quoted += "\\v"
            case "\u{C}": quoted += "\\f"
            case "\r": quoted += "\\r"
            case "\u{1B}": quoted += "\\e"
            case _ where ScalarForm.isPrintable(scalar): quoted.unicodeScalars.append(scalar)
            default: quoted += YAMLWriter.escape(scalar.value)
            }
        }
        write(quoted + "\"")
    }

    private static func escape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        let (letter, count) = value <= 0xFF ? ("x", 2) : value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\\(letter)" + String(repeating: "0", count: count - digits.count) + digits
    }

    // MARK: Output

    private mutating func write(_ text: String) {
        output += text
        column += text.unicodeScalars.count
    }

    private mutating func newline() {
        output += "\n"
        column = 0
    }
}

/// Words of a line with the number of spaces before each.
private struct Words: Sequence, IteratorProtocol {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text[...].unicodeScalars }

    private var isStart = true

    mutating func next() -> (word: String, spaces: Int)? {
        if rest.isEmpty { return nil }
        let spaces = isStart ? 0 : rest.prefix { $0 == " " }.count
        rest = rest.dropFirst(spaces)
        // A text that begins with spaces keeps them in its first word.
        let leading = isStart ? rest.prefix { $0 == " " }.count : 0
        isStart = false
        let word = rest.dropFirst(leading).prefix { $0 != " " }
        let end = rest.index(rest.startIndex, offsetBy: leading + word.count)
        defer { rest = rest[end...] }
        return (String(rest[..<end]), spaces)
    }
}

/// The forms in which a text can be written without changing its value, by the rules of PyYAML's emitter.
private struct ScalarForm {
    private(set) var allowsPlain = true
    private(set) var allowsSingleQuotes = true
    private(set) var isMultiline = false

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last else {
            allowsPlain = false
            return
        }
        if text.hasPrefix("---") || text.hasPrefix("...") { allowsPlain = false }
        if "#,[]{}&*!|>'\"%@`".unicodeScalars.contains(first) { allowsPlain = false }
        if "?:-".unicodeScalars.contains(first), scalars.count == 1 || ScalarForm.isBlank(scalars[1]) {
            allowsPlain = false
        }
        for (index, scalar) in scalars.enumerated() {
            if scalar == ":", index + 1 == scalars.count || ScalarForm.isBlank(scalars[index + 1]) {
                allowsPlain = false
            }
            if scalar == "#", index > 0, ScalarForm.isBlank(scalars[index - 1]) { allowsPlain = false }
            if scalar == "\n" {
                isMultiline = true
                // Spaces before a newline would be lost, in either form.
                if index > 0, scalars[index - 1] == " " { allowsSingleQuotes = false }
            } else if !ScalarForm.isPrintable(scalar) {
                allowsPlain = false
                allowsSingleQuotes = false
            }
        }
        if first == " " || last == " " || isMultiline { allowsPlain = false }
        // The same applies to spaces at the start of a line.
        if isMultiline, zip(scalars, scalars.dropFirst()).contains(where: { $0 == "\n" && $1 == " " }) {
            allowsSingleQuotes = false
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        " \t\n\r\u{85}\u{2028}\u{2029}\0".unicodeScalars.contains(scalar)
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF:
            scalar != "\u{FEFF}" && scalar != "\u{2028}" && scalar != "\u{2029}"
        default: false
        }
    }
}
