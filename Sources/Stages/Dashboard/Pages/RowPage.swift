import DatasetReaders
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RelationalSQL
import Schemas

/// One row: its record nested again, where it belongs, and the load that brought it.
struct RowPage {
    /// Of each table below; the page says when there are more.
    private static let children = 200
    private static let levels = 6

    private let pipeline: PipelineFacts
    private let table: String
    private let id: String
    private let links: Links
    private let question: Question
    private let datasets: Datasets

    init(
        _ pipeline: PipelineFacts, _ table: String, _ id: String, _ links: Links, _ question: Question,
        _ datasets: Datasets
    ) {
        self.pipeline = pipeline
        self.table = table
        self.id = id
        self.links = links
        self.question = question
        self.datasets = datasets
    }

    private struct Found {
        let values: [(name: String, value: DataValue)]
        let parent: (table: String, id: String)?
        let load: String?
        let origin: OriginPanel.Root?
        let nested: JSONObject
        /// Not all rows below it are here.
        let isCut: Bool
        /// The time was over before all that belongs to it was found.
        let isPartial: Bool
        let childTables: [(name: String, rows: Int, isCut: Bool)]
    }

    private enum Look {
        case missing
        /// The time was over.
        case overdue
        case found(Found)
    }

    /// The page has all the time that it needs.
    private var isWhole: Bool { question["complete"] != nil }
    /// Where the row lay when the link was made.
    private var place: String? { question["at"] }

    private var whole: String {
        links(.row(pipeline.name, table, id), (place.map { [("at", $0)] } ?? []) + [("complete", "1")])
    }

    func page() throws -> Page {
        let route = Route.row(pipeline.name, table, id)
        let line = TimeLimit(milliseconds: isWhole ? 20_000 : 80)
        switch look() {
        case .absent(let absence):
            return Page(
                route: route, title: id, trail: trail,
                body: AbsencePanel.html(absence, retry: links(route, question.pairs)),
                json: ["pipeline": .string(pipeline.name), "absent": .string(AbsencePanel.word(absence))])
        case .found(.missing): throw PageMissing()
        case .found(.overdue):
            return Page(
                route: route, title: "Row \(id)", trail: trail, body: partial("It is not found yet.", "Find it"),
                json: [
                    "pipeline": .string(pipeline.name), "table": .string(table), "row": .null, "partial": true,
                    "origin": .null,
                ], isLive: false)
        case .found(.found(let found)):
            let origin = found.origin.map { OriginPanel(pipeline, $0, links, complete: whole, limit: line) }
            return Page(
                route: route, title: "Row \(id)", trail: trail, lead: lead(found), body: body(found, origin),
                json: [
                    "pipeline": .string(pipeline.name), "table": .string(table), "row": .object(found.nested),
                    "partial": .bool(found.isCut || found.isPartial), "origin": origin?.json ?? .null,
                ], isLive: false)
        }
    }

    /// A script follows the link by itself.
    private func partial(_ what: HTML, _ action: HTML) -> HTML {
        isWhole
            ? """
            <p class="quiet partial">\(what) There are too many rows, or a load has the database. \
            <a href="\(whole)">Try again</a>, or ask <code>dlt-query</code>, which waits longer. \
            Tables made by <code>dlt-load --indexes lookup</code> have an index for this.</p>
            """
            : """
            <p class="quiet partial">\(what) Without an index this takes a look at every row. \
            <a href="\(whole)" data-complete>\(action)</a></p>
            """
    }

    private var trail: [(title: String, route: Route)] {
        pipeline.trail + [("Tables", .tables(pipeline.name)), (table, .table(pipeline.name, table))]
    }

    // MARK: Questions to the database

    private func look() -> Datasets.Answer<Look> {
        guard isWhole else {
            return datasets.ask(pipeline) { session, control in
                let catalog = try session.catalog()
                control.restart(seconds: Datasets.quickSeconds)
                return try look(catalog, .quick(session))
            }
        }
        switch datasets.ask(pipeline, { try $0.catalog() }) {
        case .absent(let absence): return .absent(absence)
        case .found(let catalog):
            // Each question opens the dataset for itself, and says so if it cannot.
            return .found((try? look(catalog, .whole(datasets, pipeline))) ?? .overdue)
        }
    }

    private func look(_ catalog: DatasetCatalog, _ finder: RowFinder) throws -> Look {
        guard let entry = catalog.tables.first(where: { ExactString($0.name) == ExactString(table) }),
            let key = entry[column: "_dlt_id"]
        else { return .missing }
        guard
            let rows = try finder.rows(
                RowFinder.Wanted(table: entry, column: key, value: id, place: place, limit: 1))
        else { return .overdue }
        guard let row = rows.rows.first else { return .missing }
        let values = Self.named(row, entry)
        var nester = Nester(finder, catalog, children: Self.children, levels: Self.levels)
        let nested = try nester.record(entry, values, depth: 0)
        var isPartial = nester.isOverdue
        let origin = try origin(finder, catalog, entry, values, &isPartial)
        func value(_ name: String) -> String? { values.first { $0.name.lowercased() == name }?.value.text }
        return .found(
            Found(
                values: values,
                parent: entry.parent.flatMap { name in value("_dlt_parent_id").map { (table: name, id: $0) } },
                load: value("_dlt_load_id"), origin: origin, nested: nested, isCut: nester.isCut, isPartial: isPartial,
                childTables: nester.direct))
    }

    fileprivate static func named(_ row: [DataValue], _ table: DatasetTable) -> [(name: String, value: DataValue)] {
        zip(table.columns, row).map { (name: $0.name, value: $1) }
    }

    /// The row without parent that the row is below, or the row itself. A dataset without a spool has no lines to show.
    private func origin(
        _ finder: RowFinder, _ catalog: DatasetCatalog, _ entry: DatasetTable,
        _ values: [(name: String, value: DataValue)], _ isPartial: inout Bool
    ) throws -> OriginPanel.Root? {
        if pipeline.isDatasetOnly { return nil }
        var (table, above) = (entry, values)
        for _ in 0..<Self.deepest {
            func value(_ name: String) -> String? { above.first { $0.name.lowercased() == name }?.value.text }
            if let load = value("_dlt_load_id").flatMap({ LoadID($0) }), let id = value("_dlt_id") {
                return OriginPanel.Root(table: table.name, id: id, load: load, values: Self.plain(above))
            }
            guard let name = table.parent, let id = value("_dlt_parent_id"),
                let parent = catalog.tables.first(where: { ExactString($0.name) == ExactString(name) }),
                let key = parent[column: "_dlt_id"]
            else { return nil }
            let wanted = RowFinder.Wanted(table: parent, column: key, value: id, limit: 1)
            guard let rows = try finder.rows(wanted) else {
                isPartial = true
                return nil
            }
            guard let row = rows.rows.first else { return nil }
            (table, above) = (parent, Self.named(row, parent))
        }
        return nil
    }

    /// Levels of tables that are followed up to the root.
    private static let deepest = 30

    /// Values as a line has them, whatever its format.
    private static func plain(_ values: [(name: String, value: DataValue)]) -> [String] {
        values.compactMap { entry in
            guard !SystemTables.isSystemName(entry.name.lowercased()) else { return nil }
            switch entry.value {
            case .number(let text): return text
            case .text(let text):
                let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
                return isPlain && !text.isEmpty && text.utf8.count < 200 ? text : nil
            default: return nil
            }
        }
    }

    private func lead(_ found: Found) -> HTML {
        var parts: [HTML] = [
            "Of <a href=\"\(links(.table(pipeline.name, table)))\"><code>\(HTML.clipped(table, to: 60))</code></a>."
        ]
        if let parent = found.parent {
            parts.append(
                "Below a row of <a href=\"\(links(.row(pipeline.name, parent.table, parent.id)))\"><code>\(HTML.clipped(parent.table, to: 60))</code></a>."
            )
        }
        if let load = found.load {
            let id = LoadID(load)
            if let id, pipeline.place(of: id) != nil {
                parts.append(
                    "Brought by the load of <a href=\"\(links(.package(pipeline.name, id)))\">\(TimeText.utc(id.microseconds))</a>."
                )
            } else {
                parts.append("Brought by load <code>\(HTML.clipped(load, to: 60))</code>.")
            }
        }
        return parts.joined(" ")
    }

    private func body(_ found: Found, _ origin: OriginPanel?) -> HTML {
        var values = DataTable(
            caption: "Values of the row", columns: [.init(title: "Column", isHead: true), .init(title: "Value")])
        values.isDense = true
        values.rows = found.values.map { entry in
            let shown: HTML =
                if case .text(let text) = entry.value, text.unicodeScalars.count > 80 {
                    "<details class=\"long\"><summary>\(HTML.clipped(text, to: 80))</summary><pre>\(text)</pre></details>"
                } else { entry.value.html }
            return ["<code>\(HTML.clipped(entry.name, to: 80))</code>", shown]
        }
        let cut: HTML =
            found.isCut
            ? "<p class=\"quiet\">Not all rows below it are here: of each table the first \(Self.children) are.</p>"
            : ""
        let rest: HTML =
            found.isPartial ? partial("Not all that belongs to it is found yet.", "Find the rest") : ""
        var below = HTML()
        if !found.childTables.isEmpty {
            let items = found.childTables.map { child -> HTML in
                let link = links(.table(pipeline.name, child.name), [("f._dlt_parent_id", id)])
                return
                    "<li><a href=\"\(link)\"><code>\(HTML.clipped(child.name, to: 80))</code></a> <span class=\"quiet\">\(NumberText.rows(child.rows))\(child.isCut ? " or more" : "")</span></li>"
            }
            below = Panel.section("Rows below it", id: "children", "<ul>\(items)</ul>")
        }
        let text = JSONValue.object(found.nested).serialized(.pretty)
        return Panel.section("The record, nested again", id: "nested", "<pre tabindex=\"0\">\(text)</pre>\(cut)\(rest)")
            + (origin?.html ?? "") + below + Panel.section("As it is stored", id: "values", values.html)
    }
}

/// Puts rows of nested tables back into the record that they came from.
private struct Nester {
    private let finder: RowFinder
    private let catalog: DatasetCatalog
    private let children: Int
    private let levels: Int
    private(set) var isCut = false
    /// The time was over before all were found.
    private(set) var isOverdue = false
    /// Tables directly below the row.
    private(set) var direct: [(name: String, rows: Int, isCut: Bool)] = []
    private var budget = 2000

    init(_ finder: RowFinder, _ catalog: DatasetCatalog, children: Int, levels: Int) {
        self.finder = finder
        self.catalog = catalog
        self.children = children
        self.levels = levels
    }

    mutating func record(_ table: DatasetTable, _ values: [(name: String, value: DataValue)], depth: Int) throws
        -> JSONObject
    {
        var object = JSONObject()
        for (name, value) in values where !name.lowercased().hasPrefix("_dlt_") && value != .null {
            Self.set(value.json, at: Self.path(name), in: &object)
        }
        guard depth < levels, let id = values.first(where: { $0.name.lowercased() == "_dlt_id" })?.value.text else {
            return object
        }
        for child in catalog.children(of: table.name) {
            guard let key = child[column: "_dlt_parent_id"], budget > 0 else {
                isCut = true
                continue
            }
            let wanted = RowFinder.Wanted(
                table: child, column: key, value: id, order: child[column: "_dlt_list_idx"], limit: children)
            guard let rows = try finder.rows(wanted) else {
                isOverdue = true
                continue
            }
            budget -= rows.rows.count + 1
            if rows.isCut { isCut = true }
            if depth == 0 { direct.append((child.name, rows.rows.count, rows.isCut)) }
            guard !rows.rows.isEmpty else { continue }
            var items: [JSONValue] = []
            for row in rows.rows {
                let values = RowPage.named(row, child)
                let inner = try record(child, values, depth: depth + 1)
                // A list of plain values has one column, called so.
                if inner.count == 1, let value = inner["value"] {
                    items.append(value)
                } else {
                    items.append(.object(inner))
                }
            }
            let name = String(child.name.unicodeScalars.dropFirst(table.name.unicodeScalars.count))
            Self.set(
                .array(items), at: Self.path(name.hasPrefix("__") ? String(name.dropFirst(2)) : child.name), in: &object
            )
        }
        return object
    }

    /// `a__b` is b of a.
    private static func path(_ name: String) -> [String] {
        let parts = name.split(separator: "__", omittingEmptySubsequences: false).map(String.init)
        return parts.contains("") ? [name] : parts
    }

    private static func set(_ value: JSONValue, at path: [String], in object: inout JSONObject) {
        guard path.count > 1 else {
            object[path[0]] = value
            return
        }
        // Where a value is in the way, the name stays as it is.
        if let there = object[path[0]], there.objectValue == nil {
            object[path.joined(separator: "__")] = value
            return
        }
        var inner = object[path[0]]?.objectValue ?? [:]
        set(value, at: Array(path.dropFirst()), in: &inner)
        object[path[0]] = .object(inner)
    }
}
