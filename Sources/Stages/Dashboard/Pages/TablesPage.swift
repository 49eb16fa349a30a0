import DatasetReaders
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RelationalSQL
import Schemas

/// The tables of a dataset as they are in the database.
struct TablesPage {
    private let pipeline: PipelineFacts
    private let links: Links
    private let datasets: Datasets
    /// Every table is to be counted, for as long as that takes.
    private let isWhole: Bool

    init(_ pipeline: PipelineFacts, _ links: Links, _ question: Question, _ datasets: Datasets) {
        self.pipeline = pipeline
        self.links = links
        self.datasets = datasets
        isWhole = question["complete"] != nil
    }

    private struct Line {
        let table: DatasetTable
        /// nil where the time was over.
        var rows: Int?
    }

    func page() -> Page {
        let route = Route.tables(pipeline.name)
        let answer = datasets.ask(pipeline) { session, control in
            let tables = try session.catalog().tables
            // A table that takes long is not to hide how many rows the others have.
            control.restart(seconds: Datasets.quickSeconds)
            return tables.map { Line(table: $0, rows: try? Self.count(session, $0, within: nil)) }
        }
        switch answer {
        case .absent(let absence):
            return Page(
                route: route, title: "Tables", trail: pipeline.trail,
                body: AbsencePanel.html(absence, retry: links(route)),
                json: ["pipeline": .string(pipeline.name), "absent": .string(AbsencePanel.word(absence))])
        case .found(var lines):
            if isWhole { complete(&lines) }
            let data = lines.filter { $0.table.kind != .system }
            let isPartial = lines.contains { $0.rows == nil }
            return Page(
                route: route, title: "Tables", trail: pipeline.trail,
                lead: """
                    \(NumberText.count(data.count, of: "table")) in <code>\(HTML.clipped(pipeline.home.destination ?? "", to: 80))</code>.\
                    \(isPartial ? partial : "")
                    """,
                body: data.isEmpty
                    ? Panel.empty("There are no tables yet.", "The first load makes them.")
                    : table(data, "Tables") + system(lines),
                json: [
                    "pipeline": .string(pipeline.name), "partial": .bool(isPartial),
                    "tables": .array(lines.map { .object(object($0)) }),
                ])
        }
    }

    private static func count(_ session: any ReadingSession, _ table: DatasetTable, within portion: String?) throws
        -> Int
    {
        let filter = portion.map { " WHERE " + $0 } ?? ""
        let found = try session.texts(
            Query("SELECT \(Datasets.count) FROM \(session.dialect.table(table.name))\(filter)"))
        return found.first?.first.flatMap { $0.flatMap { Int($0) } } ?? 0
    }

    /// Counts what had to wait until it was asked for.
    private func complete(_ lines: inout [Line]) {
        let scan = TableScan(datasets, pipeline)
        let limit = TimeLimit(milliseconds: 30_000)
        for place in lines.indices where lines[place].rows == nil && !limit.isOver {
            let table = lines[place].table
            var rows = 0
            let end = scan.run(table) { rows += try Self.count($0, table, within: $1) }
            if case .whole = end { lines[place].rows = rows }
        }
    }

    private var partial: HTML {
        isWhole
            ? " Some have too many rows to be counted here, or a load has the database."
            : " Not all are counted yet. <a href=\"\(links(.tables(pipeline.name), [("complete", "1")]))\">Count them</a>."
    }

    private func system(_ lines: [Line]) -> HTML {
        let own = lines.filter { $0.table.kind == .system }
        guard !own.isEmpty else { return "" }
        return "<details><summary>dlt's own tables</summary>\(table(own, "dlt's own tables"))</details>"
    }

    private func table(_ lines: [Line], _ caption: String) -> HTML {
        var table = DataTable(
            caption: caption,
            columns: [
                .init(title: "Table", isHead: true), .init(title: "Rows", isNumber: true),
                .init(title: "Columns", isNumber: true), .init(title: "Written by"),
            ])
        table.isDense = true
        table.rows = lines.map { line in
            let disposition = line.table.definition?.properties["write_disposition"]?.stringValue
            let kind: HTML =
                switch line.table.kind {
                case .view: "a view"
                case .foreign: "<span class=\"quiet\">not by dlt</span>"
                case .system: "<span class=\"quiet\">dlt</span>"
                case .data: disposition.map { "<span class=\"tag\">\($0)</span>" } ?? ""
                }
            return [
                """
                <a class="depth-\(min(line.table.depth, 6))" href="\(links(.table(pipeline.name, line.table.name)))"><code>\
                \(HTML.clipped(line.table.name, to: 80))</code></a>
                """,
                line.rows.map { HTML(NumberText.count($0)) } ?? "<span class=\"quiet\">not counted</span>",
                HTML(String(line.table.columns.count)), kind,
            ]
        }
        return table.html
    }

    private func object(_ line: Line) -> JSONObject {
        var object: JSONObject = ["table": .string(line.table.name)]
        object["parent"] = line.table.parent.map { .string($0) }
        object["rows"] = line.rows.map { .integer($0) } ?? .null
        object["columns"] = .array(
            line.table.columns.map { column in
                var one: JSONObject = ["name": .string(column.name), "stored_type": .string(column.storedType)]
                one["type"] = column.type.map { .string($0.rawValue) }
                return .object(one)
            })
        return object
    }
}
