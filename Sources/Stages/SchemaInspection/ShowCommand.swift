import ArgumentParser
import Destinations
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Shows tables and columns.
struct ShowCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the tables of a schema with their columns.",
        discussion: """
            Operands are tables, and at most one pipeline, file or URL; without that the schema is the pipeline's. Nested tables stand \
            below their parents.
            """)

    static let examples = [
        "dlt-schema show --pipeline github",
        "dlt-schema show issues github.schema.yaml",
        "dlt-schema show sqlite:///github.db",
    ]

    @Argument(
        help: ArgumentHelp(
            "Tables to show, and a pipeline, file or URL with the schema.", valueName: "table|pipeline|file|url"),
        completion: URLCompletion.urlsOrPipelines)
    var operands: [String] = []

    @Flag(help: "Show dlt's own tables too.") var all = false

    @OptionGroup var options: SchemaOptions

    func run() throws {
        var places = operands.filter { SchemaSource(plain: $0) != nil }
        if places.isEmpty {
            for name in operands {
                if let error = DatabaseFile.misnamed(name, command: "dlt-schema show") { throw error }
            }
            if let pipeline = try pipelineOperand() { places = [pipeline] }
        }
        guard places.count <= 1 else {
            throw ProgramError(
                .usage, "unable to show several schemas at once: \(places.joined(separator: ", "))",
                hint: "`dlt-schema diff` compares two")
        }
        if let place = places.first, let error = DatabaseFile.misnamed(place, command: "dlt-schema show") {
            throw error
        }
        let schema = try options.schema(places.first)
        let names = operands.filter { !places.contains($0) }
        for name in names where schema[table: name] == nil {
            throw ProgramError(
                .noInput, "unable to find table '\(name)' in schema '\(schema.name)'",
                hint: NearestWord.of(name, among: schema.dataTables.map(\.name)).map { "did you mean \($0)?" }
                    ?? "it has: \(schema.dataTables.map(\.name).joined(separator: ", "))")
        }
        let tables =
            names.isEmpty ? schema.tables.filter { all || !$0.isSystem } : names.flatMap { schema.chain(from: $0) }
        if options.output.json { return try printJSON(tables) }
        try Output.write(lines: SchemaText(schema, tables, isVerbose: options.common.verbose).text())
    }

    /// The operand that names a pipeline, and not a table of the pipeline that would be chosen anyway.
    private func pipelineOperand() throws -> String? {
        let common = options.common
        guard common.pipelineName == nil else { return nil }
        let known = try Spool.pipelines(dataDirectory: common.dataDirectory)
        guard let name = operands.first(where: known.contains) else { return nil }
        guard known.count == 1 else { return name }
        return try options.schema(nil)[table: name] == nil ? name : nil
    }

    private func printJSON(_ tables: [Table]) throws {
        var report = Report()
        for table in tables { report.add([], table.document) }
        try report.print(json: true)
    }
}

/// A schema for people.
private struct SchemaText {
    private let schema: Schema
    private let tables: [Table]
    private let isVerbose: Bool

    init(_ schema: Schema, _ tables: [Table], isVerbose: Bool) {
        self.schema = schema
        self.tables = tables
        self.isVerbose = isVerbose
    }

    func text() -> String {
        var text = "schema \(schema.name), version \(schema.version)"
        if let hash = schema.versionHash { text += ", \(hash)" }
        if let naming = schema.normalizers["names"]?.stringValue, naming != "snake_case" { text += ", names \(naming)" }
        text += "\n"
        let shown = Set(tables.map { ExactString($0.name) })
        // A parent that is not shown leaves its children as roots.
        for table in tables where table.parent.map({ !shown.contains(ExactString($0)) }) ?? true {
            text += "\n" + self.text(of: table, depth: 0)
        }
        return Terminal.harmless(text)
    }

    private func text(of table: Table, depth: Int) -> String {
        let margin = String(repeating: "    ", count: depth)
        let facts = table.propertyTexts
        var text = margin + table.name + (facts.isEmpty ? "" : "  (\(facts.joined(separator: ", ")))") + "\n"
        if isVerbose, let description = table.describedText { text += margin + "  -- \(description)\n" }
        var columns = TextTable(header: [])
        columns.rows = table.columns.map { column in
            var row = [margin + "  " + column.name, column.typeText, column.hintTexts.joined(separator: ", ")]
            if isVerbose { row.append(column.describedText ?? "") }
            return row
        }
        text += columns.text()
        for child in tables where child.isChild(of: table.name) { text += self.text(of: child, depth: depth + 1) }
        return text
    }
}
