import JSONText

/// Explains why a text is not a record, and what to do about it.
struct BrokenText {
    let reason: String
    let hint: String

    /// - Parameters:
    ///   - error: the error of scanning `text`.
    ///   - shows: whether the text may be quoted.
    init(_ text: UnsafeBufferPointer<UInt8>, _ error: JSONSyntaxError, at place: InputPlace, shows: Bool = true) {
        let found = BrokenText.name(of: text, error)
        let quoted = shows ? ": \(BrokenText.excerpt(text))" : ""
        switch found {
        case .prose:
            reason = shows ? "\(BrokenText.excerpt(text)) is not a record" : "it is not a record"
            hint = place.isOfCommand ? "print messages to stderr" : "each line must be a JSON object"
        case .word(let word, let advice):
            reason = "\(word) is not JSON\(quoted)"
            hint = advice
        case .unfinished:
            reason = "the record does not end on this line\(quoted)"
            hint =
                place.isOfFile
                ? "--format json reads records that span several lines" : "write each record on one line"
        case .other:
            reason = "not JSON: \(error)\(quoted)"
            hint = "correct the record"
        }
    }

    private enum Found {
        /// It does not even begin like JSON.
        case prose
        case word(String, advice: String)
        case unfinished
        case other
    }

    private static func name(of text: UnsafeBufferPointer<UInt8>, _ error: JSONSyntaxError) -> Found {
        let offset = min(max(error.offset, 0), text.count)
        let rest = text[offset...]
        let words: [(String, String)] = [
            ("NaN", nullAdvice), ("Infinity", nullAdvice), ("-Infinity", nullAdvice), ("nan", nullAdvice),
            ("None", dumpsAdvice), ("True", dumpsAdvice), ("False", dumpsAdvice), ("undefined", "write null instead"),
        ]
        for (word, advice) in words where rest.starts(with: word.utf8) { return .word(word, advice: advice) }
        if rest.first == UInt8(ascii: "'") {
            return .word("a single quote", advice: "JSON has double quotes; Python: json.dumps(…), not print(…)")
        }
        if let last = rest.first, last == UInt8(ascii: "}") || last == UInt8(ascii: "]") {
            let before = text[..<offset].last { $0 != 0x20 && $0 != 0x09 }
            if before == UInt8(ascii: ",") {
                return .word(
                    "a comma before \(Character(Unicode.Scalar(last)))",
                    advice: "leave out the comma after the last member")
            }
        }
        if error.reason == .unexpectedEnd { return .unfinished }
        let first = text[min(skipWhitespace(text, 0), text.count)...].first ?? 0
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): return .other
        default: return .prose
        }
    }

    private static let nullAdvice = "write null instead; pandas: df.to_json(…), Python: json.dumps(…, allow_nan=False)"
    private static let dumpsAdvice = "JSON writes null, true and false; Python: json.dumps(…), not print(…)"

    /// The beginning, on one line.
    static func excerpt(_ text: UnsafeBufferPointer<UInt8>) -> String {
        let shown = String(decoding: text.prefix(240), as: UTF8.self)
        return shown.count > 60 ? shown.prefix(60) + "…" : shown
    }
}
