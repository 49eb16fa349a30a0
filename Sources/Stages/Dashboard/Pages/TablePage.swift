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
    /// Before the column in the names of filters: for a value, and for rows without one.
    private static let valueMark = "f."
    private static let nullMark = "null."

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
        let facet: Facet?
    }

    private struct Facet {
        let column: String
        /// nil where they were not counted.
        let values: [(value: DataValue, filter: Filter, count: String)]?
    }

    private struct Filter {
        let column: String
        /// As `operand` makes it; nil for NULL.
        let value: String?

        var pair: (String, String) { value.map { (valueMark + column, $0) } ?? (nullMark + column, "1") }

        init(column: String, value: String?) {
            self.column = column
            self.value = value
        }

        init?(_ pair: (String, String)) {
            if pair.0.hasPrefix(valueMark) {
                self.init(column: String(pair.0.dropFirst(valueMark.count)), value: pair.1)
            } else if pair.0.hasPrefix(nullMark) {
                self.init(column: String(pair.0.dropFirst(nullMark.count)), value: nil)
            } else {
                return nil
            }
        }
    }

    private var filters: [Filter] { Array(question.pairs.compactMap { Filter($0) }.prefix(8)) }

    /// What a filter compares: the text of a value as the database has it, which may differ from the one that is shown.
    private static func operand(_ column: DatasetColumn, _ dialect: any SQLDialect) -> (sql: String, type: DataType?) {
        let quoted = dialect.quote(column.name)
        switch column.type {
        case .text, .bigint, .double, .decimal, .wei: return (quoted, column.type)
        case .bool, .timestamp, .date, .time, .json, .binary, nil: return ("CAST(\(quoted) AS TEXT)", .text)
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
        case .found(nil): throw PageMissing()
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
        var conditions: [String] = []
        var parameters: [QueryParameter] = []
        for (index, filter) in filters.enumerated() {
            guard let column = table[column: filter.column] else { continue }
            guard let value = filter.value else {
                conditions.append("\(dialect.quote(column.name)) IS NULL")
                continue
            }
            conditions.append("\(Self.operand(column, dialect).sql) = :p\(index)")
            parameters.append(QueryParameter(name: "p\(index)", value: .text(value)))
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
        let counted = facet.flatMap { table[column: $0] }.map { column -> Facet in
            let quoted = dialect.quote(column.name)
            let operand = Self.operand(column, dialect)
            // A scan may take longer than it has.
            let counted = try? DataRows(
                session.open(
                    Query(
                        """
                        SELECT \(quoted), count(*), \(operand.sql)\(source) GROUP BY \(quoted) \
                        ORDER BY 2 DESC, 1 LIMIT 20
                        """, parameters: parameters, types: [column.type, .bigint, operand.type])), limit: 20)
            return Facet(
                column: column.name,
                values: counted?.rows.map { row in
                    (
                        row[0], Filter(column: column.name, value: row[0] == .null ? nil : row[2].text ?? ""),
                        row[1].text ?? ""
                    )
                })
        }
        return Found(table: table, rows: rows, sql: sql, facet: counted)
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
            let without = here { $0.removeAll { $0.0 == filter.pair.0 } }
            let value: HTML =
                switch filter.value {
                case nil: "null"
                case ""?: "empty"
                case let value?: .clipped(value, to: 60)
                }
            return """
                <li><a href="\(without)" aria-label="Remove the filter"><code>\(HTML.clipped(filter.column, to: 40))</code> is \(value) ×</a></li>
                """
        }
        return "<ul class=\"chips filters\" aria-label=\"Filters\">\(items)</ul>"
    }

    private func facets(_ found: Found) -> HTML {
        guard let facet = found.facet else { return "" }
        let items = (facet.values ?? []).map { entry -> HTML in
            // A longer one is only known by its beginning.
            if entry.filter.value?.utf8.count ?? 0 > 1000 { return "<li>\(entry.value.html) \(entry.count)</li>" }
            let link = here { pairs in
                pairs.removeAll { Filter($0)?.column == facet.column || $0.0 == "facet" }
                pairs.append(entry.filter.pair)
            }
            return "<li><a href=\"\(link)\">\(entry.value.html)</a> <span class=\"quiet\">\(entry.count)</span></li>"
        }
        let nothing: HTML =
            facet.values == nil ? "<p class=\"quiet\">They could not be counted in two seconds.</p>" : ""
        return """
            <aside class="facets" aria-label="Values"><h2>Values of <code>\(HTML.clipped(facet.column, to: 60))</code></h2>\
            <ul>\(items)</ul>\(nothing)</aside>
            """
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
