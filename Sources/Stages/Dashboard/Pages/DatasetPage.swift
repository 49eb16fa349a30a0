import JSONText
import LoadPackages
import Markup
import PipelineStates
import ProgramSupport
import Schemas

/// A dataset without a spool: its newest loads, and the pipelines that wrote them, as its own tables have them.
struct DatasetPage {
    private let pipeline: PipelineFacts
    private let links: Links

    init(_ pipeline: PipelineFacts, _ links: Links) {
        self.pipeline = pipeline
        self.links = links
    }

    private var loads: [DatasetFacts.Load] { pipeline.dataset?.loads ?? [] }
    private var states: [DatasetFacts.State] { pipeline.dataset?.states ?? [] }
    private var count: Int { pipeline.dataset?.loadCount ?? 0 }

    func page() -> Page {
        Page(
            route: .pipeline(pipeline.name), title: pipeline.name, trail: [("Overview", .overview)],
            status: .health(pipeline.health), lead: lead, body: loadTable + stateTable, json: json)
    }

    private var lead: HTML {
        let place: HTML = "In <code>\(HTML.clipped(pipeline.home.destination ?? "", to: 100))</code>"
        guard let load = loads.first else { return "\(place). Nothing was loaded yet." }
        let age: HTML = load.id.map { HTML.age($0.microseconds) } ?? "\(load.inserted)"
        return "\(place). \(NumberText.count(count, of: "load")), the last \(age)."
    }

    private var loadTable: HTML {
        guard !loads.isEmpty else {
            return Panel.empty("There are no loads yet.", "Each one leaves a row in <code>_dlt_loads</code>.")
        }
        var table = DataTable(
            caption: "Loads, the newest first",
            columns: [
                .init(title: "Load", isHead: true), .init(title: "Status"), .init(title: "Age"),
                .init(title: "Stored"), .init(title: "Schema"),
            ])
        table.isDense = true
        table.rows = loads.enumerated().map { index, load in
            let isLast = index + 1 == loads.count
            // The oldest that is shown may have been the first with it, or not.
            let isNew =
                !isLast && loads[index + 1].schemaHash != load.schemaHash && loads[index + 1].schema == load.schema
            return [
                "<code>\(HTML.clipped(load.text, to: 60))</code>",
                load.status == 0 ? .health(.done) : .health(.unknown, "status \(load.status)"),
                load.id.map { HTML.age($0.microseconds) } ?? "", HTML(load.inserted),
                """
                <a href="\(links(.history(pipeline.name), [("name", load.schema)]))">\(HTML.clipped(load.schema, to: 40))</a>\
                \(isNew ? " <span class=\"tag\">changed</span>" as HTML : "")
                """,
            ]
        }
        let rest: HTML =
            count > loads.count && !links.areFiles
            ? """
            <p class="more"><a href="\(links(.table(pipeline.name, "_dlt_loads"), [("sort", "load_id"), ("dir", "desc")]))">All \
            \(NumberText.count(count, of: "load"))</a></p>
            """ : ""
        return Panel.section("Loads", id: "loads", table.html + rest)
    }

    private var stateTable: HTML {
        guard !states.isEmpty else { return "" }
        var table = DataTable(
            caption: "Pipelines that load into the dataset",
            columns: [
                .init(title: "Pipeline", isHead: true), .init(title: "State"), .init(title: "Stored by the load of"),
            ])
        table.rows = states.map { state in
            [
                HTML.clipped(state.pipeline, to: 60),
                """
                <a href="\(links(.state(pipeline.name), [("of", state.pipeline)]))">version \(state.state.version)</a>
                """,
                LoadID(state.load).map { HTML.age($0.microseconds) }
                    ?? "<code>\(HTML.clipped(state.load, to: 60))</code>",
            ]
        }
        return Panel.section("Pipelines", id: "pipelines", table.html)
    }

    private var json: JSONValue {
        [
            "dataset": .string(pipeline.name),
            "destination": pipeline.home.destination.map { .string($0) } ?? .null,
            "loads": .integer(count),
            "newest_loads": .array(
                loads.map { load in
                    [
                        "load_id": .string(load.text), "schema": .string(load.schema),
                        "schema_version_hash": .string(load.schemaHash), "status": .integer(load.status),
                        "inserted_at": .string(load.inserted),
                    ]
                }),
            "pipelines": .array(
                states.map { state in
                    [
                        "pipeline": .string(state.pipeline), "state_version": .integer(state.state.version),
                        "load_id": .string(state.load),
                    ]
                }),
        ]
    }
}
