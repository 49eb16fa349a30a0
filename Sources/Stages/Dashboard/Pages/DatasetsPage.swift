import Destinations
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// The datasets of a database that was named by its URL: how fresh each is.
struct DatasetsPage {
    private let catalog: Catalog
    private let links: Links
    private let place: String
    private let datasets: [PipelineFacts]

    init(_ catalog: Catalog, _ database: DatasetSource, _ links: Links) throws {
        self.catalog = catalog
        self.links = links
        datasets = try catalog.pipelines()
        place = datasets.first?.home.destination ?? DestinationURL.masked(database.url)
    }

    func page() -> Page {
        var table = DataTable(
            caption: "Datasets, the one loaded last first",
            columns: [
                .init(title: "Dataset", isHead: true), .init(title: "Status"), .init(title: "Last load"),
                .init(title: "Loads", isNumber: true), .init(title: "Tables", isNumber: true),
                .init(title: "Schema", isNumber: true), .init(title: "Pipelines"),
            ])
        table.rows = datasets.map(row)
        return Page(
            route: .overview, title: "Datasets",
            lead: datasets.isEmpty
                ? ""
                : "\(NumberText.count(datasets.count, of: "dataset")) in <code>\(HTML.clipped(place, to: 100))</code>.",
            body: datasets.isEmpty
                ? Panel.empty(
                    "There are no datasets here yet.",
                    "A dataset appears when a load has made the tables of dlt in <code>\(HTML.clipped(place, to: 100))</code>."
                )
                : table.html,
            json: ["database": .string(place), "datasets": .array(datasets.map { .object(object($0)) })])
    }

    private func row(_ pipeline: PipelineFacts) -> [HTML] {
        let name = pipeline.name
        let facts = pipeline.dataset
        let link = "<a class=\"name\" href=\"\(links(.pipeline(name)))\">\(HTML.clipped(name, to: 60))</a>" as HTML
        let version: HTML =
            facts?.schemas.first.map { "<a href=\"\(links(.schema(name)))\">version \($0.version)</a>" } ?? ""
        let states = facts?.states ?? []
        let names = states.prefix(3).map { HTML.clipped($0.pipeline, to: 40) }
        return [
            link, .health(pipeline.health),
            pipeline.lastLoad.map { HTML.age($0.microseconds) } ?? "",
            HTML(NumberText.count(facts?.loadCount ?? 0)),
            "<a href=\"\(links(.tables(name)))\">\(NumberText.count(facts?.tableCount ?? 0))</a>", version,
            names.joined(", ") + (states.count > 3 ? " and \(states.count - 3) more" : ""),
        ]
    }

    private func object(_ pipeline: PipelineFacts) -> JSONObject {
        var object: JSONObject = ["dataset": .string(pipeline.name), "status": .string(pipeline.health.key)]
        object["last_load_id"] = pipeline.lastLoad.map { .string($0.text) } ?? .null
        object["last_load"] = pipeline.lastLoad.map { .string(TimeText.machine($0.microseconds)) } ?? .null
        object["loads"] = .integer(pipeline.dataset?.loadCount ?? 0)
        object["tables"] = .integer(pipeline.dataset?.tableCount ?? 0)
        object["schema_version"] = pipeline.dataset?.schemas.first.map { .integer($0.version) } ?? .null
        object["pipelines"] = .strings(pipeline.dataset?.states.map(\.pipeline) ?? [])
        object["absent"] = pipeline.dataset?.absence.map { .string(AbsencePanel.word($0)) }
        return object
    }
}
