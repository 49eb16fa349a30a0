import ArgumentParser
import DataContracts
import DestinationKinds
import Destinations
import InspectionSupport
import JSONText
import ProgramSupport
import Schemas

/// Writes a schema in one of several languages.
struct ExportCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a schema as YAML, JSON, SQL, a diagram or a model.",
        discussion: """
            YAML and JSON are dlt's own formats. A document without name or version is completed. A JSON Schema describes one table, \
            a data contract (ODCS) all of them.
            """)

    static let examples = [
        "dlt-schema export --pipeline github > github.schema.yaml",
        "dlt-schema export --format mermaid --pipeline github",
        "dlt-schema export sqlite:///github.db --format sql --dialect postgresql",
    ]

    static let optionGroups = [
        OptionGroupTitle("What is written", ["--format", "--table", "--dialect"]),
        OptionGroupTitle(
            "What is left out", ["--without-system-tables", "--remove-processing-hints", "--remove-defaults"]),
        OptionGroupTitle("Which schema", ["--schema-name", "--dataset", "--pending"]),
    ]

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case yaml, json, sql, mermaid, dbml, dot, jsonschema, odcs
    }

    @Argument(
        help: ArgumentHelp("A pipeline, file or URL (default: the pipeline).", valueName: "source"),
        completion: URLCompletion.urlsOrPipelines)
    var source: String?

    @Option(help: ArgumentHelp("What to write.", valueName: "format"))
    var format: Format = .yaml

    @Flag(help: "Leave out of JSON the names that keys repeat, as in YAML.")
    var removeDefaults = false

    @Flag(help: "Leave out marks of processing, for a file to import elsewhere.")
    var removeProcessingHints = false

    @Flag(help: "Leave dlt's own tables out of SQL and diagrams.")
    var withoutSystemTables = false

    @Option(
        help: ArgumentHelp("Destination whose SQL is written.", valueName: "name"),
        completion: .list(KnownDestinations.all.filter { $0 is any TableDefining.Type }.map { $0.kind.name }))
    var dialect = KnownDestinations.kinds.first?.name ?? ""

    @Option(help: ArgumentHelp("The table that jsonschema and odcs describe.", valueName: "name"))
    var table: String?

    @OptionGroup var options: SchemaOptions

    func run() throws {
        var schema = try options.schema(source)
        if removeProcessingHints { schema = Self.withoutProcessingHints(schema) }
        switch format {
        case .yaml: try Output.write(YAMLWriter.text(Self.withoutDefaults(schema.document())))
        case .json:
            let document = schema.document()
            try Output.write(removeDefaults ? Self.withoutDefaults(document) : document, json: options.output.json)
        case .sql: try Output.write(try sql(schema))
        case .mermaid: try Output.write(MermaidDiagram.text(diagram(schema)))
        case .dbml: try Output.write(DBMLDiagram.text(diagram(schema)))
        case .dot: try Output.write(DotDiagram.text(diagram(schema)))
        case .jsonschema:
            let tables = try roots(of: schema)
            guard let first = tables.first, tables.count == 1 else {
                throw ProgramError(
                    .usage, "unable to choose a table: there are \(tables.map(\.name).joined(separator: ", "))",
                    hint: "name one with --table")
            }
            try Output.write(.object(ModelWriter(schema).jsonSchema(of: first)), json: options.output.json)
        case .odcs:
            let document = JSONValue.object(ODCSWriter(schema).document(of: try roots(of: schema)))
            try options.output.json ? Output.write(document, json: true) : Output.write(YAMLWriter.text(document))
        }
    }

    /// The root tables to export.
    private func roots(of schema: Schema) throws -> [Table] {
        let tables = schema.dataTables.filter { $0.parent == nil && (table == nil || $0.name == table) }
        guard tables.isEmpty else { return tables }
        throw ProgramError(
            .noInput, "unable to find \(table.map { "table '\($0)'" } ?? "a table") in schema '\(schema.name)'",
            hint: "`dlt-schema show` lists the tables; nested ones are part of the tables above them")
    }

    private func diagram(_ schema: Schema) -> Diagram { Diagram(schema, withSystemTables: !withoutSystemTables) }

    private func sql(_ schema: Schema) throws -> String {
        let destination = try Connection.dialect(dialect)
        let tables = schema.tables.filter { $0.isDrawn && !(withoutSystemTables && $0.isSystem) }
        return try destination.definitions(
            of: tables.map { TableChange(table: $0.name, columns: $0.drawnColumns) }, pipeline: schema.name)
    }

    /// As in dlt's `remove_defaults`: omits names that the keys repeat, and the hash of the imported schema.
    static func withoutDefaults(_ document: JSONValue) -> JSONValue {
        guard case .object(var document) = document else { return document }
        document["imported_version_hash"] = nil
        var tables = document["tables"]?.objectValue ?? [:]
        for (name, value) in tables.members {
            guard case .object(var table) = value else { continue }
            table["name"] = nil
            var columns = table["columns"]?.objectValue ?? [:]
            for (name, value) in columns.members {
                guard case .object(var column) = value else { continue }
                column["name"] = nil
                columns[name] = .object(column)
            }
            table["columns"] = .object(columns)
            tables[name] = .object(table)
        }
        document["tables"] = .object(tables)
        return .object(document)
    }

    static func withoutProcessingHints(_ schema: Schema) -> Schema {
        var schema = schema
        let hints = ["x-normalizer", "x-loader", "x-extractor"]
        for original in schema.tables {
            var table = original
            for hint in hints { table.properties[hint] = nil }
            for var column in table.columns {
                for hint in hints { column.hints[hint] = nil }
                table.put(column)
            }
            schema.put(table)
        }
        schema.bump()
        return schema
    }
}
