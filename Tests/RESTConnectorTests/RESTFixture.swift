import JSONText
import LoopbackServer
import SystemIO
import TestSupport

/// A folder with configurations, and the programs run in it.
struct RESTFixture {
    let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    var environment: [String: String] {
        ["DLT_DATA_DIR": folder.path("data"), "no_proxy": "*", "HOME": folder.path]
    }

    struct Read {
        let result: ProgramResult
        let messages: [JSONValue]

        func records(_ stream: String) -> [JSONValue] {
            messages.filter { $0["type"] == "RECORD" && $0["stream"] == .string(stream) }.compactMap { $0["record"] }
        }
        func ids(_ stream: String) -> [Int] { records(stream).compactMap { $0["id"]?.intValue } }
        var end: JSONValue? { messages.last }
        var status: Int32 { result.status }
    }

    /// Runs dlt-extract rest with a configuration, by default of the YAML kind.
    func extract(
        _ configuration: String, _ arguments: String..., name: String = "api.yaml",
        environment more: [String: String] = [:]
    ) throws -> Read {
        try extract(configuration, arguments, name: name, environment: more)
    }

    func extract(
        _ configuration: String, _ arguments: [String], name: String = "api.yaml",
        environment more: [String: String] = [:]
    ) throws -> Read {
        try folder.write(name, configuration)
        let result = try run(
            program: "dlt-extract", arguments: ["rest", name] + arguments,
            environment: environment.merging(more) { $1 }, currentDirectory: folder.path)
        return Read(result: result, messages: result.lines.compactMap { try? JSONValue(parsing: $0) })
    }

    /// Runs the whole pipe into x.db.
    func pipe(_ arguments: String, environment more: [String: String] = [:]) throws -> ProgramResult {
        try runShell(
            "dlt-extract rest \(arguments) | dlt-normalize | dlt-load sqlite:///x.db",
            environment: environment.merging(more) { $1 }, currentDirectory: folder.path, timeoutSeconds: 120)
    }
}
