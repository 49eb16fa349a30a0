/// Lines of help that fit a terminal.
enum TextWrapping {
    /// Words in indented lines that fit the columns, each with a newline. A word that is longer has a line of its own.
    static func wrapped(_ text: String, indent: Int, _ columns: Int) -> String {
        if text.isEmpty { return "" }
        return String(repeating: " ", count: indent) + broken(text, indent: indent, columns: columns) + "\n"
    }

    /// A label, and what it means in a second column.
    static func item(_ label: String, _ text: String, indent: Int, _ columns: Int) -> String {
        let body = wrapped(text, indent: indent, columns)
        guard !body.isEmpty else { return label + "\n" }
        guard label.count + 2 <= indent else { return label + "\n" + body }
        return label + body.dropFirst(label.count)
    }

    static func indented(_ text: String, by count: Int) -> String {
        let margin = String(repeating: " ", count: count)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { margin + $0 + "\n" }.joined()
    }

    /// A line in as many lines as it needs, without a newline at the end. All but the first are indented. A word that is longer than a
    /// line stays whole: what people copy, a path or a URL, has no spaces put into it.
    static func broken(_ text: String, indent: Int, columns: Int) -> String {
        let room = max(columns - indent, 20)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let word = String(word)
            let joined = line.isEmpty ? word : line + " " + word
            if TextWidth.of(joined) <= room {
                line = joined
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = word
        }
        lines.append(line)
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }
}
