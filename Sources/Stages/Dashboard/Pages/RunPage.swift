import Failures
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RunJournals
import SystemIO

/// One run: what its programs did, one beside the other, and why it ended as it did.
struct RunPage {
    private let run: RecordedRun
    private let route: Route
    private let pipeline: PipelineFacts?
    private let links: Links

    /// - Parameter pipeline: nil for a run that ended before anybody knew its pipeline.
    init(_ route: Route, _ text: String, _ pipeline: PipelineFacts?, _ reader: JournalReader, _ links: Links) throws {
        guard let id = RunID(text), let run = try reader.run(id, .full) else { throw PageMissing() }
        self.run = run
        self.route = route
        self.pipeline = pipeline
        self.links = links
    }

    func page() -> Page {
        let now = Clock.nowMicroseconds()
        var body = trouble + facts(now)
        body += Panel.section("Programs", id: "programs", StageChart(run, now: now).html + programs)
        body += packages + tables + notices
        return Page(
            route: route, title: title, trail: pipeline?.trail ?? [("Overview", .overview)],
            status: .health(run.outcome.health, run.outcome == .done ? "done" : nil), body: body,
            json: .object(RunObject.make(run, detailed: true)))
    }

    private var title: String { "Run of \(run.began.map { TimeText.utc($0) } ?? run.id.text)" }

    private var trouble: HTML {
        switch run.outcome {
        case .failed:
            let stage = run.culprit?.stage.rawValue ?? "a program"
            return Panel.notice(
                .failed, title: "\(stage) failed\(run.status.map { " with status \($0)" } ?? "")",
                HTML(run.error ?? "It did not say why."), hint: run.hint)
        case .interrupted:
            return Panel.notice(
                .interrupted, title: "It was interrupted",
                """
                \(run.culprit?.stage.rawValue ?? "A program") ended without a word: it was killed, or the machine stopped. \
                Nothing is lost; running the pipe again goes on from where it was.
                """)
        case .unknown:
            return Panel.notice(
                .unknown, title: "Whether it goes on is unknown",
                "It has no end, and ran on another machine, in another container, or before this one was started anew.")
        case .running, .done: return ""
        }
    }

    private func facts(_ now: Int64) -> HTML {
        Panel.facts([
            ("Began", run.began.map { HTML.age($0) }),
            ("Took", run.seconds(now: now).map { HTML(NumberText.duration(seconds: $0)) }),
            ("Records", run.records.map { HTML(NumberText.count($0)) }),
            ("Rows", run.rows.map { HTML(NumberText.count($0)) }),
            ("Status", run.status.map { HTML(String($0)) }),
            ("Run key", run.runKey.map { "<code>\(HTML.clipped($0, to: 60))</code>" }),
            ("Run", "<code>\(run.id.text)</code>"),
        ])
    }

    private var programs: HTML {
        var table = DataTable(
            caption: "The programs of the run",
            columns: [
                .init(title: "Program", isHead: true), .init(title: "Outcome"),
                .init(title: "Processor time", isNumber: true),
                .init(title: "Memory", isNumber: true), .init(title: "In a sentence"),
            ])
        table.rows = run.programs.map { program in
            let health = HTML.health(
                program.outcome.health,
                program.outcome == .done
                    ? "done" : program.outcome == .failed ? "status \(program.end?.status ?? 0)" : nil)
            return [
                "<code>\(program.start?.program ?? program.stage.rawValue)</code>", health,
                program.end.map { HTML(NumberText.duration(seconds: $0.cpu)) } ?? "",
                program.end?.memory.map { HTML(NumberText.bytes(Int64($0))) } ?? "",
                (program.end?.summary ?? program.progress?.activity).map { HTML.clipped($0, to: 200) } ?? "",
            ]
        }
        var commands = HTML()
        for program in run.programs {
            guard let start = program.start, !start.arguments.isEmpty else { continue }
            commands += HTML.command(ShellWord.command([start.program] + start.arguments))
        }
        let calls: HTML =
            commands.isEmpty ? "" : "<details><summary>How they were called</summary>\(commands)</details>"
        return table.html + calls
    }

    private var packages: HTML {
        var table = DataTable(
            caption: "Load packages of the run",
            columns: [
                .init(title: "Package", isHead: true), .init(title: "What became of it"),
                .init(title: "Rows", isNumber: true),
                .init(title: "Where"),
            ])
        for program in run.programs {
            for package in program.packages {
                let id = LoadID(package.loadID)
                let name: HTML
                if let id, let pipeline, pipeline.place(of: id) != nil {
                    name = "<a href=\"\(links(.package(pipeline.name, id)))\">\(TimeText.utc(id.microseconds))</a>"
                } else {
                    name = "<code>\(HTML.clipped(package.loadID, to: 60))</code>"
                }
                table.rows.append([
                    name, HTML(package.outcome.rawValue), HTML(NumberText.count(package.rows)),
                    package.destination.map { "<code class=\"quiet\">\(HTML.clipped($0, to: 60))</code>" } ?? "",
                ])
            }
        }
        return table.rows.isEmpty ? "" : Panel.section("Packages", id: "packages", table.html)
    }

    private var tables: HTML {
        guard let program = run.programs.last(where: { !$0.tables.isEmpty }) else { return "" }
        var table = DataTable(
            caption: "Tables of the run",
            columns: [
                .init(title: "Table", isHead: true), .init(title: "Rows", isNumber: true), .init(title: "What is new"),
            ])
        table.rows = program.tables.prefix(500).map { line in
            let columns = line.newColumns.prefix(8).map { "<code>\(HTML.clipped($0, to: 40))</code>" as HTML }
            let news: HTML =
                line.isNew
                ? "<span class=\"tag\">the table</span>"
                : columns.joined(", ") + (line.newColumns.count > 8 ? " and \(line.newColumns.count - 8) more" : "")
            return ["<code>\(HTML.clipped(line.table, to: 80))</code>", HTML(NumberText.count(line.rows)), news]
        }
        return Panel.section("Tables", id: "tables", table.html)
    }

    private var notices: HTML {
        var items = HTML()
        var count = 0
        for program in run.programs {
            for notice in program.notices where notice.level != .summary && count < 500 {
                count += 1
                let health: Health =
                    switch notice.level {
                    case .error: .failed
                    case .warning: .waiting
                    case .note, .hint, .summary, .event: .unknown
                    }
                let event = notice.message.isEmpty ? notice.event : nil
                let message: HTML = event == nil ? " \(HTML.clipped(notice.message, to: 600))" : ""
                items += """
                    <li class="event is-\(health.key)" data-row><time datetime="\(TimeText.machine(notice.at))">\
                    \(TimeText.clock(notice.at))</time><div><p>\(HTML.health(health, notice.level.rawValue)) \
                    <span class="quiet">\(program.stage.rawValue)</span>\(message)</p>\(event.map { EventWords.html($0) })\
                    \(notice.hint.map { "<p class=\"hint\">\($0)</p>" as HTML })</div></li>
                    """
            }
        }
        return items.isEmpty ? "" : Panel.section("What they said", id: "notices", "<ol class=\"events\">\(items)</ol>")
    }
}

/// A run as data.
enum RunObject {
    static func make(_ run: RecordedRun, detailed: Bool) -> JSONObject {
        var object: JSONObject = [
            "run": .string(run.id.text), "outcome": .string(run.outcome.rawValue),
        ]
        object["began"] = run.began.map { .string(TimeText.machine($0)) }
        object["ended"] = run.ended.map { .string(TimeText.machine($0)) }
        object["status"] = run.status.map { .integer($0) }
        object["failed_stage"] = run.culprit.map { .string($0.stage.rawValue) }
        object["error"] = run.error.map { .string($0) }
        object["hint"] = run.hint.map { .string($0) }
        object["records"] = run.records.map { .integer($0) }
        object["rows"] = run.rows.map { .integer($0) }
        object["run_key"] = run.runKey.map { .string($0) }
        object["packages"] = .strings(run.loadIDs.map(\.text))
        guard detailed else { return object }
        object["programs"] = .array(
            run.programs.map { program in
                var one: JSONObject = [
                    "stage": .string(program.stage.rawValue), "outcome": .string(program.outcome.rawValue),
                ]
                one["start"] = program.start.map { .object(JournalLine.start($0).document) }
                one["progress"] = program.progress.map { .object(JournalLine.progress($0).document) }
                one["notices"] = .array(program.notices.map { .object(JournalLine.notice($0).document) })
                one["packages"] = .array(program.packages.map { .object(JournalLine.package($0).document) })
                one["tables"] = .array(program.tables.map { .object(JournalLine.table($0).document) })
                one["end"] = program.end.map { .object(JournalLine.end($0).document) }
                return .object(one)
            })
        return object
    }
}
