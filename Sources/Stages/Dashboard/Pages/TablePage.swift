import DatasetReaders
import DestinationKinds
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
        var rows: Rows?
        /// For a person to go on with.
        var sql: String
        var facet: Facet?
        /// nil where they were not counted.
        var count: Int?
        var profile: QuickProfile?
    }

    /// A page of rows, and what leads to the ones beside it.
    private struct Rows {
        let order: RowOrder
        let columns: [QueryColumn]
        let rows: [[DataValue]]
        /// Of the first row and of the last.
        let keys: (first: String, last: String)?
        /// Of each row; empty where rows have none.
        let places: [String?]
        let hasMore: Bool

        func isNumber(_ column: Int) -> Bool {
            rows.contains { $0[column].isNumber } && rows.allSatisfy { $0[column].isNumber || $0[column] == .null }
        }

        var json: JSONValue {
            .array(
                rows.map { row in
                    var object = JSONObject()
                    for (column, value) in zip(columns, row) { object[column.name] = value.json }
                    return .object(object)
                })
        }
    }

    private struct Facet {
        let column: String
        /// nil where they were not counted.
        var values: [(value: DataValue, filter: Filter, count: String)]?
        /// There are more different ones than a page can count.
        var hasTooMany = false
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
        case .bool, .timestamp, .date, .time, .json, .binary, nil:
            let text = "CAST(\(quoted) AS TEXT)"
            guard dialect.kind.name == DestinationKind.sqlite.name else { return (text, .text) }
            // Bytes that are not text would be lost.
            return ("CASE typeof(\(quoted)) WHEN 'blob' THEN hex(\(quoted)) ELSE \(text) END", .text)
        }
    }

    /// Rows before this page, of something that has no places to begin at.
    private var offset: Int { max(0, min(question["from"].flatMap { Int($0) } ?? 0, 100_000)) }
    /// Rows before this page, for people to see: nothing depends on it.
    private var passed: Int? { question["n"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }
    /// The rows of the page have all the time that they need.
    private var isWhole: Bool { question["complete"] != nil }
    /// So have counts; the next page does not need them again.
    private var countsAll: Bool { isWhole && question["complete"] != "rows" }
    private var start: RowOrder.Start {
        if let key = question["after"] { return .after(key) }
        return question["before"].map { .before($0) } ?? .first
    }
    private var sort: String? { question["sort"] }
    private var isDescending: Bool { question["dir"] == "desc" }
    private var facet: String? { question["facet"] }

    func page() throws -> Page {
        let route = Route.table(pipeline.name, name)
        switch datasets.ask(pipeline, { try found($0, $1) }) {
        case .absent(let absence):
            return Page(
                route: route, title: name, trail: trail,
                body: AbsencePanel.html(absence, retry: links(route, question.pairs)),
                json: ["pipeline": .string(pipeline.name), "absent": .string(AbsencePanel.word(absence))])
        case .found(nil): throw PageMissing()
        case .found(var found?):
            if countsAll { complete(&found) }
            return Page(
                route: route, title: name, trail: trail, lead: lead(found),
                body: (profile(found)?.html ?? "") + chips(found) + facets(found) + html(found) + paging(found)
                    + statement(found), json: json(found))
        }
    }

    private func json(_ found: Found) -> JSONValue {
        let isPartial = found.rows == nil || found.count == nil || found.facet.map { $0.values == nil } ?? false
        var object: JSONObject = [
            "pipeline": .string(pipeline.name), "table": .string(found.table.name), "sql": .string(found.sql),
            "count": found.count.map { .integer($0) } ?? .null, "partial": .bool(isPartial),
            "rows": found.rows?.json ?? .null, "more": .bool(found.rows?.hasMore ?? true),
        ]
        if let rows = found.rows, rows.hasMore, let key = rows.keys?.last { object["after"] = .string(key) }
        if let profile = profile(found) { object["profile"] = profile.json }
        if let facet = found.facet {
            object["facet"] = .string(facet.column)
            object["values"] =
                facet.values.map { values in
                    .array(
                        values.map { .object(["value": $0.value.json, "count": .integer(Int($0.count) ?? 0)]) })
                } ?? .null
        }
        return .object(object)
    }

    private var trail: [(title: String, route: Route)] { pipeline.trail + [("Tables", .tables(pipeline.name))] }

    // MARK: Questions to the database

    private func found(_ session: any ReadingSession, _ control: QueryControl) throws -> Found? {
        guard let table = try session.catalog().tables.first(where: { ExactString($0.name) == ExactString(name) })
        else {
            return nil
        }
        let dialect = session.dialect
        let order = RowOrder(table, sort: sort, isDescending: isDescending, start: start, dialect)
        let columns = table.columns.map { dialect.quote($0.name) }
        var found = Found(
            table: table, rows: nil,
            sql: order.text(
                columns, of: table.name, where: conditions(table, dialect).texts, limit: Self.perPage, dialect))
        // Rows as they lie need no scan; the rest has what is left of a moment, unless it was asked for.
        let isQuick = order.isQuick && filters.isEmpty
        if isWhole { control.restart(seconds: pipeline.patience) }
        if isQuick { found.rows = try rows(session, table, order) }
        if !isWhole { control.restart(seconds: Datasets.quickSeconds) }
        if !isQuick { found.rows = try Self.inTime { try rows(session, table, order) } }
        if isWhole && !countsAll { control.restart(seconds: Datasets.quickSeconds) }
        if let facet, let column = table[column: facet] {
            found.facet = Facet(column: column.name)
            if !countsAll {
                found.facet?.values = try Self.inTime { try values(session, table, column, within: nil) }
            }
        }
        if !countsAll { found.count = try Self.inTime { try count(session, table, within: nil) } }
        if isPlain {
            control.restart(seconds: pipeline.patience)
            found.profile = try? QuickProfile(table, session, limit: TimeLimit(milliseconds: profileMilliseconds))
        }
        return found
    }

    /// Above the first rows of all there is a profile: it is about the table, not about what a filter leaves of it.
    private var isPlain: Bool {
        !links.areFiles && question.pairs.allSatisfy { $0.0 == "profile" || $0.0 == "complete" }
    }
    private var isProfileWhole: Bool { question["profile"] == "all" }
    private var profileMilliseconds: Int64 {
        isProfileWhole ? TableProfilePanel.fullMilliseconds : TableProfilePanel.quickMilliseconds
    }

    private func profile(_ found: Found) -> TableProfilePanel? {
        found.profile.map { profile in
            let complete = isProfileWhole ? nil : links(.table(pipeline.name, name), [("profile", "all")])
            return TableProfilePanel(found.table, profile, complete: complete)
        }
    }

    /// nil when the time was over.
    private static func inTime<Value>(_ body: () throws -> Value) throws -> Value? {
        do { return try body() } catch let failure as QueryFailure where failure.interruption == .overdue { return nil }
    }

    /// Looks at all rows for what had to wait until it was asked for.
    private func complete(_ found: inout Found) {
        let scan = TableScan(datasets, pipeline)
        let table = found.table
        if let name = found.facet?.column, let column = table[column: name] {
            var sums = FacetSums()
            let end = scan.run(table) { session, portion in
                try sums.add(values(session, table, column, within: portion))
            }
            found.facet?.hasTooMany = sums.areTooMany
            if case .whole = end, !sums.areTooMany { found.facet?.values = sums.most(Self.facets) }
        }
        var rows = 0
        if case .whole = scan.run(table, each: { rows += try count($0, table, within: $1) }) { found.count = rows }
    }

    /// The values that a facet has counted in the portions of a table.
    private struct FacetSums {
        private static let capacity = 20_000
        /// Values that look the same may differ.
        private var places: [ExactString?: Int] = [:]
        private var all: [(value: DataValue, filter: Filter, count: String)] = []
        private(set) var areTooMany = false

        mutating func add(_ values: [(value: DataValue, filter: Filter, count: String)]) {
            for entry in values where !areTooMany {
                let key = entry.filter.value.map { ExactString($0) }
                if let place = places[key] {
                    all[place].count = String((Int(all[place].count) ?? 0) + (Int(entry.count) ?? 0))
                } else {
                    places[key] = all.count
                    all.append(entry)
                }
            }
            if values.count > Self.capacity || all.count > Self.capacity { areTooMany = true }
        }

        func most(_ count: Int) -> [(value: DataValue, filter: Filter, count: String)] {
            Array(all.sorted { Int($0.count) ?? 0 > Int($1.count) ?? 0 }.prefix(count))
        }
    }

    private func conditions(_ table: DatasetTable, _ dialect: any SQLDialect)
        -> (bound: [String], parameters: [QueryParameter], texts: [String])
    {
        var bound: [String] = []
        var parameters: [QueryParameter] = []
        var texts: [String] = []
        for (index, filter) in filters.enumerated() {
            guard let column = table[column: filter.column] else { continue }
            guard let value = filter.value else {
                bound.append("\(dialect.quote(column.name)) IS NULL")
                texts.append("\(dialect.quote(column.name)) IS NULL")
                continue
            }
            let operand = Self.operand(column, dialect).sql
            bound.append("\(operand) = :p\(index)")
            parameters.append(QueryParameter(name: "p\(index)", value: .text(value)))
            texts.append("\(operand) = '\(value.replacing("'", with: "''"))'")
        }
        return (bound, parameters, texts)
    }

    private func rows(_ session: any ReadingSession, _ table: DatasetTable, _ order: RowOrder) throws -> Rows {
        do { return try ordered(session, table, order) } catch let failure as QueryFailure
            where failure.kind == .data && order.place != nil
        {
            // A table without places, of another program.
            return try ordered(session, table, order.withoutPlaces)
        }
    }

    private func ordered(_ session: any ReadingSession, _ table: DatasetTable, _ order: RowOrder) throws -> Rows {
        let dialect = session.dialect
        let conditions = conditions(table, dialect)
        let query = order.query(
            table.columns.map { dialect.quote($0.name) }, of: table.name, where: conditions.bound,
            limit: Self.perPage + 1, skipping: order.key == nil ? offset : 0, dialect)
        let found = try DataRows(
            session.open(
                Query(
                    query.sql, parameters: conditions.parameters + query.parameters, types: table.columns.map(\.type))),
            limit: Self.perPage)
        let all = order.inOrder(found.rows)
        let width = table.columns.count
        // The key follows the columns, and the place is last.
        let keys = order.key == nil ? [] : all.compactMap { $0[width].text }
        return Rows(
            order: order, columns: Array(found.columns.prefix(width)), rows: all.map { Array($0.prefix(width)) },
            keys: keys.first.flatMap { first in keys.last.map { (first, $0) } },
            places: order.place == nil ? [] : all.map { $0.last?.text }, hasMore: found.isCut)
    }

    private func count(_ session: any ReadingSession, _ table: DatasetTable, within portion: String?) throws -> Int {
        let conditions = conditions(table, session.dialect)
        let found = try session.texts(
            Query(
                "SELECT \(Datasets.count) FROM \(session.dialect.table(table.name))\(Self.filter(conditions.bound, portion))",
                parameters: conditions.parameters))
        return found.first?.first.flatMap { $0.flatMap { Int($0) } } ?? 0
    }

    private static let facets = 20

    /// - Parameter portion: then all values are counted, since another portion may have more of one.
    private func values(
        _ session: any ReadingSession, _ table: DatasetTable, _ column: DatasetColumn, within portion: String?
    ) throws -> [(value: DataValue, filter: Filter, count: String)] {
        let dialect = session.dialect
        let conditions = conditions(table, dialect)
        let quoted = dialect.quote(column.name)
        let operand = Self.operand(column, dialect)
        let most = portion == nil ? " ORDER BY 2 DESC, 1 LIMIT \(Self.facets)" : ""
        let counted = try DataRows(
            session.open(
                Query(
                    """
                    SELECT \(quoted), count(*), \(operand.sql) FROM \(dialect.table(table.name))\(Self.filter(conditions.bound, portion)) \
                    GROUP BY \(quoted)\(most)
                    """, parameters: conditions.parameters, types: [column.type, .bigint, operand.type])),
            limit: portion == nil ? Self.facets : 20_001)
        return counted.rows.map { row in
            (
                row[0], Filter(column: column.name, value: row[0] == .null ? nil : row[2].text ?? ""),
                row[1].text ?? ""
            )
        }
    }

    private static func filter(_ conditions: [String], _ portion: String?) -> String {
        let all = conditions + (portion.map { [$0] } ?? [])
        return all.isEmpty ? "" : " WHERE " + all.joined(separator: " AND ")
    }

    // MARK: The page

    private func lead(_ found: Found) -> HTML {
        let parent: HTML =
            found.table.parent.map {
                " Below <a href=\"\(links(.table(pipeline.name, $0)))\"><code>\(HTML.clipped($0, to: 60))</code></a>."
            } ?? ""
        let described: HTML =
            found.table.definition?.properties["description"]?.stringValue.map { " \(HTML.clipped($0, to: 200))" } ?? ""
        return """
            \(count(found)) \(NumberText.count(found.table.columns.count, of: "column")).\(parent)\(described) \
            <a href="\(links(.schema(pipeline.name), at: SchemaPage.anchor(found.table.name)))">Types and hints</a>.
            """
    }

    private func count(_ found: Found) -> HTML {
        let which = filters.isEmpty ? "" : " with these values"
        if let count = found.count { return "\(NumberText.rows(count))\(which)," }
        if countsAll { return "More rows than can be counted here," }
        return "<a href=\"\(whole)\">Count the rows</a>,"
    }

    /// The same page, with all that needs a look at every row.
    private var whole: String {
        links(.table(pipeline.name, name), question.pairs.filter { $0.0 != "complete" } + [("complete", "1")])
    }

    /// Something was asked for that needs more time: a script follows the link by itself.
    private func partial(_ what: HTML, _ action: HTML, hasHadTime: Bool) -> HTML {
        hasHadTime
            ? """
            <p class="quiet partial">\(what) There are too many rows, or a load has the database. \
            <a href="\(whole)">Try again</a>, or ask <code>dlt-query</code>, which waits longer.</p>
            """
            : "<p class=\"quiet partial\">\(what) <a href=\"\(whole)\" data-complete>\(action)</a></p>"
    }

    /// The same page with other questions, from the first row on.
    private func here(_ change: (inout [(String, String)]) -> Void) -> String {
        var pairs = question.pairs.filter { !["from", "after", "before", "n", "complete"].contains($0.0) }
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
            facet.values != nil
            ? ""
            : facet.hasTooMany
                ? "<p class=\"quiet\">There are more different values than can be counted here.</p>"
                : partial("They are not counted yet.", "Count them", hasHadTime: countsAll)
        return """
            <aside class="facets" aria-label="Values"><h2>Values of <code>\(HTML.clipped(facet.column, to: 60))</code></h2>\
            <ul>\(items)</ul>\(nothing)</aside>
            """
    }

    private func html(_ found: Found) -> HTML {
        guard let rows = found.rows else {
            let what: HTML =
                sort == nil
                ? "They are not found yet: this takes a look at every row."
                : "They are not sorted yet: this takes a look at every row."
            return partial(what, sort == nil ? "Find them" : "Sort them", hasHadTime: isWhole)
        }
        if rows.rows.isEmpty {
            if rows.order.start != .first {
                return Panel.empty(
                    "There are no rows here.",
                    "The row at which this page begins has gone, or was the last. <a href=\"\(here { _ in })\">First rows</a>."
                )
            }
            return Panel.empty(
                "There are no rows.", filters.isEmpty ? "The table is empty." : "No row has these values.")
        }
        let numbers = rows.columns.indices.map { rows.isNumber($0) }
        let head = rows.columns.enumerated().map { index, column -> HTML in
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
        let key = rows.columns.firstIndex { $0.name.lowercased() == "_dlt_id" }
        let body = rows.rows.enumerated().map { number, row -> HTML in
            let place = rows.places.isEmpty ? nil : rows.places[number]
            let cells = row.enumerated().map { index, value -> HTML in
                let shown: HTML
                if index == key, let id = value.text {
                    let link = links(.row(pipeline.name, name, id), place.map { [("at", $0)] } ?? [])
                    shown = "<a href=\"\(link)\">\(HTML.clipped(id, to: 24))</a>"
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
        guard !links.areFiles, let rows = found.rows, !rows.rows.isEmpty else { return "" }
        let count = rows.rows.count
        var parts: [HTML] = []
        func step(_ title: HTML, _ relation: HTML, _ pairs: [(String, String)]) {
            let pairs = pairs + (isWhole ? [("complete", "rows")] : [])
            parts.append("<a rel=\"\(relation)\" href=\"\(here { $0 += pairs })\">\(title)</a>")
        }
        guard let keys = rows.keys else {
            if offset > 0 { step("Before", "prev", [("from", String(max(0, offset - Self.perPage)))]) }
            parts.append(range(offset, count))
            if rows.hasMore { step("After", "next", [("from", String(offset + Self.perPage))]) }
            return "<p class=\"more paging\">\(parts.joined(" "))</p>"
        }
        var isFirst = false
        var isLast = false
        switch rows.order.start {
        case .first: (isFirst, isLast) = (true, !rows.hasMore)
        case .after: isLast = !rows.hasMore
        case .before: isFirst = !rows.hasMore
        }
        let passed = isFirst ? 0 : self.passed
        func counted(_ number: Int?) -> [(String, String)] { number.map { [("n", String($0))] } ?? [] }
        if !isFirst {
            step("First rows", "first", [])
            if rows.order.goesBack {
                step(
                    "Before", "prev",
                    [("before", keys.first)] + counted(passed.map { max(0, $0 - Self.perPage) }))
            }
        }
        if let passed { parts.append(range(passed, count)) }
        if !isLast { step("After", "next", [("after", keys.last)] + counted(passed.map { $0 + count })) }
        return "<p class=\"more paging\">\(parts.joined(" "))</p>"
    }

    private func range(_ passed: Int, _ count: Int) -> HTML {
        "<span class=\"quiet\">rows \(NumberText.count(passed + 1)) to \(NumberText.count(passed + count))</span>"
    }

    private func statement(_ found: Found) -> HTML {
        """
        <details><summary>The query</summary>\(HTML.command(found.sql))\
        <p class="hint"><a href="\(links(.sql(pipeline.name), [("q", found.sql)]))">Change it</a></p></details>
        """
    }
}
