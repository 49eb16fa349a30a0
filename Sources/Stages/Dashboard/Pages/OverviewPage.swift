import Failures
import JSONText
import LoadPackages
import Markup
import PipelineStates
import ProgramSupport
import RunJournals
import Schemas
import SystemIO

/// All pipelines at a glance, failures first.
struct OverviewPage {
    private let catalogs: [Catalog]
    private let links: Links
    private let entries: [Entry]
    private var pipelines: [PipelineFacts] { entries.map(\.pipeline) }

    /// A pipeline, and the data directory that it is in, counted from 1.
    private struct Entry {
        let directory: Int
        let pipeline: PipelineFacts
    }

    init(_ catalogs: [Catalog], _ links: Links) throws {
        self.catalogs = catalogs
        self.links = links
        let all = try catalogs.enumerated().flatMap { index, catalog in
            try catalog.pipelines().map { Entry(directory: index + 1, pipeline: $0) }
        }
        entries = catalogs.count == 1 ? all : all.sorted { Catalog.isAbove($0.pipeline, $1.pipeline) }
    }

    func page() -> Page {
        // Bars that are not there yet come with the next look.
        let limit = TimeLimit(milliseconds: 60)
        var rows: [[HTML]] = []
        var objects: [JSONValue] = []
        for entry in entries {
            let pipeline = entry.pipeline
            let loads = catalogs[entry.directory - 1].recentLoads(pipeline, 30, limit)
            let schema = (try? pipeline.schemaNames().first.flatMap { try pipeline.schema($0) })?.schema
            rows.append(row(entry, loads, schema))
            var object = object(pipeline, loads, schema)
            if catalogs.count > 1 {
                object["data_directory"] = .string(catalogs[entry.directory - 1].dataDirectory)
            }
            objects.append(.object(object))
        }
        return Page(
            route: .overview, title: "Pipelines", lead: lead, body: body(rows),
            json: ["data_directory": .string(catalogs[0].dataDirectory), "pipelines": .array(objects)])
    }

    private var directories: HTML {
        catalogs.map { "<code>\(HTML.clipped($0.dataDirectory, to: 80))</code>" as HTML }.joined(", ")
    }

    private var lead: HTML {
        if pipelines.isEmpty { return "" }
        let damaged = pipelines.filter { $0.damage != nil }
        let troubled = pipelines.filter { !$0.failed.isEmpty }
        let stopped = pipelines.filter { [.failed, .interrupted].contains($0.lastRun?.outcome) && $0.failed.isEmpty }
        let running = pipelines.filter { $0.health == .running }
        let waiting = pipelines.filter { $0.health == .waiting }
        let count = NumberText.count(pipelines.count, of: "pipeline")
        var sentences: HTML = "\(count) in \(directories)."
        if !damaged.isEmpty { sentences += " Files of \(named(damaged)) cannot be read." }
        if !troubled.isEmpty {
            sentences += " \(named(troubled)) \(troubled.count == 1 ? "has" : "have") a failed package."
        }
        if !stopped.isEmpty {
            sentences += " The last run of \(named(stopped)) did not reach its end."
        }
        if !running.isEmpty { sentences += " \(named(running)) \(running.count == 1 ? "is" : "are") running." }
        if !waiting.isEmpty {
            sentences += " \(named(waiting)) \(waiting.count == 1 ? "has" : "have") packages that wait to be loaded."
        }
        if damaged.isEmpty && troubled.isEmpty && waiting.isEmpty && stopped.isEmpty && running.isEmpty {
            sentences += " All is loaded."
        }
        return sentences
    }

    private func named(_ pipelines: [PipelineFacts]) -> HTML {
        let shown = pipelines.prefix(3).map { pipeline -> HTML in
            let links = links.within(entries.first { $0.pipeline.spool.path == pipeline.spool.path }?.directory ?? 1)
            return "<a href=\"\(links(.pipeline(pipeline.name)))\">\(HTML.clipped(pipeline.name, to: 40))</a>"
        }
        let rest = pipelines.count - shown.count
        return shown.joined(", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private func body(_ rows: [[HTML]]) -> HTML {
        if rows.isEmpty {
            return Panel.empty(
                "There are no pipelines here yet.",
                "A pipeline appears when dlt-normalize has made its first package in \(directories).",
                command: "dlt-extract files data/*.jsonl | dlt-normalize | dlt-load sqlite:///data.db")
        }
        var table = DataTable(
            caption: "Pipelines, failures first",
            columns: [
                .init(title: "Pipeline", isHead: true), .init(title: "Status"), .init(title: "Last run"),
                .init(title: "Rows, last 30 loads"), .init(title: "Waiting", isNumber: true),
                .init(title: "Failed", isNumber: true), .init(title: "Schema", isNumber: true),
            ])
        table.rows = rows
        return table.html + loose
    }

    private func row(_ entry: Entry, _ loads: [PackageFacts], _ schema: Schema?) -> [HTML] {
        let pipeline = entry.pipeline
        let links = links.within(entry.directory)
        let name = pipeline.name
        let directory: HTML =
            catalogs.count > 1
            ? "<span class=\"place\">in \(HTML.clipped(catalogs[entry.directory - 1].dataDirectory, to: 64))</span>"
            : ""
        let bars = loads.map { load in
            BarChart.Bar(
                value: load.rows, label: "\(NumberText.rows(load.rows)), \(TimeText.utc(load.id.microseconds))")
        }
        let total = loads.reduce(0) { $0 + $1.rows }
        let chart: HTML =
            bars.isEmpty
            ? ""
            : BarChart(
                bars: bars, width: 150, height: 24,
                summary: "\(NumberText.rows(total)) in the last \(loads.count) loads", places: 30
            ).html
        return [
            """
            <a class="name" href="\(links(.pipeline(name)))">\(HTML.clipped(name, to: 60))</a>\
            <span class="place">\(pipeline.home.destination.map { HTML.clipped($0, to: 64) } ?? "no home yet")</span>\
            \(directory)
            """,
            .health(pipeline.health), last(pipeline, links), chart, number(pipeline.waiting.count),
            number(pipeline.failed.count),
            schema.map { "<a href=\"\(links(.schema(name)))\">version \($0.version)</a>" } ?? "",
        ]
    }

    /// The newest run, or, where none was noted, the newest load.
    private func last(_ pipeline: PipelineFacts, _ links: Links) -> HTML {
        if let run = pipeline.lastRun, let began = run.began {
            let seconds = run.seconds(now: Clock.nowMicroseconds()).map {
                NumberText.duration(seconds: $0)
            }
            return """
                <a href="\(links(.run(pipeline.name, run.id.text)))">\(HTML.age(began))</a>\
                \(seconds.map { "<span class=\"quiet\">, \($0)</span>" as HTML })
                """
        }
        return pipeline.lastLoad.map { HTML.age($0.microseconds) } ?? ""
    }

    /// Programs that ended before they knew their pipeline: wrong usage, a configuration that cannot be read.
    private var loose: HTML {
        var tables = HTML()
        for (index, catalog) in catalogs.enumerated() {
            let runs = catalog.looseRuns()
            if !runs.isEmpty { tables += RunTable.html(runs, pipeline: nil, links.within(index + 1)) }
        }
        guard !tables.isEmpty else { return "" }
        return Panel.section("Ended before their pipeline was known", id: "loose", tables)
    }

    private func number(_ count: Int) -> HTML { count == 0 ? "" : HTML(NumberText.count(count)) }

    private func object(_ pipeline: PipelineFacts, _ loads: [PackageFacts], _ schema: Schema?) -> JSONObject {
        var object: JSONObject = [
            "pipeline": .string(pipeline.name), "status": .string(pipeline.health.key), "last_run": .null,
            "waiting": .integer(pipeline.waiting.count), "failed": .integer(pipeline.failed.count),
            "loaded": .integer(pipeline.loaded.count),
        ]
        if let run = pipeline.lastRun { object["last_run"] = .object(RunObject.make(run, detailed: false)) }
        object["damage"] = pipeline.damage.map { .string($0) }
        object["destination"] = pipeline.home.destination.map { .string($0) } ?? .null
        object["dataset"] = pipeline.home.dataset.map { .string($0) } ?? .null
        object["last_load_id"] = pipeline.lastLoad.map { .string($0.text) } ?? .null
        object["last_load"] = pipeline.lastLoad.map { .string(TimeText.machine($0.microseconds)) } ?? .null
        object["schema_version"] = schema.map { .integer($0.version) } ?? .null
        object["recent_rows"] = .array(loads.map { .integer($0.rows) })
        return object
    }
}
