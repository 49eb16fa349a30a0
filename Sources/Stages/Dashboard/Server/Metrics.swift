import LoadPackages
import RunJournals

/// What Prometheus and its kin ask for (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct Metrics {
    private let catalog: Catalog

    init(_ catalog: Catalog) { self.catalog = catalog }

    func text() -> String {
        let pipelines = (try? catalog.pipelines().sorted { $0.name < $1.name }) ?? []
        var text = ""
        func family(_ name: String, _ help: String, _ value: (PipelineFacts) -> String?) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
            for pipeline in pipelines {
                guard let value = value(pipeline) else { continue }
                text += "\(name){pipeline=\"\(Self.label(pipeline.name))\"} \(value)\n"
            }
        }
        family("dlt_packages_waiting", "Load packages that wait to be loaded.") { String($0.waiting.count) }
        family("dlt_packages_failed", "Load packages that failed for good.") { String($0.failed.count) }
        family("dlt_packages_loaded", "Load packages in the spool that were loaded.") { String($0.loaded.count) }
        family("dlt_last_load_timestamp_seconds", "When the newest loaded package was begun.") {
            $0.lastLoad.map { String($0.microseconds / 1_000_000) }
        }
        family("dlt_oldest_waiting_timestamp_seconds", "When the oldest waiting package was begun.") {
            $0.waiting.first.map { String($0.microseconds / 1_000_000) }
        }
        family("dlt_last_load_rows", "Rows of the newest loaded package.") { pipeline in
            pipeline.lastLoad.flatMap { self.catalog.memory.facts($0, in: .loaded, of: pipeline.spool) }.map {
                String($0.rows)
            }
        }
        family("dlt_last_run_timestamp_seconds", "When the newest run began.") {
            $0.lastRun?.began.map { String($0 / 1_000_000) }
        }
        family("dlt_last_run_status", "Exit status of the newest run.") { $0.lastRun?.status.map { String($0) } }
        family("dlt_running", "1 while a run goes on.") { $0.lastRun?.outcome == .running ? "1" : "0" }
        family("dlt_healthy", "1 when nothing has failed.") { $0.health == .failed ? "0" : "1" }
        return text
    }

    static func label(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
