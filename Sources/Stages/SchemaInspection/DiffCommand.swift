import ArgumentParser
import Destinations
import InspectionSupport
import JSONText
import ProgramSupport
import Schemas

/// Compares two schemas.
struct DiffCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare two schemas; end with 1 when they differ.",
        discussion: """
            A single operand is compared with the pipeline's schema. Version numbers are not compared. dlt's own tables, marks of \
            processing and the order of columns are compared with --all only.

            With --tables a schema is compared with the tables themselves: 'diff URL --tables' takes the schema that is stored there, \
            'diff SCHEMA URL --tables' another one. It shows changes that were made by hand: types, columns, and whether columns \
            may be null.
            """)

    static let examples = [
        "dlt-schema diff github.schema.yaml sqlite:///github.db",
        "dlt-schema diff github.schema.yaml --pipeline github",
        "dlt-schema diff sqlite:///github.db --tables",
    ]

    @Argument(
        help: ArgumentHelp("A pipeline, file or URL.", valueName: "old"), completion: URLCompletion.urlsOrPipelines)
    var old: String

    @Argument(
        help: ArgumentHelp("A pipeline, file or URL.", valueName: "new"), completion: URLCompletion.urlsOrPipelines)
    var new: String?

    @Flag(help: "Compare with the columns that the tables at the URL have.") var tables = false

    @Flag(help: "Compare everything that the version hash covers.") var all = false

    @OptionGroup var options: SchemaOptions

    func run() throws {
        if tables { return try compareTables() }
        let (old, new) = (try options.schema(old), try options.schema(new))
        let diff = SchemaDiff(old, new, includesAll: all)
        try report(diff.differences.map(\.object), diff.text())
    }

    private func compareTables() throws {
        let place = new ?? old
        guard case .url(let url)? = SchemaSource(plain: place) else {
            throw ProgramError(
                .usage, "unable to compare tables with '\(place)': it is not the URL of a destination",
                hint: "dlt-schema diff sqlite:///file.db --tables, or with a schema before the URL")
        }
        let schema = try options.schema(old)
        let pipeline = options.common.pipelineName ?? options.schemaName ?? schema.name
        let diff = try TablesDiff(schema, at: url, dataset: options.dataset, pipeline: pipeline)
        try report(diff.differences.map(\.object), diff.text())
    }

    /// - Throws: status 1 when there is a difference.
    private func report(_ differences: [JSONObject], _ text: @autoclosure () -> String) throws {
        if options.output.json {
            var report = Report()
            for difference in differences { report.add([], difference) }
            try report.print(json: true)
        } else {
            try Output.write(lines: Terminal.harmless(text()), signs: true)
        }
        guard differences.isEmpty else { throw ExitCode(1) }
    }
}
