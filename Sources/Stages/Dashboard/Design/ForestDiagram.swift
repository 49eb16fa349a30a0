import InspectionSupport
import JSONText
import Markup
import ProgramSupport
import Schemas

/// A schema as a drawing: each root table at the left, its nested tables to the right of it, references as arcs.
struct ForestDiagram {
    private struct Box {
        let table: Table
        let columns: [Column]
        let left: Int
        var top = 0
        let height: Int
    }

    private enum Size {
        static let width = 230
        static let gapAcross = 56
        static let gapDown = 18
        static let head = 30
        static let row = 19
        static let foot = 8
        /// Of a table; the rest is a number.
        static let rows = 9
        /// With this many tables the boxes have no columns.
        static let manyTables = 40
        static let most = 400
    }

    private let schema: Schema
    private let showsColumns: Bool
    private var boxes: [Box] = []
    private var places: [ExactString: Int] = [:]
    private var bottom = 0
    private let anchor: (String) -> String

    /// - Parameter anchor: where the page says more of a table.
    init(_ schema: Schema, anchor: @escaping (String) -> String) {
        self.schema = schema
        self.anchor = anchor
        let tables = schema.dataTables.filter(\.isDrawn)
        showsColumns = tables.count < Size.manyTables
        let drawn = Set(tables.map { ExactString($0.name) })
        // A parent that is not drawn leaves its children as roots.
        let roots = tables.filter { $0.parent.map { !drawn.contains(ExactString($0)) } ?? true }
        for root in roots where boxes.count < Size.most { _ = place(root, 0, tables) }
    }

    var isEmpty: Bool { boxes.isEmpty }

    /// Puts a table and all below it under what is there; the middle of the table.
    private mutating func place(_ table: Table, _ depth: Int, _ tables: [Table]) -> Int {
        // dlt's own columns last: every table has them.
        let all = showsColumns ? table.drawnColumns : []
        let columns =
            all.filter { !SystemTables.isSystemName($0.name) } + all.filter { SystemTables.isSystemName($0.name) }
        let shown = columns.count > Size.rows ? Size.rows + 1 : columns.count
        let height = Size.head + shown * Size.row + (shown > 0 ? Size.foot : 0)
        let index = boxes.count
        boxes.append(
            Box(table: table, columns: columns, left: depth * (Size.width + Size.gapAcross), height: height))
        places[ExactString(table.name)] = index
        let start = bottom
        var middles: [Int] = []
        for child in tables where child.isChild(of: table.name) && places[ExactString(child.name)] == nil {
            guard boxes.count < Size.most else { break }
            middles.append(place(child, depth + 1, tables))
        }
        let middle = middles.isEmpty ? start + height / 2 : ((middles.first ?? 0) + (middles.last ?? 0)) / 2
        boxes[index].top = max(start, middle - height / 2)
        bottom = max(bottom, boxes[index].top + height + Size.gapDown)
        return boxes[index].top + height / 2
    }

    var html: HTML {
        let width = (boxes.map { $0.left + Size.width }.max() ?? 0) + 2
        let height = max(bottom - Size.gapDown, 0) + 2
        var edges = HTML()
        for box in boxes {
            guard let parent = box.table.parent, let place = places[ExactString(parent)] else { continue }
            edges += edge(from: boxes[place], to: box)
        }
        for box in boxes { edges += references(of: box) }
        let count = NumberText.count(boxes.count, of: "table")
        return """
            <div class="diagram" tabindex="0" role="group" aria-label="Diagram of the schema, which the list below has as text">\
            <svg viewBox="-1 -1 \(width) \(height)" width="\(width)" height="\(height)" role="img" \
            aria-label="\(count) of schema \(schema.name)">\(edges)\(boxes.map(drawing))</svg></div>
            """
    }

    private func edge(from parent: Box, to child: Box) -> HTML {
        let (x, y) = (parent.left + Size.width, parent.top + Size.head / 2)
        let (toX, toY) = (child.left, child.top + Size.head / 2)
        let middle = (x + toX) / 2
        return "<path class=\"edge\" d=\"M\(x) \(y)C\(middle) \(y) \(middle) \(toY) \(toX) \(toY)\"/>"
    }

    /// Declared references.
    private func references(of box: Box) -> HTML {
        var arcs = HTML()
        for value in box.table.properties["references"]?.arrayValue ?? [] {
            guard let other = value["referenced_table"]?.stringValue, let place = places[ExactString(other)] else {
                continue
            }
            let target = boxes[place]
            let (x, y) = (box.left, box.top + Size.head / 2)
            let (toX, toY) = (target.left, target.top + Size.head / 2)
            let bend = 40
            arcs += """
                <path class="edge reference" d="M\(x) \(y)C\(x - bend) \(y) \(toX - bend) \(toY) \(toX) \(toY)">\
                <title>\(box.table.name) refers to \(other)</title></path>
                """
        }
        return arcs
    }

    private func drawing(_ box: Box) -> HTML {
        let name = box.table.name
        var rows = HTML()
        var y = box.top + Size.head + 13
        for column in box.columns.prefix(Size.rows) {
            let isKey = column.has("primary_key") || column.has("merge_key")
            rows += """
                <text x="\(box.left + 12)" y="\(y)" class="\(isKey ? "key" : SystemTables.isSystemName(column.name) ? "own" : "column")">\(Self.short(column.name, 19))</text>\
                <text x="\(box.left + Size.width - 12)" y="\(y)" class="type">\(column.dataType?.rawValue ?? "")</text>
                """
            y += Size.row
        }
        if box.columns.count > Size.rows {
            rows +=
                "<text x=\"\(box.left + 12)\" y=\"\(y)\" class=\"more\">and \(box.columns.count - Size.rows) more</text>"
        }
        return """
            <a href="#\(anchor(name))"><g class="box"><title>\(name)</title><rect x="\(box.left)" y="\(box.top)" \
            width="\(Size.width)" height="\(box.height)" rx="8"/><text x="\(box.left + 12)" y="\(box.top + 20)" class="table-name">\
            \(Self.short(name, 26))</text>\(rows)</g></a>
            """
    }

    private static func short(_ text: String, _ count: Int) -> String {
        text.unicodeScalars.count <= count
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(count - 1))) + "…"
    }
}
