import ArgumentParser
import InspectionSupport
import JSONText
import ProgramSupport
import Schemas

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
        var document = try file.completed(fallback: common.pipelineName)
        var problems = unknownKeys(document) + Self.takeUnknownTypes(from: &document)
        let schema = try file.schema(of: document)
        problems += SchemaCheck(schema).problems
        if let warning = Self.editedSince(document) { problems.append(warning) }
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
                .data,
                "unable to accept \(file.name): \(errors == 1 ? "there is an error" : "there are \(errors) errors")")
        }
        let tables = schema.tables.count { !$0.isSystem }
        common.messages.summary(
            "\(file.name) is schema '\(schema.name)' with \(tables) \(tables == 1 ? "table" : "tables")"
                + (problems.isEmpty ? "" : "; there are warnings"))
    }

    /// A schema cannot even be read with a type that does not exist, and there may be more to say.
    static func takeUnknownTypes(from document: inout JSONObject) -> [SchemaCheck.Problem] {
        var problems: [SchemaCheck.Problem] = []
        var tables = document["tables"]?.objectValue ?? [:]
        for (tableName, value) in tables.members {
            guard case .object(var table) = value, case .object(var columns)? = table["columns"] else { continue }
            for (name, value) in columns.members {
                guard case .object(var column) = value, let type = column["data_type"] else { continue }
                guard type.stringValue.flatMap(DataType.init(stored:)) == nil else { continue }
                problems.append(
                    SchemaCheck.Problem(
                        place: "tables.\(tableName).columns.\(name).data_type",
                        reason: "\(type.serialized()) is not one of "
                            + DataType.allCases.map(\.rawValue).joined(separator: ", "), isError: true))
                column["data_type"] = nil
                columns[name] = .object(column)
            }
            table["columns"] = .object(columns)
            tables[tableName] = .object(table)
        }
        document["tables"] = .object(tables)
        return problems
    }

    /// dlt takes such a file, as a new version; its own working copy it would refuse.
    private static func editedSince(_ document: JSONObject) -> SchemaCheck.Problem? {
        guard document["engine_version"]?.intValue == Schema.engineVersion,
            let hash = document["version_hash"]?.stringValue, !hash.isEmpty,
            let schema = try? Schema(document: .object(document)), schema.contentHash() != hash
        else { return nil }
        return SchemaCheck.Problem(
            place: "version_hash", reason: "the document was changed after this was taken", isError: false)
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
