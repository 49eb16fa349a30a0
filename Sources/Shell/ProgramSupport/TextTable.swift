import JSONText

/// Columns of text, aligned for people; programs get JSON instead.
package struct TextTable {
    package let header: [String]
    package var rows: [[String]]

    package init(header: [String], rows: [[String]] = []) {
        self.header = header
        self.rows = rows
    }

    /// The table with a newline after each line, and without a header if that is empty.
    ///
    /// - Parameter room: the room on a terminal; nil if nothing should be cut.
    package func text(fitting room: Room? = nil) -> String {
        let numeric = numericColumns
        var all = (header.isEmpty ? rows : [header] + rows).map { row in row.map { Self.oneLine($0) } }
        var numbers = Array(numeric.indices)
        if let room {
            room.fit(&all)
            let kept = room.keptColumns(of: all)
            all = all.map { row in kept.compactMap { row.indices.contains($0) ? row[$0] : nil } }
            numbers = kept
        }
        let widths = Self.widths(of: all)
        return all.map { row in
            let last = row.count - 1
            var line = ""
            for (column, value) in row.enumerated() {
                if column > 0 { line += "  " }
                let padding = String(repeating: " ", count: widths[column] - TextWidth.of(value))
                if column == last, column > 0, let room, room.wrapsLast {
                    let indent = TextWidth.of(line)
                    line += TextWrapping.broken(value, indent: indent, columns: room.columns)
                } else {
                    line += numeric[numbers[column]] ? padding + value : value + padding
                }
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private var numericColumns: [Bool] {
        let count = (rows + [header]).map(\.count).max() ?? 0
        return (0..<count).map { column in
            let values = rows.compactMap { $0.indices.contains(column) && !$0[column].isEmpty ? $0[column] : nil }
            return !values.isEmpty && values.allSatisfy(Self.isNumber)
        }
    }

    private static func oneLine(_ value: String) -> String {
        Terminal.harmless(value).replacingBytes(of: "\n", with: "\\n").replacingBytes(of: "\t", with: "\\t")
    }

    static func widths(of rows: [[String]]) -> [Int] {
        var widths = Array(repeating: 0, count: rows.map(\.count).max() ?? 0)
        for row in rows {
            for (column, value) in row.enumerated() { widths[column] = max(widths[column], TextWidth.of(value)) }
        }
        return widths
    }

    private static func isNumber(_ value: String) -> Bool {
        guard let first = value.utf8.first, first == UInt8(ascii: "-") || isDigit(first) else { return false }
        return value.utf8.contains(where: isDigit)
            && value.utf8.allSatisfy { isDigit($0) || $0 == 0x2C || $0 == 0x2E || $0 == 0x2D }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
