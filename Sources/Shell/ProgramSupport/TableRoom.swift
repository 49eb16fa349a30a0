import SystemIO

extension TextTable {
    /// The terminal that a table has to fit, and the columns that may shrink or go.
    package struct Room: Sendable {
        package let columns: Int
        /// Columns that are cut, the widest first. Cut values have an ellipsis; before that the folder of the user becomes `~`.
        fileprivate let shrinking: [Int]
        /// Columns that are left out if cutting is not enough, in this order.
        fileprivate let dropping: [Int]
        /// Whether the last column holds sentences, and continues on a second line.
        let wrapsLast: Bool
        fileprivate let home: String?

        package init(
            columns: Int, shrinking: [Int] = [], dropping: [Int] = [], wrapsLast: Bool = false,
            home: String? = Environment.home
        ) {
            self.columns = columns
            self.shrinking = shrinking
            self.dropping = dropping
            self.wrapsLast = wrapsLast
            self.home = home.flatMap { $0.count > 1 ? $0 : nil }
        }
    }
}

extension TextTable.Room {
    private static let leastWidth = 8

    /// Shortens the columns that may be cut.
    func fit(_ rows: inout [[String]]) {
        var widths = TextTable.widths(of: rows)
        guard excess(widths) > 0 else { return }
        if let home {
            for row in rows.indices {
                for column in shrinking where rows[row].indices.contains(column) {
                    rows[row][column] = Self.abbreviated(rows[row][column], home)
                }
            }
            widths = TextTable.widths(of: rows)
        }
        let places = shrinking.filter(widths.indices.contains)
        while excess(widths) > 0, let widest = places.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > Self.leastWidth
        {
            widths[widest] -= 1
        }
        for row in rows.indices {
            for column in places where rows[row].indices.contains(column) {
                rows[row][column] = Self.cut(rows[row][column], to: widths[column])
            }
        }
    }

    /// The columns that fit.
    func keptColumns(of rows: [[String]]) -> [Int] {
        let widths = TextTable.widths(of: rows)
        var kept = Array(widths.indices)
        for column in dropping {
            if excess(kept.map { widths[$0] }) <= 0 { break }
            kept.removeAll { $0 == column }
        }
        return kept
    }

    /// By how many columns the table is too wide. A column of sentences takes the remaining room.
    private func excess(_ widths: [Int]) -> Int {
        var widths = widths
        if wrapsLast, let last = widths.popLast() { widths.append(min(last, 20)) }
        return widths.reduce(0, +) + 2 * max(widths.count - 1, 0) - columns
    }

    /// `~` for the folder of the user, at the beginning of a path or of the path of a URL.
    private static func abbreviated(_ value: String, _ home: String) -> String {
        for beginning in ["", "sqlite:///", "duckdb:///"] where value.hasPrefix(beginning + home + "/") {
            return beginning + "~" + value.dropFirst(beginning.count + home.count)
        }
        return value
    }

    /// Without its middle, because both ends of a path or URL are the most informative.
    private static func cut(_ value: String, to width: Int) -> String {
        guard TextWidth.of(value) > width else { return value }
        let head = TextWidth.prefix(of: value, width: (width - 1) / 3)
        let tail = TextWidth.prefix(of: value.reversed(), width: width - 1 - TextWidth.of(head))
        return head + "…" + String(tail.reversed())
    }
}
