import InspectionSupport
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// Pipelines, tables and columns by a part of their names.
struct SearchPage {
    private static let most = 200

    private let catalogs: [Catalog]
    private let links: Links
    private let sought: String

    init(_ catalogs: [Catalog], _ links: Links, _ sought: String) throws {
        self.catalogs = catalogs
        self.links = links
        self.sought = String(String.UnicodeScalarView(sought.unicodeScalars.prefix(200)))
    }

    private struct Hit {
        /// The data directory, counted from 1.
        let directory: Int
        let pipeline: String
        var schema: String?
        var table: String?
        var column: String?
        var type: String?
        /// Whole names first, then beginnings.
        let rank: Int
    }

    func page() throws -> Page {
        let (hits, isPartial) = try found()
        let shown = hits.prefix(Self.most)
        var table = DataTable(
            caption: "What was found",
            columns: [
                .init(title: "Name", isHead: true), .init(title: "What"), .init(title: "Type"),
                .init(title: "Pipeline"),
            ])
        table.rows = shown.map(row)
        let body: HTML
        if sought.isEmpty {
            body = Panel.empty("Nothing was asked for.", "Type a part of a name into the field above.")
        } else if hits.isEmpty {
            body = Panel.empty("Nothing is called so.", "Only names are searched: of pipelines, tables and columns.")
        } else {
            body = table.html
        }
        return Page(
            route: .search, title: sought.isEmpty ? "Search" : "Search: \(sought)", trail: [("Overview", .overview)],
            lead: sought.isEmpty
                ? ""
                : """
                \(NumberText.count(hits.count, of: "name"))\(hits.count > shown.count ? ", the first \(shown.count) are shown" as HTML : "")\
                \(isPartial ? "; the time was over before all schemas were read" as HTML : "").
                """,
            body: body,
            json: [
                "q": .string(sought), "partial": .bool(isPartial),
                "found": .array(
                    shown.map { hit in
                        var object: JSONObject = ["pipeline": .string(hit.pipeline)]
                        if catalogs.count > 1 {
                            object["data_directory"] = .string(catalogs[hit.directory - 1].dataDirectory)
                        }
                        object["table"] = hit.table.map { .string($0) }
                        object["column"] = hit.column.map { .string($0) }
                        object["type"] = hit.type.map { .string($0) }
                        return .object(object)
                    }),
            ], isLive: false)
    }

    private func found() throws -> ([Hit], isPartial: Bool) {
        guard !sought.isEmpty else { return ([], false) }
        let limit = TimeLimit(milliseconds: 1500)
        let part = sought.lowercased()
        func rank(_ name: String) -> Int? {
            let name = name.lowercased()
            if name == part { return 0 }
            if name.hasPrefix(part) { return 1 }
            return name.contains(part) ? 2 : nil
        }
        var hits: [Hit] = []
        let names = try catalogs.enumerated().flatMap { index, catalog in try catalog.names().map { (index, $0) } }
        for (index, name) in names {
            let directory = index + 1
            if limit.isOver { return (hits.sorted { $0.rank < $1.rank }, true) }
            if let rank = rank(name) { hits.append(Hit(directory: directory, pipeline: name, rank: rank)) }
            guard let pipeline = catalogs[index].pipeline(name) else { continue }
            for schema in pipeline.schemaNames().compactMap({ try? pipeline.schema($0)?.schema }) {
                for table in schema.dataTables {
                    if let rank = rank(table.name) {
                        hits.append(
                            Hit(
                                directory: directory, pipeline: name, schema: schema.name, table: table.name, rank: rank
                            ))
                    }
                    for column in table.columns {
                        guard let rank = rank(column.name) else { continue }
                        hits.append(
                            Hit(
                                directory: directory, pipeline: name, schema: schema.name, table: table.name,
                                column: column.name,
                                type: column.typeText,
                                rank: rank))
                    }
                }
            }
        }
        return (hits.sorted { $0.rank < $1.rank }, false)
    }

    private func row(_ hit: Hit) -> [HTML] {
        let links = links.within(hit.directory)
        let pipeline: HTML = "<a href=\"\(links(.pipeline(hit.pipeline)))\">\(HTML.clipped(hit.pipeline, to: 40))</a>"
        guard let table = hit.table else { return [pipeline, "pipeline", "", ""] }
        let link = links(.schema(hit.pipeline), hit.schema.map { [("name", $0)] } ?? [], at: SchemaPage.anchor(table))
        if let column = hit.column {
            return [
                """
                <a href="\(link)"><code>\(HTML.clipped(column, to: 60))</code></a> \
                <span class="quiet">of <code>\(HTML.clipped(table, to: 60))</code></span>
                """,
                "column", HTML(hit.type ?? ""), pipeline,
            ]
        }
        return ["<a href=\"\(link)\"><code>\(HTML.clipped(table, to: 60))</code></a>", "table", "", pipeline]
    }
}
