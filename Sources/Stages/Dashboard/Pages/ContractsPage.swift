import DataContracts
import InspectionSupport
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// What may change in a schema, table by table, and what was refused.
struct ContractsPage {
    let pipeline: PipelineFacts
    let links: Links
    let schemas: [Schema]
    let violations: Violations
    let rejects: [RejectsFile]

    init(_ catalog: Catalog, _ pipeline: PipelineFacts, _ links: Links) throws {
        self.pipeline = pipeline
        self.links = links
        violations = Violations(catalog, pipeline, limit: TimeLimit(milliseconds: 300))
        rejects = violations.files.prefix(3).compactMap { RejectsFile($0, pipeline: pipeline.name) }
        schemas = try pipeline.schemaNames().compactMap { try pipeline.schema($0)?.schema }
    }

    private struct Line {
        let schema: String
        let table: String
        let contract: SchemaContract
        let level: ContractLevel
        /// Why the setting means nothing.
        let mistake: String?
        let models: Int
    }

    func page() -> Page {
        let lines = schemas.flatMap(self.lines)
        let strict = lines.count { $0.contract != .evolve || $0.models > 0 }
        let lead: HTML =
            strict == 0
            ? "Everything may evolve: new tables, columns and types come as the data brings them."
            : "\(NumberText.count(strict)) of \(NumberText.count(lines.count, of: "root table")) may not change freely."
        return Page(
            route: .contracts(pipeline.name), title: "Contracts", trail: pipeline.trail, lead: lead,
            body: body(lines) + broken() + setAside() + refused(),
            json: [
                "pipeline": .string(pipeline.name), "tables": .array(lines.map { .object(object($0)) }),
                "violations": .array(violations.groups.map { .object(object($0)) }),
                "rejects": .array(rejects.flatMap { file in file.lines.map { .object(object($0, file)) } }),
                "failed": .array(
                    pipeline.failed.map { id in
                        .object(
                            PackageObject.make(id, .failed, nil, pipeline.spool.failureReason(of: id)))
                    }),
            ])
    }

    private func lines(_ schema: Schema) -> [Line] {
        schema.dataTables.filter { $0.parent == nil }.map { table in
            let models = schema.chain(from: table.name).reduce(0) { sum, table in
                sum + table.columns.count { $0.hints["x-json-schema"] != nil }
                    + (table.properties["x-json-schema"] == nil ? 0 : 1)
            }
            do throws(SchemaContractError) {
                let (contract, level) = try schema.contract(of: table.name)
                return Line(
                    schema: schema.name, table: table.name, contract: contract, level: level, mistake: nil,
                    models: models)
            } catch {
                return Line(
                    schema: schema.name, table: table.name, contract: .evolve, level: .none, mistake: error.reason,
                    models: models)
            }
        }
    }

    private func body(_ lines: [Line]) -> HTML {
        if lines.isEmpty { return Panel.empty("There are no tables yet.", "The first package brings some.") }
        var table = DataTable(
            caption: "What may become of each table when data would change it",
            columns: [
                .init(title: "Table", isHead: true), .init(title: "New tables"), .init(title: "New columns"),
                .init(title: "Other types"), .init(title: "Said by"), .init(title: "Model"),
            ])
        table.rows = lines.map { line in
            [
                """
                <a href="\(links(.schema(pipeline.name), [("name", line.schema)], at: SchemaPage.anchor(line.table)))"><code>\
                \(HTML.clipped(line.table, to: 60))</code></a>
                """,
                mode(line.contract.tables), mode(line.contract.columns), mode(line.contract.dataType),
                line.mistake.map { HTML.health(.failed, $0) } ?? level(line.level),
                line.models == 0 ? "" : HTML(NumberText.count(line.models, of: "model")),
            ]
        }
        return Panel.section("Contracts", id: "contracts", table.html)
            + """
            <dl class="legend"><div><dt>evolve</dt><dd>the schema grows</dd></div><div><dt>freeze</dt><dd>the run fails</dd></div>\
            <div><dt>discard row</dt><dd>the row is left out, and all below it</dd></div>\
            <div><dt>discard value</dt><dd>only the value is left out</dd></div></dl>
            """
    }

    private func mode(_ mode: ContractMode) -> HTML {
        switch mode {
        case .evolve: "<span class=\"mode\">evolve</span>"
        case .freeze: "<span class=\"mode is-strict\">freeze</span>"
        case .discardRow: "<span class=\"mode is-strict\">discard row</span>"
        case .discardValue: "<span class=\"mode is-strict\">discard value</span>"
        }
    }

    private func level(_ level: ContractLevel) -> HTML {
        switch level {
        case .none: "<span class=\"quiet\">dlt's default</span>"
        case .schema: "the schema"
        case .table(let name): "table <code>\(HTML.clipped(name, to: 60))</code>"
        }
    }

    /// Packages that the destination, or their own files, made impossible.
    private func refused() -> HTML {
        var items = HTML()
        for id in pipeline.failed.suffix(50).reversed() {
            let reason = pipeline.spool.failureReason(of: id)
            items += Panel.notice(
                .failed, title: "Package of \(TimeText.utc(id.microseconds))",
                "\(Sentence.of(reason?.message ?? "Its reason was not noted")) <a href=\"\(links(.package(pipeline.name, id)))\">Look at it</a>.",
                hint: reason?.hint)
        }
        return items.isEmpty ? "" : Panel.section("Refused packages", id: "refused", items)
    }

    private func object(_ line: Line) -> JSONObject {
        var object: JSONObject = [
            "schema": .string(line.schema), "table": .string(line.table),
            "tables": .string(line.contract.tables.rawValue),
            "columns": .string(line.contract.columns.rawValue), "data_type": .string(line.contract.dataType.rawValue),
        ]
        switch line.level {
        case .none: object["said_by"] = .null
        case .schema: object["said_by"] = "schema"
        case .table(let name): object["said_by"] = .string(name)
        }
        object["mistake"] = line.mistake.map { .string($0) }
        object["models"] = .integer(line.models)
        return object
    }
}
