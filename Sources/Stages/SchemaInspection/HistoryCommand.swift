import ArgumentParser
import Destinations
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Lists the versions of a schema at a destination.
struct HistoryCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List the versions of a schema in a destination.")

    static let examples = [
        "dlt-schema history --pipeline github",
        "dlt-schema history sqlite:///github.db --changes",
    ]

    @Argument(
        help: ArgumentHelp("URL of the destination (default: the pipeline's home).", valueName: "url"),
        completion: URLCompletion.urls)
    var url: String?

    @Flag(help: "Show what each version changed.") var changes = false

    @OptionGroup var options: SchemaOptions

    func run() throws {
        let spool = try? options.common.spool()
        guard let url = try url ?? spool?.home().destination else {
            throw ProgramError(
                .usage, "unable to choose a destination: the pipeline has no home yet",
                hint: "name its URL, such as sqlite:///file.db")
        }
        let versions = try read(url, pipeline: spool?.pipeline ?? "dlt")
        if options.output.json { return try printJSON(versions) }
        if changes { return try printChanges(versions) }
        var report = Report(
            "schema", "version", "inserted at", "tables", "columns", "hash", shrinking: ["schema", "hash"])
        for version in versions {
            let tables = version.schema.tables.filter { !$0.isSystem }
            report.add(
                [
                    version.schema.name, String(version.schema.version), version.insertedAt, String(tables.count),
                    String(tables.reduce(0) { $0 + $1.columns.count }), version.hash,
                ], [:])
        }
        if report.isEmpty { options.common.messages.note("\(url) has no schema versions") }
        try report.print(json: false)
    }

    private func read(_ url: String, pipeline: String) throws -> [SchemaVersion] {
        let destination = try Connection.openForReading(
            url, dataset: options.dataset, pipeline: pipeline, dataDirectory: options.common.dataDirectory)
        let session = try destination.open(.read)
        defer { session.abandon() }
        if let path = Connection.missingFile(of: destination) {
            throw ProgramError(
                .noInput, "unable to read schemas from \(destination.location): there is no file \(path)",
                hint: "check the path; a relative path starts at the current folder")
        }
        return try session.dataset.schemaVersions(.standard).filter {
            options.schemaName == nil || $0.schema.name == options.schemaName
        }
    }

    private func printJSON(_ versions: [SchemaVersion]) throws {
        var report = Report()
        for (index, version) in versions.enumerated() {
            let diff = previous(to: index, in: versions).map { SchemaDiff($0, version.schema, includesAll: false) }
            report.add(
                [],
                [
                    "schema": .string(version.schema.name), "version": .integer(version.schema.version),
                    "version_hash": .string(version.hash), "inserted_at": .string(version.insertedAt),
                    "changes": .array((diff?.differences ?? []).map { .object($0.object) }),
                ])
        }
        try report.print(json: true)
    }

    private func printChanges(_ versions: [SchemaVersion]) throws {
        var text = ""
        for (index, version) in versions.enumerated() {
            text +=
                "\(version.schema.name), version \(version.schema.version), \(version.insertedAt), \(version.hash)\n"
            guard let previous = previous(to: index, in: versions) else { continue }
            text += SchemaDiff(previous, version.schema, includesAll: false).text()
        }
        try Output.write(lines: Terminal.harmless(text), signs: true)
    }

    private func previous(to index: Int, in versions: [SchemaVersion]) -> Schema? {
        versions[..<index].last { $0.schema.name == versions[index].schema.name }?.schema
    }
}
