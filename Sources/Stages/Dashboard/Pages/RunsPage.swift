import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RunJournals
import SystemIO

/// The runs of a pipeline, newest first.
struct RunsPage {
    private static let perPage = 100

    private let catalog: Catalog
    private let pipeline: PipelineFacts
    private let links: Links
    private let question: Question

    init(_ catalog: Catalog, _ pipeline: PipelineFacts, _ links: Links, _ question: Question) {
        self.catalog = catalog
        self.pipeline = pipeline
        self.links = links
        self.question = question
    }

    private var showsFailed: Bool { question["show"] == "failed" }

    func page() -> Page {
        let before = question["before"].flatMap { RunID($0) }
        let limit = TimeLimit(milliseconds: 800)
        var runs: [RecordedRun] = []
        var next: RunID?
        for id in pipeline.runs where before.map({ id < $0 }) ?? true {
            if !links.areFiles && (runs.count == Self.perPage || limit.isOver) {
                next = runs.last?.id
                break
            }
            guard let run = catalog.runs.run(id, pipeline.journal) else { continue }
            if showsFailed && run.outcome == .done { continue }
            runs.append(run)
        }
        let body: HTML
        if runs.isEmpty {
            body = Panel.empty(
                showsFailed ? "None has failed." : "There are no runs yet.",
                "Programs note each run in the spool, and keep the newest thousand of 90 days.")
        } else {
            body = RunTable.html(runs, pipeline: pipeline.name, links) + more(next)
        }
        return Page(
            route: .runs(pipeline.name), title: "Runs", trail: pipeline.trail, body: chips + body,
            json: [
                "pipeline": .string(pipeline.name),
                "runs": .array(runs.map { .object(RunObject.make($0, detailed: false)) }),
                "next_before": next.map { .string($0.text) } ?? .null,
            ])
    }

    private var chips: HTML {
        guard !links.areFiles else { return "" }
        let here: HTML = " aria-current=\"true\""
        return """
            <ul class="chips" aria-label="Show"><li><a href="\(links(.runs(pipeline.name)))"\(showsFailed ? "" : here)>All</a></li>\
            <li><a href="\(links(.runs(pipeline.name), [("show", "failed")]))"\(showsFailed ? here : "")>Not done</a></li></ul>
            """
    }

    private func more(_ next: RunID?) -> HTML {
        guard let next, !links.areFiles else { return "" }
        let query = [("before", next.text)] + (showsFailed ? [("show", "failed")] : [])
        return "<p class=\"more\"><a rel=\"next\" href=\"\(links(.runs(pipeline.name), query))\">Older</a></p>"
    }
}

enum RunTable {
    /// - Parameter pipeline: nil for runs of no pipeline.
    static func html(_ runs: [RecordedRun], pipeline: String?, _ links: Links) -> HTML {
        let now = Clock.nowMicroseconds()
        var table = DataTable(
            caption: "Runs, newest first",
            columns: [
                .init(title: "Began", isHead: true), .init(title: "Outcome"), .init(title: "Took", isNumber: true),
                .init(title: "Records", isNumber: true), .init(title: "Rows", isNumber: true),
                .init(title: "In a sentence"),
            ])
        table.rows = runs.map { run in
            let route: Route = pipeline.map { .run($0, run.id.text) } ?? .looseRun(run.id.text)
            let sentence = run.error ?? run.programs.last?.end?.summary ?? run.programs.last?.progress?.activity
            let stage: HTML =
                run.outcome == .failed ? run.culprit.map { "<code>\($0.stage.rawValue)</code> " } ?? "" : ""
            return [
                "<a href=\"\(links(route))\">\(run.began.map { TimeText.utc($0) } ?? run.id.text)</a>",
                .health(run.outcome.health, run.outcome == .done ? "done" : nil),
                run.seconds(now: now).map { HTML(NumberText.duration(seconds: $0)) } ?? "",
                run.records.map { HTML(NumberText.count($0)) } ?? "", run.rows.map { HTML(NumberText.count($0)) } ?? "",
                stage + (sentence.map { HTML.clipped($0, to: 140) } ?? ""),
            ]
        }
        return table.html
    }
}
