import ArgumentParser
import Destinations
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// The origin of a schema: a file, a pipeline's committed files, or a destination.
enum SchemaSource {
    case file(String)
    case pipeline(String)
    case url(String)

    /// The unambiguous meaning of an operand; nil for a bare word, which may be a table or a pipeline.
    init?(plain operand: String) {
        if DestinationURL(operand) != nil {
            self = .url(operand)
        } else if operand == "-" || operand.utf8.contains(UInt8(ascii: "/"))
            || ["json", "yaml", "yml"].contains(Paths.fileExtension(operand).lowercased())
        {
            self = .file(operand)
        } else {
            return nil
        }
    }

    /// An operand that must name a schema: in its unambiguous meaning, or a pipeline, or a file.
    init(_ operand: String, _ common: CommonOptions) throws {
        if let plain = SchemaSource(plain: operand) {
            self = plain
        } else if Spool(dataDirectory: common.dataDirectory, pipeline: operand)?.exists ?? false {
            self = .pipeline(operand)
        } else if Files.exists(operand) {
            self = .file(operand)
        } else {
            throw ProgramError(
                .noInput,
                "unable to find a schema called '\(DestinationURL.masked(operand))': it is neither a pipeline nor a file nor a URL",
                hint: NearestWord.of(operand, among: (try? Spool.pipelines(dataDirectory: common.dataDirectory)) ?? [])
                    .map { "did you mean the pipeline \($0)?" } ?? "`dlt-schema list` lists the schemas of pipelines")
        }
    }
}

/// Options that choose among the schemas of a place.
struct SchemaOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Name of the schema, if there are several.", valueName: "name"))
    var schemaName: String?

    @Option(help: ArgumentHelp("Name of the dataset at a URL.", valueName: "name"))
    var dataset: String?

    @Flag(help: "Include the changes of waiting packages of the pipeline.")
    var pending = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    /// The schema of an operand, or else of the chosen pipeline.
    func schema(_ operand: String?) throws -> Schema {
        guard let operand else { return try committed(common.spool()) }
        switch try SchemaSource(operand, common) {
        case .file(let path):
            if let error = DatabaseFile.misnamed(path, command: "name it by its URL:") { throw error }
            return try SchemaFile(path).schema(fallback: schemaName ?? common.pipelineName)
        case .pipeline(let name):
            guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: name) else {
                throw ProgramError(.usage, "unable to use pipeline '\(name)'")
            }
            return try committed(spool)
        case .url(let url): return try stored(url)
        }
    }

    func committed(_ spool: Spool) throws -> Schema {
        let name = try schemaName ?? spool.mainSchemaName()
        let base = pending ? try spool.base(schema: name).schema : try spool.committedSchema(name)
        if let base { return base }
        if let waiting = try spool.base(schema: name).schema {
            common.messages.note("'\(name)' has not been loaded yet; this is the schema of its waiting packages")
            return waiting
        }
        let known = try spool.committedSchemaNames()
        throw ProgramError(
            .noInput, "unable to find schema '\(name)' in pipeline '\(spool.pipeline)'",
            hint: known.isEmpty
                ? "nothing has been loaded or normalized yet" : "there are: \(known.joined(separator: ", "))")
    }

    private func stored(_ url: String) throws -> Schema {
        // Any name works: it only decides the name of an unnamed dataset.
        let pipeline = common.pipelineName ?? schemaName ?? (try? common.spool().pipeline) ?? "dlt"
        let destination = try Connection.openForReading(
            url, dataset: dataset, pipeline: pipeline, dataDirectory: common.dataDirectory)
        let session = try destination.open(.read)
        defer { session.abandon() }
        if let path = Connection.missingFile(of: destination) {
            throw ProgramError(
                .noInput, "unable to find a schema at \(destination.location): there is no file \(path)",
                hint: "check the path; a relative path starts at the current folder: sqlite:///file.db")
        }
        let place = "\(destination.location)\(destination.dataset.isEmpty ? "" : ", dataset \(destination.dataset)")"
        let name = try chosenName(session.dataset, pipeline, place)
        guard let schema = try session.dataset.newestSchema(name, .standard) else {
            let known = try names(session.dataset)
            throw ProgramError(
                .noInput, "unable to find schema '\(name)' at \(place)",
                hint: known.isEmpty ? "there is none; --dataset names another dataset" : "there are: \(list(known))")
        }
        return schema.schema
    }

    /// The named schema, that of the pipeline, or the only one.
    private func chosenName(_ dataset: DatasetView, _ pipeline: String, _ place: String) throws -> String {
        if let schemaName { return schemaName }
        if let state = try dataset.newestState(pipeline, .standard)?.state,
            let name = state.document["default_schema_name"]?.stringValue ?? state.schemaNames.first
        {
            return name
        }
        if common.pipelineName != nil { return pipeline }
        let known = try names(dataset)
        if known.count == 1 { return known[0] }
        if known.isEmpty || known.contains(pipeline) { return pipeline }
        throw ProgramError(
            .usage, "unable to choose a schema at \(place): there are \(list(known))",
            hint: "choose with --schema-name \(ShellWord.quoted(known[0]))")
    }

    private func names(_ dataset: DatasetView) throws -> [String] {
        var names: [String] = []
        for version in try dataset.schemaVersions(.standard) where !names.contains(version.schema.name) {
            names.append(version.schema.name)
        }
        return names
    }

    private func list(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}
