import ArgumentParser
import InspectionSupport
import ProgramSupport
import Schemas

/// Compares two schemas.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare two schemas; end with 1 when they differ.",
        discussion: """
            With one operand it is compared with the pipeline's schema. Version numbers are not compared, nor are, unless --all \
            is given, dlt's own tables, marks of processing and the order of columns.
            """)

    @Argument(help: ArgumentHelp("A pipeline, file or URL.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("A pipeline, file or URL.", valueName: "new"))
    var new: String?

    @Flag(help: "Compare everything that the version hash covers.") var all = false

    @OptionGroup var options: SchemaOptions

    func run() throws {
        let (old, new) = (try options.schema(old), try options.schema(new))
        let diff = SchemaDiff(old, new, includesAll: all)
        if options.output.json {
            var report = Report()
            for difference in diff.differences { report.add([], difference.object) }
            try report.print(json: true)
        } else {
            try Output.write(diff.text())
        }
        guard diff.differences.isEmpty else { throw ExitCode(1) }
    }
}
