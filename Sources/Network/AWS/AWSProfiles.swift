/// The settings of a profile in the files that AWS's own tools share: `~/.aws/credentials` and `~/.aws/config`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
struct AWSProfiles: Equatable {
    /// By profile; nested settings have the name of their group before a dot, such as `s3.addressing_style`.
    private(set) var sections: [String: [String: String]] = [:]

    /// - Parameter isConfiguration: sections are named `[profile NAME]`, except for `[default]`.
    init(_ text: String, isConfiguration: Bool) {
        var section: String?
        var group: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let isNested = line.first == " " || line.first == "\t"
            let words = Self.trimmed(line)
            guard let first = words.first, first != "#", first != ";" else { continue }
            if first == "[" {
                section = words.last == "]" ? Self.name(words.dropFirst().dropLast(), isConfiguration) : nil
                group = nil
                continue
            }
            guard let section, let mark = words.firstIndex(of: "=") else { continue }
            let name = Self.trimmed(words[..<mark]).lowercased()
            let value = String(Self.trimmed(words[words.index(after: mark)...]))
            if isNested, let group {
                sections[section, default: [:]]["\(group).\(name)"] = value
            } else {
                group = value.isEmpty ? name : nil
                sections[section, default: [:]][name] = value
            }
        }
    }

    private static func name(_ text: Substring, _ isConfiguration: Bool) -> String? {
        let words = text.split { $0 == " " || $0 == "\t" }
        if !isConfiguration || words == ["default"] { return String(trimmed(text)) }
        guard words.count > 1, words[0] == "profile" else { return nil }
        let name = trimmed(trimmed(text).dropFirst("profile".count))
        return String(name.first == "\"" && name.last == "\"" && name.count > 1 ? name.dropFirst().dropLast() : name)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
