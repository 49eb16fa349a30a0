/// Aligned columns of text, for lists that a person reads.
enum Columns {
    static func text(_ lines: [[String]]) -> String {
        var widths: [Int] = []
        for line in lines {
            for (place, cell) in line.enumerated() {
                if place == widths.count { widths.append(0) }
                widths[place] = max(widths[place], cell.count)
            }
        }
        return lines.map { line in
            var text = ""
            for (place, cell) in line.enumerated() {
                text += cell
                if place < line.count - 1 { text += String(repeating: " ", count: widths[place] - cell.count + 2) }
            }
            while text.last == " " { text.removeLast() }
            return text + "\n"
        }.joined()
    }
}
