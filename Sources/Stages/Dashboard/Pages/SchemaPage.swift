import InspectionSupport
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// The tables of a pipeline with their columns: a drawing first, then all of it as text.
struct SchemaPage {
    private let pipeline: PipelineFacts
    private let links: Links
    private let names: [String]
    private let schema: Schema?
    private let isCommitted: Bool

    init(_ pipeline: PipelineFacts, _ links: Links, _ question: Question) throws {
        self.pipeline = pipeline
        self.links = links
        names = pipeline.schemaNames()
        let name = question["name"] ?? names.first
        let found = try name.flatMap { try pipeline.schema($0) }
        if question["name"] != nil && found == nil { throw PageMissing() }
        schema = found?.schema
        isCommitted = found?.isCommitted ?? true
    }

    func page() -> Page {
        var page = Page(
            route: .schema(pipeline.name), title: "Schema", trail: pipeline.trail, body: "",
            json: ["pipeline": .string(pipeline.name), "schema": .null])
        guard let schema else {
            page.body = Panel.empty("There is no schema yet.", "The first package brings one.")
            return page
        }
        let tables = schema.dataTables
        let columns = tables.reduce(0) { $0 + $1.columns.count }
        page.lead = """
            <strong>\(HTML.clipped(schema.name, to: 60))</strong>, version \(schema.version): \
            \(NumberText.count(tables.count, of: "table")) with \(NumberText.count(columns, of: "column")). \
            \(isCommitted ? "" : "Not loaded yet: this is what waiting packages will make of it. " as HTML)\
            <a href="\(links(.history(pipeline.name)))">What changed, and when</a>.
            """
        let diagram = ForestDiagram(schema) { Self.anchor($0) }
        page.body = choice + (diagram.isEmpty ? "" : diagram.html) + list(schema) + exports(schema)
        page.json = [
            "pipeline": .string(pipeline.name), "committed": .bool(isCommitted), "schema": schema.document(),
        ]
        return page
    }

    /// Where there are several.
    private var choice: HTML {
        guard names.count > 1, !links.areFiles else { return "" }
        let items = names.map { name -> HTML in
            """
            <li><a href="\(links(.schema(pipeline.name), [("name", name)]))"\
            \(name == schema?.name ? " aria-current=\"true\"" as HTML : "")>\(HTML.clipped(name, to: 40))</a></li>
            """
        }
        return "<ul class=\"chips\" aria-label=\"Schemas\">\(items)</ul>"
    }

    /// A name as the name of a place in the page: percent signs would have to be escaped once more in links.
    static func anchor(_ table: String) -> String {
        "t-" + Links.fileName(table).replacing("%", with: "~")
    }

    private func list(_ schema: Schema) -> HTML {
        var sections = HTML()
        for table in schema.dataTables where table.parent.map({ schema[table: $0] == nil }) ?? true {
            for member in schema.chain(from: table.name) { sections += section(member, schema) }
        }
        return Panel.section("Tables", id: "tables", sections)
    }

    private func section(_ table: Table, _ schema: Schema) -> HTML {
        var columns = DataTable(
            caption: "Columns of \(table.name)",
            columns: [.init(title: "Column", isHead: true), .init(title: "Type"), .init(title: "Hints")])
        let isDescribed = table.columns.contains { $0.describedText != nil }
        if isDescribed {
            columns = DataTable(
                caption: columns.caption, columns: columns.columns + [.init(title: "Description")])
        }
        columns.isDense = true
        columns.rows = table.columns.map { column in
            let hints = column.hintTexts.map { "<span class=\"tag\">\(HTML.clipped($0, to: 60))</span>" as HTML }
            var row: [HTML] = [
                "<code>\(HTML.clipped(column.name, to: 80))</code>",
                column.isComplete ? HTML(column.typeText) : "<em>no data yet</em>", hints.joined(" "),
            ]
            if isDescribed { row.append(column.describedText.map { HTML.clipped($0, to: 200) } ?? "") }
            return row
        }
        let depth = min(schema.ancestry(of: table.name).count - 1, 6)
        let facts = table.propertyTexts.map { "<span class=\"tag\">\(HTML.clipped($0, to: 60))</span>" as HTML }
        let parent: HTML =
            table.parent.map { " <span class=\"quiet\">below <code>\(HTML.clipped($0, to: 60))</code></span>" } ?? ""
        return """
            <details class="entity depth-\(depth)" id="\(Self.anchor(table.name))"\(schema.dataTables.count <= 12 ? " open" as HTML : "")>\
            <summary><h3><code>\(HTML.clipped(table.name, to: 80))</code></h3> \(facts.joined(" "))\(parent)\
            <span class="quiet">\(NumberText.count(table.columns.count, of: "column"))</span></summary>\
            \(table.describedText.map { "<p>\(HTML.clipped($0, to: 500))</p>" as HTML })\(columns.html)</details>
            """
    }

    private func exports(_ schema: Schema) -> HTML {
        Panel.section(
            "Take it along", id: "export",
            """
            <p>The same as YAML, JSON Schema, SQL, Mermaid, DBML, dot or a data contract (ODCS):</p>\
            \(HTML.command(Commands.exportSchema(pipeline, schema.name)))
            """)
    }
}
