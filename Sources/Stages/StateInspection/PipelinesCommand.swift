import ArgumentParser
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport

/// Lists the pipelines in the spool.
struct PipelinesCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipelines", abstract: "List pipelines with homes, packages and last load.")

    static let examples = [
        "dlt-state pipelines",
        "dlt-state pipelines --json | jq -r .pipeline",
    ]

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        var report = Report(
            "pipeline", "home", "dataset", "waiting", "failed", "last load",
            shrinking: ["home", "pipeline", "dataset"], dropping: ["dataset"])
        for name in try Spool.pipelines(dataDirectory: common.dataDirectory) {
            if let asked = common.pipelineName, asked != name { continue }
            guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: name) else { continue }
            let home = try spool.home()
            let waiting = try spool.packages(.waiting).count
            let failed = try spool.packages(.failed).count
            let last = try spool.packages(.loaded).last
            var object: JSONObject = ["pipeline": .string(name)]
            object["home"] = home.destination.map { .string($0) } ?? .null
            object["dataset"] = home.dataset.map { .string($0) } ?? .null
            object["waiting"] = .integer(waiting)
            object["failed"] = .integer(failed)
            object["last_load_id"] = last.map { .string($0.text) } ?? .null
            object["last_load"] = last.map { .string($0.time) } ?? .null
            report.add(
                [name, home.destination ?? "", home.dataset ?? "", String(waiting), String(failed), last?.time ?? ""],
                object)
        }
        if report.isEmpty { common.messages.note("there are no pipelines in \(common.dataDirectory)") }
        try report.print(json: output.json)
    }
}
