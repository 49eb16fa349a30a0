import JSONText

/// Columns of text, aligned for people; programs get JSON instead.
package struct TextTable {
    package let header: [String]
    package var rows: [[String]]

    package init(header: [String], rows: [[String]] = []) {
        self.header = header
        self.rows = rows
    }

    /// The table with a newline after each line; without a header when that is empty.
    ///
    /// - Parameters:
    ///   - columns: of the terminal that it has to fit; nil where nothing is to be cut.
    ///   - shrinking: the columns that may be cut for that, the widest first. Cut values have an ellipsis.
    package func text(fitting columns: Int? = nil, shrinking: [Int] = []) -> String {
        let all = (header.isEmpty ? rows : [header] + rows).map { row in row.map { Self.oneLine($0) } }
        var limits = [Int: Int]()
        if let columns {
            var widths = Self.widths(of: all)
            while widths.reduce(0, +) + 2 * max(widths.count - 1, 0) > columns,
                let widest = shrinking.filter(widths.indices.contains).max(by: { widths[$0] < widths[$1] }),
                widths[widest] > Self.leastWidth
            {
                widths[widest] -= 1
                limits[widest] = widths[widest]
            }
        }
        let shown = all.map { row in
            row.enumerated().map { column, value in limits[column].map { Self.cut(value, to: $0) } ?? value }
        }
        let widths = Self.widths(of: shown)
        let numeric = widths.indices.map { column in
            let values = rows.compactMap { $0.indices.contains(column) && !$0[column].isEmpty ? $0[column] : nil }
            return !values.isEmpty && values.allSatisfy(Self.isNumber)
        }
        var text = ""
        for row in shown {
            var line = ""
            for (column, value) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - Self.width(value))
                line += column > 0 ? "  " : ""
                line += numeric[column] ? padding + value : value + padding
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    private static func oneLine(_ value: String) -> String {
        Terminal.harmless(value).replacingBytes(of: "\n", with: "\\n").replacingBytes(of: "\t", with: "\\t")
    }

    private static let leastWidth = 10

    private static func widths(of rows: [[String]]) -> [Int] {
        var widths = Array(repeating: 0, count: rows.map(\.count).max() ?? 0)
        for row in rows {
            for (column, value) in row.enumerated() { widths[column] = max(widths[column], width(value)) }
        }
        return widths
    }

    /// Without its middle, because both ends of a path or URL tell the most.
    private static func cut(_ value: String, to width: Int) -> String {
        guard self.width(value) > width else { return value }
        let head = prefix(of: Array(value), width: (width - 1) / 3)
        let tail = prefix(of: value.reversed(), width: width - 1 - self.width(String(head)))
        return String(head) + "…" + String(tail.reversed())
    }

    private static func prefix(of characters: [Character], width: Int) -> ArraySlice<Character> {
        var used = 0
        return characters.prefix { character in
            used += self.width(String(character))
            return used <= width
        }
    }

    private static func isNumber(_ value: String) -> Bool {
        guard let first = value.utf8.first, first == UInt8(ascii: "-") || isDigit(first) else { return false }
        return value.utf8.contains(where: isDigit)
            && value.utf8.allSatisfy { isDigit($0) || $0 == 0x2C || $0 == 0x2E || $0 == 0x2D }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// Cells of a terminal: East Asian characters and emoji take two, marks that combine take none.
    private static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return sum + 2
            default:
                return sum + 1
            }
        }
    }
}
