package import JSONText

/// The lines that normalize prints for load: RUN, a PACKAGE for each package, END.
package enum PackageLine: Sendable, Equatable {
    case run(id: String)
    case package(loadID: String, path: String, pipeline: String, rows: Int)
    /// The worst status of normalize and of the extract before it, and which of them it is of.
    case end(exitStatus: Int, program: String? = nil)

    package var message: JSONValue {
        switch self {
        case .run(let id): ["type": "RUN", "run": .string(id)]
        case .package(let loadID, let path, let pipeline, let rows):
            [
                "type": "PACKAGE", "load_id": .string(loadID), "path": .string(path), "pipeline": .string(pipeline),
                "rows": .integer(rows),
            ]
        case .end(let status, let program):
            program.map { ["type": "END", "exit_status": .integer(status), "program": .string($0)] }
                ?? ["type": "END", "exit_status": .integer(status)]
        }
    }

    /// nil when the line is none of these.
    package init?(message: JSONValue) {
        switch message["type"]?.stringValue {
        case "RUN": self = .run(id: message["run"]?.stringValue ?? "")
        case "PACKAGE":
            guard let path = message["path"]?.stringValue else { return nil }
            self = .package(
                loadID: message["load_id"]?.stringValue ?? "", path: path,
                pipeline: message["pipeline"]?.stringValue ?? "", rows: message["rows"]?.intValue ?? 0)
        case "END":
            guard let status = message["exit_status"]?.intValue else { return nil }
            self = .end(exitStatus: status, program: message["program"]?.stringValue)
        default: return nil
        }
    }
}
