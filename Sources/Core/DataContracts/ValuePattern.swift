/// A regular expression that texts are searched for, compiled once.
///
/// JSON Schema means ECMA 262 without anchors: classes such as `\d` are ASCII, and characters are code points.
struct ValuePattern {
    let text: String
    private let regex: Regex<AnyRegexOutput>

    struct Unsupported: Error {}

    init(_ text: String) throws(Unsupported) {
        self.text = text
        do {
            // In ECMA `$` is the very end, elsewhere it may stand before a last newline.
            regex = try Regex(ValuePattern.withStrictEnd(text))
                .matchingSemantics(.unicodeScalar).asciiOnlyDigits().asciiOnlyWordCharacters()
        } catch { throw Unsupported() }
    }

    func isFound(in value: String) -> Bool {
        // What a match throws comes from transformations, which text patterns do not have.
        ((try? regex.firstMatch(in: value)) ?? nil) != nil
    }

    private static func withStrictEnd(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        var isInClass = false
        for character in text.unicodeScalars {
            if !isEscaped && !isInClass && character == "$" {
                result += "\\z"
                continue
            }
            if !isEscaped {
                if character == "[" { isInClass = true }
                if character == "]" { isInClass = false }
            }
            isEscaped = !isEscaped && character == "\\"
            result.unicodeScalars.append(character)
        }
        return result
    }
}
