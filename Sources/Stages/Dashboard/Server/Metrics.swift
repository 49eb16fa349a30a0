import LoadPackages
import RunJournals

/// What Prometheus and its kin ask for (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct Metrics {
    private let catalogs: [Catalog]

    init(_ catalogs: [Catalog]) { self.catalogs = catalogs }

    func text() -> String {
        let pipelines = catalogs.flatMap { catalog in
            ((try? catalog.pipelines()) ?? []).sorted { $0.name < $1.name }.map { (catalog: catalog, pipeline: $0) }
        }
        var text = ""
        func family(_ name: String, _ help: String, _ value: (Catalog, PipelineFacts) -> String?) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
            for (catalog, pipeline) in pipelines {
                guard let value = value(catalog, pipeline) else { continue }
                // Two data directories may have pipelines of the same name.
                let directory =
                    catalogs.count > 1 ? ",data_dir=\"\(Self.label(catalog.dataDirectory))\"" : ""
                text += "\(name){pipeline=\"\(Self.label(pipeline.name))\"\(directory)} \(value)\n"
            }
        }
        func spoolFamily(_ name: String, _ help: String, _ value: (Catalog, PipelineFacts) -> String?) {
            if catalogs.contains(where: { $0.database == nil }) { family(name, help, value) }
        }
        spoolFamily("dlt_packages_waiting", "Load packages that wait to be loaded.") { String($1.waiting.count) }
        spoolFamily("dlt_packages_failed", "Load packages that failed for good.") { String($1.failed.count) }
        spoolFamily("dlt_packages_loaded", "Load packages in the spool that were loaded.") { String($1.loaded.count) }
        family("dlt_last_load_timestamp_seconds", "When the newest loaded package was begun.") {
            $1.lastLoad.map { String($0.microseconds / 1_000_000) }
        }
        spoolFamily("dlt_oldest_waiting_timestamp_seconds", "When the oldest waiting package was begun.") {
            $1.waiting.first.map { String($0.microseconds / 1_000_000) }
        }
        spoolFamily("dlt_last_load_rows", "Rows of the newest loaded package.") { catalog, pipeline in
            pipeline.lastLoad.flatMap { catalog.memory.facts($0, in: .loaded, of: pipeline.spool) }.map {
                String($0.rows)
            }
        }
        spoolFamily("dlt_last_run_timestamp_seconds", "When the newest run began.") {
            $1.lastRun?.began.map { String($0 / 1_000_000) }
        }
        spoolFamily("dlt_last_run_status", "Exit status of the newest run.") { $1.lastRun?.status.map { String($0) } }
        spoolFamily("dlt_running", "1 while a run goes on.") { $1.lastRun?.outcome == .running ? "1" : "0" }
        family("dlt_healthy", "1 when nothing has failed.") {
            // Of a dataset that cannot be read now nothing is known.
            $1.dataset?.absence == nil ? ($1.health == .failed ? "0" : "1") : nil
        }
        return text
    }

    static func label(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
