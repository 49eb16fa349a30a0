import ArgumentParser
import JSONText
import ProgramSupport
import Schemas
import StateInspection

/// Says what is wrong with a schema file.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check a schema file; end with 65 when something is wrong with it.")

    @Argument(help: ArgumentHelp("A YAML or JSON file, or - for standard input.", valueName: "file"))
    var file: String

    @Flag(help: "Take warnings for errors.") var strict = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let file = try SchemaFile(file)
        let schema = try file.schema(fallback: common.pipelineName)
        var problems = SchemaCheck(schema).problems
        problems += unknownKeys(try file.completed())
        var report = Report("line", "place", "", "problem")
        for problem in problems {
            let line = file.line(of: problem.place)
            let kind = problem.isError ? "error" : "warning"
            var object: JSONObject = [
                "file": .string(file.name), "place": .string(problem.place), "kind": .string(kind),
                "reason": .string(problem.reason),
            ]
            object["line"] = line.map { .integer($0) }
            report.add([line.map { String($0) } ?? "", problem.place, kind, problem.reason], object)
        }
        try report.print(json: common.json)
        let errors = problems.count { $0.isError || strict }
        if errors > 0 {
            throw ProgramError(
                .data, "unable to accept \(file.name): \(errors == 1 ? "there is an error" : "there are \(errors) errors")")
        }
        let tables = schema.tables.count { !$0.isSystem }
        common.messages.summary(
            "\(file.name) is schema '\(schema.name)' with \(tables) \(tables == 1 ? "table" : "tables")"
                + (problems.isEmpty ? "" : "; there are warnings"))
    }

    private func unknownKeys(_ document: JSONObject) -> [SchemaCheck.Problem] {
        let known: Set<String> = [
            "version", "version_hash", "engine_version", "name", "tables", "settings", "normalizers", "previous_hashes",
            "imported_version_hash", "description",
        ]
        return document.keys.filter { !known.contains($0) && !$0.hasPrefix("x-") }.map {
            SchemaCheck.Problem(place: $0, reason: "schemas have no such property", isError: true)
        }
    }
}
