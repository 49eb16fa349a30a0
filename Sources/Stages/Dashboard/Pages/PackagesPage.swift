import JSONText
import LoadPackages
import Markup
import ProgramSupport

/// Every package of a pipeline, a line each.
struct PackagesPage {
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

    func page() -> Page {
        let before = question["before"].flatMap { LoadID($0) }
        let all = pipeline.packages(before: before)
        let shown = all.prefix(links.areFiles ? all.count : Self.perPage)
        var table = DataTable(
            caption: "Load packages, newest first",
            columns: [
                .init(title: "Begun", isHead: true), .init(title: "Place"), .init(title: "Rows", isNumber: true),
                .init(title: "Size", isNumber: true), .init(title: "Tables", isNumber: true),
                .init(title: "Schema"), .init(title: "State"), .init(title: "Load id"),
            ])
        var objects: [JSONValue] = []
        for (id, place) in shown {
            let facts = catalog.memory.facts(id, in: place, of: pipeline.spool)
            let reason = place == .failed ? pipeline.spool.failureReason(of: id) : nil
            objects.append(.object(PackageObject.make(id, place, facts, reason)))
            table.rows.append([
                "<a href=\"\(links(.package(pipeline.name, id)))\">\(TimeText.utc(id.microseconds))</a>",
                .health(place.health, place.word), facts.map { HTML(NumberText.count($0.rows)) } ?? "",
                facts.map { HTML(NumberText.bytes($0.bytes)) } ?? "", facts.map { HTML(String($0.tables.count)) } ?? "",
                facts?.changesSchema == true ? "<span class=\"tag\">changed</span>" : "",
                facts?.changedState.isEmpty == false ? "<span class=\"tag\">advanced</span>" : "",
                "<code class=\"quiet\">\(id.text)</code>",
            ])
        }
        let next = all.count > shown.count ? shown.last?.id : nil
        var body = shown.isEmpty ? Panel.empty("There are no packages.", "") : table.html
        if let next, !links.areFiles {
            body += """
                <p class="more"><a rel="next" href="\(links(.packages(pipeline.name), [("before", next.text)]))">Older</a></p>
                """
        }
        return Page(
            route: .packages(pipeline.name), title: "Packages", trail: pipeline.trail,
            lead: """
                \(NumberText.count(pipeline.loaded.count)) loaded, \(NumberText.count(pipeline.waiting.count)) waiting, \
                \(NumberText.count(pipeline.failed.count)) failed.
                """,
            body: body,
            json: [
                "pipeline": .string(pipeline.name), "packages": .array(objects),
                "next_before": next.map { .string($0.text) } ?? .null,
            ])
    }
}
