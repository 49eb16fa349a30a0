import ArgumentParser
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import RunJournals
import SystemIO

/// Lists runs.
struct RunsCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List runs, the newest last, and the reasons of failures.",
        discussion: """
            A run is one call of a whole pipe. Without --pipeline the runs of all pipelines are listed. "interrupted" means that a \
            signal or a crash ended the run; "unknown", that it ran on another machine and has no end.
            """)

    static let examples = [
        "dlt-state runs",
        "dlt-state runs --failed --pipeline github",
        "dlt-state runs --json | jq -r .error",
    ]

    @Flag(help: "List only runs that failed or were interrupted.") var failed = false

    @Option(help: ArgumentHelp("List at most N runs, the newest.", valueName: "n")) var limit = 20

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("'--limit' takes a positive number.") }
    }

    func run() throws {
        let now = Clock.nowMicroseconds()
        let all = try RunChoice(common).runs()
        var chosen: [(run: RecordedRun, pipeline: String?)] = []
        for (id, place) in all where chosen.count < limit {
            guard let run = try place.reader.run(id, .summary) else { continue }
            if failed, run.outcome != .failed, run.outcome != .interrupted { continue }
            chosen.append((run, place.spool?.pipeline))
        }
        var report = Report(
            "run", "began", "pipeline", "outcome", "took", "records", "rows", shrinking: ["pipeline"])
        for (run, pipeline) in chosen.reversed() {
            report.add(
                [
                    String(run.id.text.suffix(6)), run.began.map { Times.text(microseconds: $0) } ?? "",
                    pipeline ?? "", run.outcome.rawValue,
                    run.seconds(now: now).map { NumberText.duration(seconds: $0) } ?? "",
                    run.records.map { NumberText.count($0) } ?? "", run.rows.map { NumberText.count($0) } ?? "",
                ], run.summary(pipeline: pipeline, now: now))
        }
        if report.isEmpty {
            common.messages.note("there are no \(failed ? "failed runs" : "runs") in \(common.dataDirectory)")
        }
        try report.print(json: output.json)
        if !output.json { for (run, _) in chosen.reversed() { try tellReason(run) } }
        if !failed, all.count > chosen.count, chosen.count == limit {
            common.messages.hint("these are \(limit) of \(NumberText.count(all.count)); --limit N lists more")
        }
    }

    /// Below the table: sentences do not fit into a column.
    private func tellReason(_ run: RecordedRun) throws {
        guard let culprit = run.culprit else { return }
        let words = culprit.outcome == .interrupted ? "was interrupted" : "failed"
        let reason = run.error ?? run.status.map { "status \($0)" } ?? "it told no end"
        try Output.write(
            Terminal.harmless("\n\(run.id.text.suffix(6)): \(culprit.name) \(words): \(reason)\n")
                + (run.hint.map { Terminal.harmless("  hint: \($0)\n") } ?? ""))
    }
}
