package import JSONText

/// The lines that normalize prints for load: RUN, a PACKAGE for each package, END.
package enum PackageLine: Sendable, Equatable {
    /// A run has begun; repeated, with pipelines, before publishing packages that the destination may refuse.
    case run(id: String, pipelines: [Pipeline] = [])
    /// A package to load. One with `waited` comes from an earlier run than the one that names it.
    case package(
        loadID: String, path: String, pipeline: String, rows: Int, waited: Bool = false, run: String? = nil)
    /// The worst status of normalize and of the extract before it, the program that it belongs to, and the pipelines of
    /// the run.
    case end(exitStatus: Int, program: String? = nil, pipelines: [Pipeline] = [], run: String? = nil)

    package struct Pipeline: Sendable, Equatable {
        package var name: String
        /// Whether the name comes from the source, and not from the user.
        package var isUnnamed: Bool

        package init(name: String, isUnnamed: Bool) {
            self.name = name
            self.isUnnamed = isUnnamed
        }
    }

    package var message: JSONValue {
        switch self {
        case .run(let id, let pipelines):
            PackageLine.object(["type": "RUN", "run": .string(id)], PackageLine.member(pipelines))
        case .package(let loadID, let path, let pipeline, let rows, let waited, let run):
            PackageLine.object(
                [
                    "type": "PACKAGE", "load_id": .string(loadID), "path": .string(path), "pipeline": .string(pipeline),
                    "rows": .integer(rows),
                ], waited ? ("waited", true) : nil, run.map { ("run", .string($0)) })
        case .end(let status, let program, let pipelines, let run):
            PackageLine.object(
                ["type": "END", "exit_status": .integer(status)],
                program.map { ("program", .string($0)) }, PackageLine.member(pipelines),
                run.map { ("run", .string($0)) })
        }
    }

    /// nil when the line is none of these.
    package init?(message: JSONValue) {
        switch message["type"]?.stringValue {
        case "RUN":
            self = .run(id: message["run"]?.stringValue ?? "", pipelines: PackageLine.pipelines(message))
        case "PACKAGE":
            guard let path = message["path"]?.stringValue else { return nil }
            self = .package(
                loadID: message["load_id"]?.stringValue ?? "", path: path,
                pipeline: message["pipeline"]?.stringValue ?? "", rows: message["rows"]?.intValue ?? 0,
                waited: message["waited"]?.boolValue ?? false, run: message["run"]?.stringValue)
        case "END":
            guard let status = message["exit_status"]?.intValue else { return nil }
            self = .end(
                exitStatus: status, program: message["program"]?.stringValue,
                pipelines: PackageLine.pipelines(message), run: message["run"]?.stringValue)
        default: return nil
        }
    }

    private static func member(_ pipelines: [Pipeline]) -> (name: String, value: JSONValue)? {
        if pipelines.isEmpty { return nil }
        let items = pipelines.map { object(["name": .string($0.name)], $0.isUnnamed ? ("unnamed", true) : nil) }
        return ("pipelines", .array(items))
    }

    private static func pipelines(_ message: JSONValue) -> [Pipeline] {
        (message["pipelines"]?.arrayValue ?? []).compactMap { pipeline in
            pipeline["name"]?.stringValue.map {
                Pipeline(name: $0, isUnnamed: pipeline["unnamed"]?.boolValue ?? false)
            }
        }
    }

    private static func object(_ members: JSONObject, _ more: (name: String, value: JSONValue)?...) -> JSONValue {
        var members = members
        for case (let name, let value)? in more { members[name] = value }
        return .object(members)
    }
}
