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
    private let catalog: Catalog
    private let links: Links
    private let pipelines: [PipelineFacts]

    init(_ catalog: Catalog, _ links: Links) throws {
        self.catalog = catalog
        self.links = links
        pipelines = try catalog.pipelines()
    }

    func page() -> Page {
        // Bars that are not there yet come with the next look.
        let limit = TimeLimit(milliseconds: 60)
        var rows: [[HTML]] = []
        var objects: [JSONValue] = []
        for pipeline in pipelines {
            let loads = catalog.recentLoads(pipeline, 30, limit)
            let schema = (try? pipeline.schemaNames().first.flatMap { try pipeline.schema($0) })?.schema
            rows.append(row(pipeline, loads, schema))
            objects.append(.object(object(pipeline, loads, schema)))
        }
        return Page(
            route: .overview, title: "Pipelines", lead: lead, body: body(rows),
            json: ["data_directory": .string(catalog.dataDirectory), "pipelines": .array(objects)])
    }

    private var lead: HTML {
        if pipelines.isEmpty { return "" }
        let damaged = pipelines.filter { $0.damage != nil }
        let troubled = pipelines.filter { !$0.failed.isEmpty }
        let stopped = pipelines.filter { [.failed, .interrupted].contains($0.lastRun?.outcome) && $0.failed.isEmpty }
        let running = pipelines.filter { $0.health == .running }
        let waiting = pipelines.filter { $0.health == .waiting }
        let count = NumberText.count(pipelines.count, of: "pipeline")
        var sentences: HTML = "\(count) in <code>\(catalog.dataDirectory)</code>."
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
            "<a href=\"\(links(.pipeline(pipeline.name)))\">\(HTML.clipped(pipeline.name, to: 40))</a>"
        }
        let rest = pipelines.count - shown.count
        return shown.joined(", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private func body(_ rows: [[HTML]]) -> HTML {
        if rows.isEmpty {
            return Panel.empty(
                "There are no pipelines here yet.",
                "A pipeline appears when dlt-normalize has made its first package in <code>\(catalog.dataDirectory)</code>.",
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

    private func row(_ pipeline: PipelineFacts, _ loads: [PackageFacts], _ schema: Schema?) -> [HTML] {
        let name = pipeline.name
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
            <span class="place">\(pipeline.home.destination.map { HTML.clipped($0, to: 64) } ?? "no home yet")</span>
            """,
            .health(pipeline.health), last(pipeline), chart, number(pipeline.waiting.count),
            number(pipeline.failed.count),
            schema.map { "<a href=\"\(links(.schema(name)))\">version \($0.version)</a>" } ?? "",
        ]
    }

    /// The newest run, or, where none was noted, the newest load.
    private func last(_ pipeline: PipelineFacts) -> HTML {
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
        let runs = catalog.looseRuns()
        guard !runs.isEmpty else { return "" }
        return Panel.section(
            "Ended before their pipeline was known", id: "loose", RunTable.html(runs, pipeline: nil, links))
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
