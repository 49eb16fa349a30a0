import JSONText
package import LoadPackages
import PipelineStates
package import ProgramSupport

extension CommonOptions {
    /// The pipeline: the named one, or the only one there is.
    ///
    /// - Parameter mayBeNew: whether to accept a name that has no folder yet.
    package func spool(mayBeNew: Bool = false) throws -> Spool {
        let known = try Spool.pipelines(dataDirectory: dataDirectory)
        guard let name = pipelineName ?? (known.count == 1 ? known.first : nil) else {
            throw known.isEmpty
                ? ProgramError(
                    .noInput, "unable to choose a pipeline: there is none in \(dataDirectory)",
                    hint: mayBeNew
                        ? "name it with --pipeline" : "name the folder with --data-dir, or run dlt-normalize first")
                : ProgramError(
                    .usage, "unable to choose a pipeline: there are \(known.count)",
                    hint: "add --pipeline with one of: \(PipelineNames.some(of: known))")
        }
        guard let spool = Spool(dataDirectory: dataDirectory, pipeline: name) else {
            throw ProgramError(.usage, "unable to use pipeline '\(name)': this cannot be the name of a folder")
        }
        guard mayBeNew || spool.exists else {
            throw ProgramError(
                .noInput, "unable to find pipeline '\(name)' in \(dataDirectory)",
                hint: known.isEmpty
                    ? "there are no pipelines; check --data-dir"
                    : NearestWord.of(name, among: known).map { "did you mean \($0)?" }
                        ?? "there are: \(PipelineNames.some(of: known))")
        }
        return spool.reportingWaits { [messages = messages] in messages.note($0) }
    }
}

enum PipelineNames {
    /// At most ten: a screen of names does not help.
    static func some(of names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}

extension Spool {
    /// The schema that state belongs to: the pipeline's default one, or the only one there is.
    package func mainSchemaName() throws -> String {
        if let name = try committedState().document["default_schema_name"]?.stringValue { return name }
        let names = try committedSchemaNames()
        if let name = names.first, names.count == 1 { return name }
        if let last = try packages(.waiting).last { return try manifest(of: last, in: .waiting).schemaName }
        return names.contains(pipeline) ? pipeline : names.first ?? pipeline
    }
}
