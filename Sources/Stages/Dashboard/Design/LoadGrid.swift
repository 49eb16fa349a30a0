import Markup
import ProgramSupport

/// Runs by tables: one cell for the rows that a run brought to a table, darker for more. It is a table of numbers to
/// who does not see it.
struct LoadGrid {
    private static let mostTables = 16
    private static let levels = 5

    let columns: [LoadColumns.Column]
    let link: (LoadColumns.Column) -> String
    /// nil where nothing can be filtered.
    let tableLink: ((String) -> String)?

    /// The tables of a root side by side; those of the root with most rows first.
    private var tables: [String] {
        var totals: [String: Int] = [:]
        for table in columns.flatMap(\.tables) where table.rows > 0 {
            totals[table.name, default: 0] += table.rows
        }
        var families: [String: (names: [String], rows: Int)] = [:]
        for (name, rows) in totals {
            // As names are made, whatever the separator of a naming convention is.
            let root = name.firstRange(of: "__").map { String(name[..<$0.lowerBound]) } ?? name
            families[root, default: ([], 0)].names.append(name)
            families[root]?.rows += rows
        }
        return families.sorted { ($1.value.rows, $0.key) < ($0.value.rows, $1.key) }.flatMap { $0.value.names.sorted() }
    }

    /// Empty where there is nothing to compare.
    var html: HTML {
        let tables = tables
        guard columns.count > 1, !tables.isEmpty else { return "" }
        let head = columns.map { column -> HTML in
            let words = "\(TimeText.utc(column.at)), \(column.health.word)"
            return """
                <th scope="col"><a class="is-\(column.health.key)" href="\(link(column))" title="\(words)">\
                \(Icon.shape(column.health))<span class="hidden">\(words)</span></a></th>
                """
        }
        let body = tables.prefix(Self.mostTables).map { row($0) }
        let rest: HTML =
            tables.count > Self.mostTables
            ? "<span>and \(NumberText.count(tables.count - Self.mostTables, of: "more table"))</span>" : ""
        let key = (0...Self.levels).map { level -> HTML in "<i class=\"l\(level)\"></i>" }
        return """
            <div class="grid" tabindex="0" role="region" aria-label="Rows by run and table"><table><caption>Rows that each run brought \
            to each table, the newest run last</caption><thead><tr><th scope="col"><span class="hidden">Table</span></th>\(head)</tr></thead>\
            <tbody>\(body)</tbody></table></div>\
            <p class="key"><span>none</span> <span class="scale" aria-hidden="true">\(key)</span> <span>most rows of the table</span>\
            <span class="odd-key"><i class="l2 odd" aria-hidden="true"></i> outside of the usual</span>\(rest)</p>
            """
    }

    private func row(_ table: String) -> HTML {
        let rows = columns.map { $0.rows(of: table) }
        // A run that failed before it had rows is not part of what is usual.
        let marks = Usual.unusual(zip(columns, rows).map { $0.health == .done ? $1 : nil })
        // One huge load would make all others look the same.
        let most = max(zip(rows, marks).filter { !$0.1 }.map(\.0).max() ?? 0, 1)
        let cells = zip(zip(columns, rows), marks).map { entry, isOdd -> HTML in
            let (column, count) = entry
            let level = count == 0 ? 0 : max(1, Int((Double(count) / Double(most) * Double(Self.levels)).rounded()))
            let words = "\(NumberText.rows(count))\(isOdd ? ", unusual" : "")"
            return """
                <td class="l\(min(level, Self.levels))\(isOdd ? " odd" : "")" title="\(words), \(TimeText.utc(column.at))">\
                <span class="hidden">\(words)</span></td>
                """
        }
        let name: HTML = "<code>\(HTML.clipped(table, to: 32))</code>"
        let head = tableLink.map { "<a href=\"\($0(table))\" title=\"\(table)\">\(name)</a>" as HTML } ?? name
        return "<tr><th scope=\"row\">\(head)</th>\(cells)</tr>"
    }
}
