import ArgumentParser
import DataContracts
import Identifiers
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Makes a file the schema of a pipeline.
struct ImportCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a file the schema of a pipeline.",
        discussion: """
            The next run infers on top of it. A file that drops or renames tables with data is refused without --force. The tables \
            of a destination are never changed by this.

            A model (jsonschema, singer, openapi, odcs) describes some tables: they become part of the pipeline's schema, and the \
            next run checks its records against them. Its other tables stay as they are.
            """)

    static let examples = [
        "dlt-schema import github.schema.yaml --pipeline github",
        "dlt-schema import jsonschema order.schema.json --pipeline shop",
    ]

    @Argument(
        help: ArgumentHelp(
            "A YAML or JSON file, or - for standard input. Its language may be named before it: schema, jsonschema, singer, "
                + "openapi or odcs.", valueName: "file"), completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("The table that a model describes, or the only one to import.", valueName: "name"))
    var table: String?

    @Option(help: ArgumentHelp("Name of the schema, if the file has none.", valueName: "name"))
    var schemaName: String?

    @Flag(help: "Import even if tables with data lose their names.") var force = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    private var file: String { files.last ?? "" }

    func validate() throws {
        guard files.count == 2 else {
            if files.count > 2 { throw ValidationError("Give one file.") }
            return
        }
        guard ["schema", "jsonschema", "singer", "openapi", "odcs"].contains(files[0]) else {
            throw ValidationError(
                "There is no language '\(files[0])'; expected schema, jsonschema, singer, openapi or odcs.")
        }
    }

    /// Checks that the document has the stated language.
    private func check(_ read: SchemaFile) throws {
        guard files.count == 2 else { return }
        let language = read.model?.language ?? "schema"
        guard language != files[0] else { return }
        throw ProgramError(
            .data,
            "unable to import \(file) as \(files[0]): it is \(read.model.map { "a \($0.kind)" } ?? "a schema of dlt")")
    }

    /// Adds the tables of a model to a pipeline's schema.
    private func importModel(_ read: SchemaFile) throws {
        let spool = try common.spool(mayBeNew: true)
        common.record(changeOf: spool)
        try spool.prepare()
        let homeLock = try spool.lockHome()
        let lock = try spool.lock()
        let name = try schemaName ?? spool.mainSchemaName()
        let committed = try spool.committedSchema(name)
        var schema = committed ?? Schema(name: name)
        let naming = try Naming(named: schema.normalizers["names"]?.stringValue ?? "snake_case")
        let tables = try read.modelTables(naming) ?? []
        schema.adopt(tables)
        if let committed { schema.succeed(committed) } else { schema.bump() }
        let isChanged = committed?.versionHash != schema.versionHash
        try spool.commit(schema)
        let waiting = try spool.packages(.waiting).count
        _ = consume lock
        withExtendedLifetime(homeLock) {}
        try tell(schema, spool, isChanged: isChanged, waiting: waiting)
    }

    func run() throws {
        let read = try SchemaFile(file, table: table)
        try check(read)
        if read.model != nil { return try importModel(read) }
        var schema = try read.schema(fallback: schemaName ?? common.pipelineName)
        if let schemaName { schema.name = schemaName }
        let problems = SchemaCheck(schema).problems.filter(\.isError)
        if let first = problems.first {
            throw ProgramError(
                .data, "unable to import \(file): \(first.place): \(first.reason)",
                hint: "`dlt-schema validate` lists all that is wrong with it")
        }
        let spool = try chooseSpool(schema)
        common.record(changeOf: spool)
        try spool.prepare()
        let homeLock = try spool.lockHome()
        let lock = try spool.lock()
        let committed = try spool.committedSchema(schema.name)
        // dlt compares a file with this to see whether it has changed since.
        let importedHash = schema.bump()
        if let committed {
            try check(schema, against: committed)
            keepMarks(of: committed, in: &schema)
            schema.others["imported_version_hash"] = .string(importedHash)
            schema.succeed(committed)
        } else {
            schema.others["imported_version_hash"] = .string(importedHash)
        }
        let isChanged = committed?.versionHash != schema.versionHash
        try spool.commit(schema)
        let waiting = try spool.packages(.waiting).count
        _ = consume lock
        withExtendedLifetime(homeLock) {}
        try tell(schema, spool, isChanged: isChanged, waiting: waiting)
    }

    /// Without a named or only pipeline, a new one gets the schema's name.
    private func chooseSpool(_ schema: Schema) throws -> Spool {
        if common.pipelineName != nil { return try common.spool(mayBeNew: true) }
        if try Spool.pipelines(dataDirectory: common.dataDirectory).count == 1 { return try common.spool() }
        guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: schema.name) else {
            throw ProgramError(.usage, "unable to use pipeline '\(schema.name)'", hint: "name another with --pipeline")
        }
        return spool.reportingWaits { [messages = common.messages] in messages.note($0) }
    }

    private func check(_ schema: Schema, against committed: Schema) throws {
        let (lost, retyped) = Identity(committed).losses(in: schema)
        if !lost.isEmpty && !force {
            throw ProgramError(
                .data,
                "unable to import \(file): tables with data would lose \(lost.prefix(5).joined(separator: ", "))"
                    + (lost.count > 5 ? " and \(lost.count - 5) more" : ""),
                hint: "`dlt-schema diff \(spoolName(committed)) \(file)` shows all; --force imports it anyway")
        }
        for place in retyped {
            common.messages.warning("\(place) changes its type; the column at the destination keeps its current type")
        }
    }

    private func spoolName(_ committed: Schema) -> String { common.pipelineName ?? committed.name }

    private func keepMarks(of committed: Schema, in schema: inout Schema) {
        for table in committed.tables where table.hasSeenData {
            schema.update(table: table.name) { $0.hasSeenData = true }
        }
    }

    private func tell(_ schema: Schema, _ spool: Spool, isChanged: Bool, waiting: Int) throws {
        if output.json {
            try Output.write(
                [
                    "pipeline": .string(spool.pipeline), "schema": .string(schema.name),
                    "version": .integer(schema.version), "version_hash": .string(schema.versionHash ?? ""),
                    "changed": .bool(isChanged),
                ], json: true)
        }
        common.messages.summary(
            isChanged
                ? "pipeline '\(spool.pipeline)' now has schema '\(schema.name)', version \(schema.version)"
                : "pipeline '\(spool.pipeline)' has this schema already")
        if isChanged && waiting > 0 {
            common.messages.warning(
                "\(waiting) waiting packages were made with the previous schema; loading joins them")
        }
    }
}

/// The names by which tables with data are known.
private struct Identity {
    private let schema: Schema

    init(_ schema: Schema) { self.schema = schema }

    /// Tables and columns with data that `other` lacks, and columns to which it gives another type.
    func losses(in other: Schema) -> (lost: [String], retyped: [String]) {
        var (lost, retyped): ([String], [String]) = ([], [])
        for table in schema.dataTables where table.hasSeenData {
            guard let kept = other[table: table.name] else {
                lost.append(table.name)
                continue
            }
            if kept.parent != table.parent { lost.append("\(table.name)'s place below \(table.parent ?? "no table")") }
            for column in table.completeColumns {
                guard let new = kept[column: column.name] else {
                    lost.append("\(table.name).\(column.name)")
                    continue
                }
                if let type = new.dataType, type != column.dataType { retyped.append("\(table.name).\(column.name)") }
            }
        }
        return (lost + renamed(in: other), retyped)
    }

    /// The names that another naming convention would change from now on.
    private func renamed(in other: Schema) -> [String] {
        guard let new = other.normalizers["names"], new != schema.normalizers["names"], let name = new.stringValue,
            let naming = try? Naming(named: name)
        else { return [] }
        return schema.dataTables.filter(\.hasSeenData).flatMap { table in
            [table.name].filter { naming.normalizeTablesPath($0) != $0 }
                + table.completeColumns.map(\.name).filter { naming.normalizePath($0) != $0 }.map {
                    "\(table.name).\($0)"
                }
        }
    }
}
