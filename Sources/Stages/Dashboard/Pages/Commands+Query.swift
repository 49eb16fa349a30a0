import Failures
import LoadPackages

extension Commands {
    /// A query of the pipeline's dataset.
    static func query(_ pipeline: PipelineFacts, _ sql: String, isExplained: Bool) -> String {
        if pipeline.isDatasetOnly {
            return ShellWord.command(
                ["dlt-query", pipeline.home.destination ?? "URL", sql, "--dataset", pipeline.home.dataset ?? ""]
                    + (isExplained ? ["--explain"] : []))
        }
        return ShellWord.command(
            ["dlt-query", pipeline.name, sql] + (isExplained ? ["--explain"] : [])
                + (pipeline.dataDirectoryOption.map { ["--data-dir", $0] } ?? []))
    }
}
