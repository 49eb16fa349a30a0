/// Lines, prepared for a terminal.
package struct TerminalLines {
    private let columns: Int
    private let colorsSigns: Bool

    /// - Parameter colorsSigns: lines begin with the signs of diff(1): `+` is green, `-` red, `~` yellow.
    package init(columns: Int, colorsSigns: Bool) {
        self.columns = columns
        self.colorsSigns = colorsSigns
    }

    package func text(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(line).joined(separator: "\n")
    }

    private func line(_ line: Substring) -> String {
        let body = line.drop { $0 == " " }
        var shown = String(line)
        if TextWidth.of(shown) > columns {
            let indent = min(line.count - body.count, columns / 2)
            let margin = String(repeating: " ", count: indent)
            shown = margin + TextWrapping.broken(String(body), indent: indent + 4, columns: columns)
        }
        guard colorsSigns, let sign = body.first, let color = Self.colors[sign], body.dropFirst().first == " " else {
            return shown
        }
        return "\u{1B}[\(color)m\(shown)\u{1B}[0m"
    }

    private static let colors: [Character: String] = ["+": "32", "-": "31", "~": "33"]
}
