import ArgumentParser
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import RunJournals
import SystemIO

/// Shows one run.
struct RunCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Show one run: its programs, tables, messages and error.")

    static let examples = ["dlt-state run 20261201-104205123-9b80c3", "dlt-state run 9b80c3 --json"]

    @Argument(help: ArgumentHelp("Id of the run, or at least 4 characters of its beginning or end.", valueName: "run"))
    var name: String

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let (id, place) = try RunChoice(common).run(named: name)
        guard let run = try place.reader.run(id) else {
            throw ProgramError(
                .noInput, "unable to read run \(id): its journal has no line that can be read",
                hint: "its folder is \(place.reader.folder.folder(of: id))")
        }
        let now = Clock.nowMicroseconds()
        let next = RunContinuation(run, place.spool)
        if output.json {
            var document = run.document(pipeline: place.spool?.pipeline, now: now)
            document["command"] = .string(run.command)
            document["next"] = next.command.map { .string($0) }
            return try Output.write(.object(document), json: true)
        }
        try show(run, place, next, now)
        try showPrograms(run, now)
        try showTables(run)
        try showNotices(run)
    }

    private func show(_ run: RecordedRun, _ place: RunChoice.Place, _ next: RunContinuation, _ now: Int64) throws {
        var facts = [["run", run.id.text]]
        if let spool = place.spool { facts.append(["pipeline", spool.pipeline]) }
        facts.append(["outcome", run.outcome.rawValue + (run.status.map { ", status \($0)" } ?? "")])
        if let began = run.began { facts.append(["began", Times.text(microseconds: began) + " UTC"]) }
        if let seconds = run.seconds(now: now) {
            facts.append(["took", NumberText.duration(seconds: seconds)])
        }
        if let key = run.runKey { facts.append(["run key", key]) }
        if let culprit = run.culprit { facts.append(["failed in", culprit.name]) }
        if let error = run.error { facts.append(["error", error]) }
        if let hint = run.hint { facts.append(["hint", hint]) }
        facts.append(["command", run.command])
        if let command = next.command, command != run.command { facts.append(["next", command]) }
        facts.append(["journal", place.reader.folder.folder(of: run.id)])
        try Output.write(facts: facts)
    }

    private func showPrograms(_ run: RecordedRun, _ now: Int64) throws {
        var table = TextTable(header: ["program", "outcome", "status", "took", "processor", "memory", "host", "pid"])
        table.rows = run.programs.map { program in
            let took =
                program.end.map(\.seconds)
                ?? program.start.map {
                    Double((program.outcome == .running ? now : program.latest ?? $0.at) - $0.at) / 1e6
                }
            return [
                program.name, program.outcome.rawValue, program.end.map { String($0.status) } ?? "",
                took.map { NumberText.duration(seconds: $0) } ?? "",
                program.end.map { NumberText.duration(seconds: $0.cpu) } ?? "",
                program.end?.memory.map { NumberText.bytes(Int64($0)) } ?? "", program.start?.process.host ?? "",
                program.start.map { String($0.process.number) } ?? "",
            ]
        }
        try Output.write(
            "\n" + table.text(fitting: Output.columns.map { .init(columns: $0, shrinking: [6], dropping: [7, 6]) }))
        for program in run.programs {
            let words = program.end?.summary ?? program.progress?.activity
            if let words { try Output.write(Terminal.harmless("\(program.name): \(words)\n")) }
        }
    }

    private func showTables(_ run: RecordedRun) throws {
        // What was loaded; or, when it did not come to that, what was made.
        guard let program = run.programs.last(where: { !$0.tables.isEmpty }) else { return }
        var table = TextTable(header: ["table", "rows", "took", "changed"])
        table.rows = program.tables.map { line in
            var changes: [String] = line.isNew ? ["new"] : []
            if !line.newColumns.isEmpty { changes.append("new columns " + line.newColumns.joined(separator: ", ")) }
            if line.removed > 0 { changes.append("\(NumberText.rows(line.removed)) removed") }
            if line.updated > 0 { changes.append("\(NumberText.rows(line.updated)) updated") }
            return [
                line.table, NumberText.count(line.rows),
                line.seconds.map { NumberText.duration(seconds: $0) } ?? "",
                changes.joined(separator: "; "),
            ]
        }
        try Output.write(
            "\n" + table.text(fitting: Output.columns.map { .init(columns: $0, shrinking: [0], wrapsLast: true) }))
        let packages = run.programs.last { !$0.packages.isEmpty }?.packages ?? []
        for package in packages {
            let place = package.destination.map { " (\($0))" } ?? ""
            try Output.write(Terminal.harmless("package \(package.loadID): \(package.outcome.rawValue)\(place)\n"))
        }
    }

    /// Messages; the events of the schema are in the JSON.
    private func showNotices(_ run: RecordedRun) throws {
        var isFirst = true
        for program in run.programs {
            for notice in program.notices where notice.level != .event && !notice.message.isEmpty {
                let level = notice.level == .warning || notice.level == .error ? "\(notice.level.rawValue): " : ""
                let text =
                    "\(program.name): \(level)\(notice.message)\n" + (notice.hint.map { "  hint: \($0)\n" } ?? "")
                try Output.write((isFirst ? "\n" : "") + Terminal.harmless(text))
                isFirst = false
            }
        }
    }
}

/// The command that goes on where a run has stopped.
struct RunContinuation {
    /// nil where there is nothing left to do, or it cannot be said.
    let command: String?

    init(_ run: RecordedRun, _ spool: Spool?) {
        guard run.outcome == .failed || run.outcome == .interrupted else {
            command = nil
            return
        }
        let made = run.programs.flatMap(\.packages).map(\.loadID)
        let waiting = spool.flatMap { try? $0.packages(.waiting) } ?? []
        let destination = run.programs.lazy.compactMap { $0.start?.destination }.first
        if let spool, waiting.contains(where: { made.contains($0.text) }) {
            // A password is not known here; who left it out knows where else it is kept.
            let place = destination?.replacing(":***@", with: "@") ?? "URL"
            command = ShellWord.command(["dlt-load", place, "--pending", "--pipeline", spool.pipeline])
        } else {
            // What was hidden or cut has to be known to run it again.
            let isWhole = !run.command.isEmpty && !run.command.contains("***") && !run.command.contains("…")
            command = !isWhole || run.programs.contains { $0.stage == .change } ? nil : run.command
        }
    }
}
