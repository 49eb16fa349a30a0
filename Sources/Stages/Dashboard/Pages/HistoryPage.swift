import InspectionSupport
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// How a schema came to be what it is: every version with its changes in words, and for each column the load that brought it.
struct HistoryPage {
    private let pipeline: PipelineFacts
    private let links: Links
    private let name: String?
    private let names: [String]
    private let versions: [HistoryVersion]
    private let absence: Datasets.Absence?

    init(_ pipeline: PipelineFacts, _ links: Links, _ question: Question, _ datasets: Datasets) {
        self.pipeline = pipeline
        self.links = links
        names = pipeline.schemaNames()
        let name = question["name"] ?? names.first
        self.name = name
        guard let name else {
            versions = []
            absence = nil
            return
        }
        switch datasets.history(pipeline, of: name) {
        case .found(let found):
            absence = nil
            // What waits will be next.
            let known = Set(found.map(\.hash))
            let coming = HistoryPage.ofSpool(pipeline, name).filter {
                !known.contains($0.hash) && $0.schema.version > (found.last?.schema.version ?? 0)
            }
            versions = found + coming
        case .absent(let why):
            absence = why
            versions = HistoryPage.ofSpool(pipeline, name)
        }
    }

    /// What the spool has kept: the committed version, and those of packages that are whole.
    private static func ofSpool(_ pipeline: PipelineFacts, _ name: String) -> [HistoryVersion] {
        pipeline.schemaVersions(name).map {
            HistoryVersion(schema: $0.schema, hash: $0.schema.versionHash ?? "", load: $0.load, loads: 0)
        }
    }

    func page() -> Page {
        let steps = steps()
        var body = notice
        if versions.isEmpty {
            body += Panel.empty("There is no schema yet.", "The first package brings one.")
        } else {
            body += Panel.section("Versions", id: "versions", html(steps)) + blame(steps)
        }
        return Page(
            route: .history(pipeline.name), title: "History",
            trail: pipeline.trail + [("Schema", .schema(pipeline.name))],
            lead: name.map {
                "Schema <strong>\(HTML.clipped($0, to: 60))</strong>, \(NumberText.count(versions.count, of: "version"))."
            } ?? "",
            body: choice + body,
            json: [
                "pipeline": .string(pipeline.name), "schema_name": name.map { .string($0) } ?? .null,
                "complete": .bool(absence == nil), "versions": .array(steps.map { .object(object($0)) }),
            ])
    }

    private struct Step {
        let version: HistoryVersion
        /// nil for the first that is known.
        let changes: [ChangeWords]?
    }

    private func steps() -> [Step] {
        versions.enumerated().map { index, version in
            Step(
                version: version,
                changes: index == 0
                    ? nil
                    : ChangeWords.list(SchemaDiff(versions[index - 1].schema, version.schema, includesAll: false)))
        }
    }

    private var choice: HTML {
        guard names.count > 1, !links.areFiles else { return "" }
        let items = names.map { other -> HTML in
            """
            <li><a href="\(links(.history(pipeline.name), [("name", other)]))"\
            \(other == name ? " aria-current=\"true\"" as HTML : "")>\(HTML.clipped(other, to: 40))</a></li>
            """
        }
        return "<ul class=\"chips\" aria-label=\"Schemas\">\(items)</ul>"
    }

    private var notice: HTML {
        switch absence {
        case nil, .noHome?: return ""
        case .busy?:
            return Panel.notice(
                .running, title: "The database is busy",
                "A load holds it. This shows what the spool has kept; the older versions come back when the load has ended."
            )
        case .unreadable(let message, let hint)?:
            return Panel.notice(
                .unknown, title: "The destination cannot be read",
                "\(message). This shows what the spool has kept.", hint: hint)
        }
    }

    private func html(_ steps: [Step]) -> HTML {
        let items = steps.reversed().prefix(200).map { step -> HTML in
            let version = step.version
            let changes: HTML
            if let found = step.changes {
                changes = ChangeWords.html(found, limit: 40)
            } else {
                let tables = version.schema.dataTables
                let shown = tables.prefix(8).map { "<code>\(HTML.clipped($0.name, to: 40))</code>" as HTML }
                changes = """
                    <p class="quiet">The first that is known: \(NumberText.count(tables.count, of: "table"))\
                    \(tables.isEmpty ? "" : ", " as HTML)\(shown.joined(", "))\(tables.count > 8 ? " and others" as HTML : "").</p>
                    """
            }
            return """
                <li class="version" data-row><h3>Version \(version.schema.version)</h3><p class="quiet">\(origin(version))</p>\(changes)</li>
                """
        }
        return "<ol class=\"versions\">\(items)</ol>"
    }

    private func origin(_ version: HistoryVersion) -> HTML {
        var parts: [HTML] = []
        if let load = version.load {
            let link: HTML =
                pipeline.place(of: load) == nil
                ? "<code>\(load.text)</code>"
                : "<a href=\"\(links(.package(pipeline.name, load)))\">\(TimeText.utc(load.microseconds))</a>"
            parts.append("brought by the load of \(link), \(HTML.age(load.microseconds))")
        } else if let stored = version.stored {
            parts.append("stored \(stored)")
        }
        if version.loads > 1 { parts.append("\(NumberText.count(version.loads)) loads had it") }
        parts.append("<code>\(version.hash)</code>")
        return parts.joined(" · ")
    }

    /// For each column the version in which it came.
    private func blame(_ steps: [Step]) -> HTML {
        guard versions.count > 1, let newest = versions.last?.schema else { return "" }
        var sections = HTML()
        for table in newest.dataTables {
            var rows = DataTable(
                caption: "Columns of \(table.name), and when they came",
                columns: [
                    .init(title: "Column", isHead: true), .init(title: "Type"),
                    .init(title: "Since version", isNumber: true),
                    .init(title: "Load"),
                ])
            rows.isDense = true
            for column in table.columns where column.isComplete {
                // From the newest back, as long as it was there: one that went and came again is as old as its return.
                var first = versions[versions.count - 1]
                for version in versions.reversed() {
                    guard version.schema[table: table.name]?[column: column.name]?.isComplete == true else { break }
                    first = version
                }
                let isOldest = first.hash == versions[0].hash
                rows.rows.append([
                    "<code>\(HTML.clipped(column.name, to: 80))</code>", HTML(column.typeText),
                    "\(first.schema.version)\(isOldest && absence != nil ? " or earlier" as HTML : "")",
                    first.load.map { "\(HTML.age($0.microseconds))" } ?? "",
                ])
            }
            sections += """
                <details><summary><code>\(HTML.clipped(table.name, to: 80))</code> \
                <span class="quiet">\(NumberText.count(rows.rows.count, of: "column"))</span></summary>\(rows.html)</details>
                """
        }
        return Panel.section("Who brought which column", id: "blame", sections)
    }

    private func object(_ step: Step) -> JSONObject {
        var object: JSONObject = [
            "version": .integer(step.version.schema.version), "version_hash": .string(step.version.hash),
        ]
        object["stored"] = step.version.stored.map { .string($0) } ?? .null
        object["load_id"] = step.version.load.map { .string($0.text) } ?? .null
        object["loads"] = .integer(step.version.loads)
        object["changes"] = step.changes.map { .array($0.map { .object($0.object) }) } ?? .null
        return object
    }
}
