import Documents
import JSONText

/// Text of a description as a value of YAML: no character of it can end the value, or become a variable or placeholder.
enum YAMLText {
    /// A value as it is; `${` in it does not begin a variable.
    static func literal(_ text: String) -> String { quoted(text.replacingBytes(of: "${", with: "$${")) }

    /// A value in which `{…}` would be a placeholder.
    static func template(_ text: String) -> String { literal(withoutPlaceholders(text)) }

    static func withoutPlaceholders(_ text: String) -> String {
        text.replacingBytes(of: "{", with: "{{").replacingBytes(of: "}", with: "}}")
    }

    /// A value in which the variables are ours.
    static func quoted(_ text: String) -> String {
        if isPlain(text) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                if Comments.isHarmless(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16)
                    let width = scalar.value > 0xFFFF ? 8 : 4
                    quoted +=
                        (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
                }
            }
        }
        return quoted + "\""
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first), !YAMLScalar.needsQuotes(text) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || $0 &- 0x30 <= 9 || "_./-".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    /// A value of JSON on one line.
    static func value(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): literal(text)
        default: value.serialized()
        }
    }
}

/// Text of a description in a comment.
enum Comments {
    private static let maximumLength = 120

    /// One line without anything that a reader of the file, a shell or a terminal could take for more than text.
    static func line(_ text: String, length: Int = maximumLength) -> String {
        var result = ""
        var count = 0
        var hasSpace = false
        for scalar in text.unicodeScalars {
            guard isHarmless(scalar), scalar != " " else {
                hasSpace = !result.isEmpty
                continue
            }
            if hasSpace {
                result += " "
                count += 1
            }
            hasSpace = false
            // Comments are read by people; what could start something elsewhere is taken apart.
            if "`$%".unicodeScalars.contains(scalar) { result += "'" } else { result.unicodeScalars.append(scalar) }
            count += 1
            if count >= length { return result + "…" }
        }
        return result
    }

    /// Neither a control character, nor an end of a line, nor a change of the writing direction.
    static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF, 0xFFF0...0xFFFF: false
        default: true
        }
    }
}
