import DatasetReaders
import Failures
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RelationalSQL
import Schemas

/// The rows of a table: sorted and filtered by links, a page at a time.
struct TablePage {
    private static let perPage = 50
    private static let filterMark = "f."

    private let pipeline: PipelineFacts
    private let name: String
    private let links: Links
    private let question: Question
    private let datasets: Datasets

    init(_ pipeline: PipelineFacts, _ name: String, _ links: Links, _ question: Question, _ datasets: Datasets) {
        self.pipeline = pipeline
        self.name = name
        self.links = links
        self.question = question
        self.datasets = datasets
    }

    private struct Found {
        let table: DatasetTable
        let rows: DataRows
        let sql: String
        let facets: [(column: String, values: [(value: DataValue, count: String)])]
    }

    private var filters: [(column: String, value: String)] {
        question.pairs.filter { $0.0.hasPrefix(Self.filterMark) }.prefix(8).map {
            (String($0.0.unicodeScalars.dropFirst(Self.filterMark.utf8.count)), $0.1)
        }
    }

    private var offset: Int { max(0, min(question["from"].flatMap { Int($0) } ?? 0, 100_000_000)) }
    private var sort: String? { question["sort"] }
    private var isDescending: Bool { question["dir"] == "desc" }
    private var facet: String? { question["facet"] }

    func page() throws -> Page {
        let route = Route.table(pipeline.name, name)
        switch datasets.ask(pipeline, { try found($0) }) {
        case .absent(let absence):
            return Page(
                route: route, title: name, trail: trail,
                body: AbsencePanel.html(absence, retry: links(route, question.pairs)),
                json: ["pipeline": .string(pipeline.name), "absent": .string(AbsencePanel.word(absence))])
        case .found(nil): throw PageMissing(what: "table")
        case .found(let found?):
            return Page(
                route: route, title: name, trail: trail, lead: lead(found),
                body: chips(found) + facets(found) + html(found) + paging(found) + statement(found),
                json: [
                    "pipeline": .string(pipeline.name), "table": .string(found.table.name), "sql": .string(found.sql),
                    "rows": found.rows.json, "more": .bool(found.rows.isCut),
                ])
        }
    }

    private var trail: [(title: String, route: Route)] { pipeline.trail + [("Tables", .tables(pipeline.name))] }

    private func found(_ session: any ReadingSession) throws -> Found? {
        guard let table = try session.catalog().tables.first(where: { ExactString($0.name) == ExactString(name) })
        else {
            return nil
        }
        let dialect = session.dialect
        let known = filters.filter { table[column: $0.column] != nil }
        var conditions: [String] = []
        var parameters: [QueryParameter] = []
        for (index, filter) in known.enumerated() {
            let column = dialect.quote(table[column: filter.column]?.name ?? "")
            if filter.value.isEmpty {
                conditions.append("\(column) IS NULL")
            } else {
                conditions.append("\(column) = :p\(index)")
                parameters.append(QueryParameter(name: "p\(index)", value: .text(filter.value)))
            }
        }
        let source =
            " FROM \(dialect.table(table.name))"
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
        var order = ""
        if let sort, let column = table[column: sort] {
            order = " ORDER BY \(dialect.quote(column.name))\(isDescending ? " DESC" : "")"
        }
        let columns = table.columns.map { dialect.quote($0.name) }.joined(separator: ", ")
        let sql =
            "SELECT \(columns)\(source)\(order) LIMIT \(Self.perPage + 1)" + (offset > 0 ? " OFFSET \(offset)" : "")
        let rows = try DataRows(
            session.open(Query(sql, parameters: parameters, types: table.columns.map(\.type))), limit: Self.perPage)
        var facets: [(column: String, values: [(value: DataValue, count: String)])] = []
        if let facet, let column = table[column: facet] {
            let quoted = dialect.quote(column.name)
            // A scan may take longer than it has.
            let counted = try? DataRows(
                session.open(
                    Query(
                        "SELECT \(quoted), count(*)\(source) GROUP BY \(quoted) ORDER BY 2 DESC, 1 LIMIT 20",
                        parameters: parameters, types: [column.type, .bigint])), limit: 20)
            facets.append((column.name, (counted?.rows ?? []).map { ($0[0], $0[1].text ?? "") }))
        }
        return Found(table: table, rows: rows, sql: sql, facets: facets)
    }

    private func lead(_ found: Found) -> HTML {
        let parent: HTML =
            found.table.parent.map {
                " Below <a href=\"\(links(.table(pipeline.name, $0)))\"><code>\(HTML.clipped($0, to: 60))</code></a>."
            } ?? ""
        let described: HTML =
            found.table.definition?.properties["description"]?.stringValue.map { " \(HTML.clipped($0, to: 200))" } ?? ""
        return """
            \(NumberText.count(found.table.columns.count, of: "column")).\(parent)\(described) \
            <a href="\(links(.schema(pipeline.name), at: SchemaPage.anchor(found.table.name)))">Types and hints</a>.
            """
    }

    /// The same page with other questions.
    private func here(_ change: (inout [(String, String)]) -> Void) -> String {
        var pairs = question.pairs.filter { $0.0 != "from" }
        change(&pairs)
        return links(.table(pipeline.name, name), pairs)
    }

    private func chips(_ found: Found) -> HTML {
        let shown = filters.filter { found.table[column: $0.column] != nil }
        guard !shown.isEmpty else { return "" }
        let items = shown.map { filter -> HTML in
            let without = here { $0.removeAll { $0.0 == Self.filterMark + filter.column } }
            let value: HTML = filter.value.isEmpty ? "null" : .clipped(filter.value, to: 60)
            return """
                <li><a href="\(without)" aria-label="Remove the filter"><code>\(HTML.clipped(filter.column, to: 40))</code> is \(value) ×</a></li>
                """
        }
        return "<ul class=\"chips filters\" aria-label=\"Filters\">\(items)</ul>"
    }

    private func facets(_ found: Found) -> HTML {
        found.facets.map { facet -> HTML in
            let items = facet.values.map { entry -> HTML in
                let link = here { pairs in
                    pairs.removeAll { $0.0 == Self.filterMark + facet.column || $0.0 == "facet" }
                    pairs.append((Self.filterMark + facet.column, entry.value.text ?? ""))
                }
                return
                    "<li><a href=\"\(link)\">\(entry.value.html)</a> <span class=\"quiet\">\(entry.count)</span></li>"
            }
            let nothing: HTML =
                items.isEmpty ? "<p class=\"quiet\">The time was over before all rows were counted.</p>" : ""
            return """
                <aside class="facets" aria-label="Values"><h2>Values of <code>\(HTML.clipped(facet.column, to: 60))</code></h2>\
                <ul>\(items)</ul>\(nothing)</aside>
                """
        }.joined()
    }

    private func html(_ found: Found) -> HTML {
        if found.rows.rows.isEmpty {
            return Panel.empty(
                "There are no rows.", filters.isEmpty ? "The table is empty." : "No row has these values.")
        }
        let numbers = found.rows.columns.indices.map { found.rows.isNumber($0) }
        let head = found.rows.columns.enumerated().map { index, column -> HTML in
            let isSorted = sort == column.name
            let link = here { pairs in
                pairs.removeAll { $0.0 == "sort" || $0.0 == "dir" }
                pairs.append(("sort", column.name))
                if isSorted && !isDescending { pairs.append(("dir", "desc")) }
            }
            let count = here { pairs in
                pairs.removeAll { $0.0 == "facet" }
                pairs.append(("facet", column.name))
            }
            let order: HTML =
                isSorted
                ? " aria-sort=\"\(isDescending ? "descending" : "ascending")\"" : ""
            return """
                <th scope="col"\(numbers[index] ? " class=\"number\"" as HTML : "")\(order)><a href="\(link)" title="Sort">\
                \(HTML.clipped(column.name, to: 40))\(isSorted ? (isDescending ? " ↓" : " ↑") : "")</a>\
                <a class="count" href="\(count)" title="Count the values">#</a></th>
                """
        }
        let key = found.rows.columns.firstIndex { $0.name.lowercased() == "_dlt_id" }
        let body = found.rows.rows.map { row -> HTML in
            let cells = row.enumerated().map { index, value -> HTML in
                let shown: HTML
                if index == key, let id = value.text {
                    shown = "<a href=\"\(links(.row(pipeline.name, name, id)))\">\(HTML.clipped(id, to: 24))</a>"
                } else {
                    shown = value.html
                }
                return numbers[index] ? "<td class=\"number\">\(shown)</td>" : "<td>\(shown)</td>"
            }
            return "<tr data-row>\(cells)</tr>"
        }
        return """
            <div class="table wide" tabindex="0" role="region" aria-label="Rows"><table><caption>Rows of \(name)</caption>\
            <thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>
            """
    }

    private func paging(_ found: Found) -> HTML {
        guard !links.areFiles else { return "" }
        let first = offset + 1
        let last = offset + found.rows.rows.count
        var parts: [HTML] = []
        if offset > 0 {
            let from = max(0, offset - Self.perPage)
            parts.append(
                "<a rel=\"prev\" href=\"\(here { if from > 0 { $0.append(("from", String(from))) } })\">Before</a>")
        }
        if last >= first {
            parts.append("<span class=\"quiet\">rows \(NumberText.count(first)) to \(NumberText.count(last))</span>")
        }
        if found.rows.isCut {
            parts.append(
                "<a rel=\"next\" href=\"\(here { $0.append(("from", String(offset + Self.perPage))) })\">After</a>")
        }
        return "<p class=\"more paging\">\(parts.joined(" "))</p>"
    }

    private func statement(_ found: Found) -> HTML {
        """
        <details><summary>The query</summary>\(HTML.command(found.sql))\
        <p class="hint"><a href="\(links(.sql(pipeline.name), [("q", found.sql)]))">Change it</a></p></details>
        """
    }
}
