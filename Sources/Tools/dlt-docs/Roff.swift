/// Words as roff wants them.
enum Roff {
    /// Flowing text: what stands between grave accents is set as code; a line never looks like a request.
    static func text(_ text: String) -> String {
        var result = ""
        var isCode = false
        for character in text {
            switch character {
            case "`":
                isCode.toggle()
                result += isCode ? "\\fB" : "\\fR"
            case "-" where isCode: result += "\\-"
            case "\\": result += "\\e"
            default: result.append(character)
            }
        }
        return guarded(dashed(result))
    }

    /// Text that people type: its hyphens are minus signs.
    static func literal(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "-": result += "\\-"
            case "\\": result += "\\e"
            default: result.append(character)
            }
        }
        return guarded(result)
    }

    static func bold(_ text: String) -> String { "\\fB" + literal(text) + "\\fR" }

    static func italic(_ text: String) -> String { "\\fI" + literal(text) + "\\fR" }

    /// With a capital and a full stop.
    static func sentence(_ text: String) -> String {
        guard let first = text.first else { return "" }
        return first.uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }

    /// Options named in flowing text are copied from there into shells.
    private static func dashed(_ text: String) -> String {
        var result = ""
        var previous: Character = " "
        for character in text {
            let begins = previous == " " || previous == "(" || previous == "'" || previous == "["
            if character == "-" && (begins || result.hasSuffix("\\-")) {
                result += "\\-"
            } else {
                result.append(character)
            }
            previous = character
        }
        return result
    }

    private static func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }
}
