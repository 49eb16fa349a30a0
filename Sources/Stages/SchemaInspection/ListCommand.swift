import ArgumentParser
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Lists committed schemas.
struct ListCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the schemas of a pipeline, or of all pipelines.")

    static let examples = [
        "dlt-schema list",
        "dlt-schema list --pipeline github --json",
    ]

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        var report = Report(
            "pipeline", "schema", "version", "tables", "columns", "hash",
            shrinking: ["pipeline", "schema", "hash"])
        for spool in try spools() {
            for name in try spool.committedSchemaNames() {
                guard let schema = try spool.committedSchema(name) else { continue }
                let tables = schema.tables.filter { !$0.isSystem }
                let columns = tables.reduce(0) { $0 + $1.columns.count }
                report.add(
                    [
                        spool.pipeline, name, String(schema.version), String(tables.count), String(columns),
                        schema.versionHash ?? "",
                    ],
                    [
                        "pipeline": .string(spool.pipeline), "schema": .string(name),
                        "version": .integer(schema.version),
                        "tables": .integer(tables.count), "columns": .integer(columns),
                        "version_hash": .string(schema.versionHash ?? ""),
                    ])
            }
        }
        if report.isEmpty { common.messages.note("no schema has been committed yet") }
        try report.print(json: output.json)
    }

    private func spools() throws -> [Spool] {
        if common.pipelineName != nil { return [try common.spool()] }
        return try Spool.pipelines(dataDirectory: common.dataDirectory).compactMap {
            Spool(dataDirectory: common.dataDirectory, pipeline: $0)
        }
    }
}
