/// The meaning of a plain scalar in YAML 1.1, resolved as PyYAML does: dlt and this toolkit read each other's files.
package enum YAMLScalar: Equatable {
    case null
    case bool(Bool)
    /// As JSON writes it.
    case number(String)
    case text

    private static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]
    private static let yes: Set<String> = ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]
    private static let no: Set<String> = ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]

    package init(plain text: String) {
        if YAMLScalar.nulls.contains(text) {
            self = .null
        } else if YAMLScalar.yes.contains(text) {
            self = .bool(true)
        } else if YAMLScalar.no.contains(text) {
            self = .bool(false)
        } else if let number = YAMLScalar.number(text) {
            self = .number(number)
        } else {
            self = .text
        }
    }

    private static func number(_ text: String) -> String? {
        guard let first = text.utf8.first, isNumberStart(first) else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let digits = String(
            (isNegative || first == UInt8(ascii: "+") ? text.dropFirst() : text[...]).filter { $0 != "_" })
        let sign = isNegative ? "-" : ""
        guard let leading = digits.utf8.first else { return nil }
        if leading == UInt8(ascii: "0"), digits.utf8.count > 1, !digits.contains(".") {
            if digits.hasPrefix("0x") { return Int(digits.dropFirst(2), radix: 16).map { sign + String($0) } }
            if digits.hasPrefix("0b") { return Int(digits.dropFirst(2), radix: 2).map { sign + String($0) } }
            return Int(digits, radix: 8).map { sign + String($0) }
        }
        if digits.utf8.allSatisfy(isDigit) { return sign + digits }
        // A real needs a point, and its exponent a sign; 1e5 is a text in YAML 1.1.
        guard digits.contains("."), digits.utf8.contains(where: isDigit),
            digits.utf8.allSatisfy({ isDigit($0) || "eE+-.".utf8.contains($0) }), let value = Double(digits),
            // JSON has no infinity; the scalar stays a text, like `.inf` itself.
            value.isFinite
        else { return nil }
        return sign + "\(value)"
    }

    /// Whether PyYAML would read the text as something else when it is written plainly.
    package static func needsQuotes(_ text: String) -> Bool {
        if text == "=" || text == "<<" { return true }
        if nulls.contains(text) || yes.contains(text) || no.contains(text) { return true }
        guard let first = text.utf8.first, isNumberStart(first) else { return false }
        let digits = text.drop { $0 == "-" || $0 == "+" }.lowercased()
        func consists(_ text: some StringProtocol, of characters: String) -> Bool {
            text.utf8.allSatisfy { characters.utf8.contains($0) }
        }
        if digits.hasPrefix("0x") { return consists(digits.dropFirst(2), of: "0123456789abcdef_") }
        if digits.hasPrefix("0b") { return consists(digits.dropFirst(2), of: "01_") }
        if digits == ".inf" || digits == ".nan" { return true }
        // Numbers to base ten or sixty, then times.
        if consists(digits, of: "0123456789_:") { return true }
        if digits.contains("."), consists(digits, of: "0123456789_:.e+-") { return true }
        return digits.utf8.prefix(4).allSatisfy(isDigit) && digits.utf8.dropFirst(4).first == UInt8(ascii: "-")
            && consists(digits, of: "0123456789-:.tz+ \t")
    }

    private static func isNumberStart(_ byte: UInt8) -> Bool { isDigit(byte) || "+-.".utf8.contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }
}
