import Failures
import JSONText
import LoadPackages
import Markup
import PipelineStates
import ProgramSupport
import RunJournals
import SystemIO

/// A pipeline's life in one stream: what was loaded, what waits, what has failed, and when its schema and state changed.
struct TimelinePage {
    private static let perPage = 50
    /// Of the charts, and of the grid below them.
    private static let columns = 60
    private static let gridColumns = 40

    private let catalog: Catalog
    private let pipeline: PipelineFacts
    private let links: Links
    private let question: Question

    init(_ catalog: Catalog, _ pipeline: PipelineFacts, _ links: Links, _ question: Question) {
        self.catalog = catalog
        self.pipeline = pipeline
        self.links = links
        self.question = question
    }

    private enum Filter: String, CaseIterable {
        case all, failed, waiting, schema, state

        var word: String {
            switch self {
            case .all: "All"
            case .schema: "Schema changes"
            case .state: "State changes"
            case .waiting: "Waiting"
            case .failed: "Not done"
            }
        }
    }

    private var filter: Filter { question["show"].flatMap(Filter.init(rawValue:)) ?? .all }
    /// Only what brought rows to it.
    private var table: String? { question["table"] }
    /// In microseconds.
    private var before: Int64? { question["before"].flatMap { Int64($0) } }

    func page() -> Page {
        let (entries, next, isPartial) = found()
        var body = HTML()
        if before == nil && filter == .all && table == nil {
            body += troubles() + charts()
        }
        body += timeline(entries, next, isPartial)
        return Page(
            route: .pipeline(pipeline.name), title: pipeline.name, trail: [("Overview", .overview)],
            status: .health(pipeline.health), lead: lead, body: body,
            json: .object(object(entries, next)))
    }

    // MARK: What happened

    private struct PackageEntry {
        let id: LoadID
        let place: Spool.Place
        let facts: PackageFacts?
        let reason: FailureReason?
    }

    private enum Entry {
        case package(PackageEntry)
        case run(RecordedRun, at: Int64)

        var at: Int64 {
            switch self {
            case .package(let entry): entry.id.microseconds
            case .run(_, let at): at
            }
        }
    }

    /// Entries of the page, and where the next one begins.
    private func found() -> ([Entry], next: Int64?, isPartial: Bool) {
        let limit = TimeLimit(milliseconds: 400)
        let (runs, bound) = runs(limit)
        // A run shows its packages itself.
        let shown = Set(runs.flatMap { $0.run.loadIDs })
        var entries = runs.map { Entry.run($0.run, at: $0.at) }
        var isPartial = false
        var end = bound
        let packages = pipeline.packages().drop { id, _ in before.map { id.microseconds >= $0 } ?? false }
        var count = 0
        for (id, place) in packages {
            if let bound, id.microseconds < bound { break }
            if count == Self.perPage { break }
            // A filter may have to pass over thousands: then the page says how far it has come.
            if limit.isOver {
                (isPartial, end) = (true, id.microseconds + 1)
                break
            }
            guard !shown.contains(id), passes(place) else { continue }
            let facts = catalog.memory.facts(id, in: place, of: pipeline.spool)
            if filter == .schema && facts?.changesSchema != true { continue }
            if filter == .state && facts?.changedState.isEmpty != false { continue }
            if let table, facts?.tables.contains(where: { $0.name == table && $0.rows > 0 }) != true { continue }
            count += 1
            entries.append(
                .package(
                    PackageEntry(
                        id: id, place: place, facts: facts,
                        reason: place == .failed ? pipeline.spool.failureReason(of: id) : nil)))
        }
        entries.sort { $0.at > $1.at }
        if entries.count > Self.perPage || count == Self.perPage {
            entries = Array(entries.prefix(Self.perPage))
            end = entries.last?.at
        }
        return (entries, end, isPartial)
    }

    private func passes(_ place: Spool.Place) -> Bool {
        switch filter {
        case .waiting: place == .waiting
        case .failed: place == .failed
        case .all, .schema, .state: true
        }
    }

    private func brings(_ run: RecordedRun, _ table: String) -> Bool {
        let packages = run.loadIDs.compactMap { id in
            pipeline.place(of: id).flatMap { catalog.memory.facts(id, in: $0, of: pipeline.spool) }
        }
        let tables = packages.isEmpty ? run.tables : packages.flatMap(\.tables)
        return tables.contains { $0.name == table && $0.rows > 0 }
    }

    /// Runs of the page, and, where there are more of them, the time of the last.
    private func runs(_ limit: TimeLimit) -> ([(run: RecordedRun, at: Int64)], bound: Int64?) {
        guard filter == .all || filter == .failed else { return ([], nil) }
        var runs: [(run: RecordedRun, at: Int64)] = []
        for id in pipeline.runs {
            if runs.count == Self.perPage || limit.isOver && !runs.isEmpty { return (runs, runs.last?.at) }
            if let before, let at = id.microseconds, at >= before { continue }
            guard let run = catalog.runs.run(id, pipeline.journal) else { continue }
            if filter == .failed && run.outcome == .done { continue }
            if let table, !brings(run, table) { continue }
            runs.append((run, id.microseconds ?? run.began ?? 0))
        }
        return (runs, nil)
    }

    // MARK: Above the timeline

    private var lead: HTML {
        var parts: [HTML] = []
        if let home = pipeline.home.destination {
            let dataset: HTML = pipeline.home.dataset.map { $0.isEmpty ? "" : ", dataset <code>\($0)</code>" } ?? ""
            parts.append("Loads into <code>\(HTML.clipped(home, to: 80))</code>\(dataset).")
        } else {
            parts.append("Has no home yet: nothing has been loaded.")
        }
        if let last = pipeline.lastLoad { parts.append("Last load \(HTML.age(last.microseconds)).") }
        return parts.joined(" ")
    }

    private func troubles() -> HTML {
        var notices = HTML()
        if let damage = pipeline.damage {
            notices += Panel.notice(.failed, title: "A file of the spool cannot be read", HTML(damage))
        }
        if let run = pipeline.lastRun, run.outcome == .failed || run.outcome == .interrupted {
            let word = run.outcome == .failed ? "failed" : "was interrupted"
            let stage = run.culprit?.stage.rawValue ?? "a program"
            notices += Panel.notice(
                run.outcome.health, title: "The last run \(word)",
                """
                <code>\(stage)</code>: \(Sentence.of(run.error ?? "it ended without a word")) \
                <a href="\(links(.run(pipeline.name, run.id.text)))">Look at the run</a>.
                """, hint: run.hint)
        }
        for id in pipeline.failed.suffix(3).reversed() {
            let reason = pipeline.spool.failureReason(of: id)
            notices += Panel.notice(
                .failed, title: "A package has failed",
                """
                \(Sentence.of(reason?.message ?? "Its reason was not noted")) <a href="\(links(.package(pipeline.name, id)))">Look at the package</a>.
                """,
                hint: reason?.hint, command: Commands.retry(pipeline, id))
        }
        if !pipeline.waiting.isEmpty {
            notices += Panel.notice(
                .waiting,
                title:
                    "\(NumberText.count(pipeline.waiting.count, of: "package")) \(pipeline.waiting.count == 1 ? "waits" : "wait") to be loaded",
                "The oldest was begun \(HTML.age(pipeline.waiting[0].microseconds)).",
                command: Commands.loadPending(pipeline))
        }
        return notices
    }

    // MARK: Charts

    private func link(_ column: LoadColumns.Column) -> String {
        switch column.subject {
        case .run(let id): links(.run(pipeline.name, id.text))
        case .package(let id): links(.package(pipeline.name, id))
        }
    }

    private func charts() -> HTML {
        let columns = LoadColumns(catalog, pipeline, count: Self.columns, limit: TimeLimit(milliseconds: 100)).columns
        guard columns.count > 1 else { return "" }
        let filtered = { (table: String) in links(.pipeline(pipeline.name), [("table", table)]) }
        let grid = LoadGrid(
            columns: columns.suffix(Self.gridColumns), link: link, tableLink: links.areFiles ? nil : filtered)
        return "<figure class=\"rows\">\(rowChart(columns))\(secondChart(columns))</figure>"
            + (grid.html.isEmpty ? "" : Panel.section("Rows by table", id: "grid", grid.html))
    }

    /// As many bars as there are, but few are not stretched over the page.
    private func places(_ columns: [LoadColumns.Column]) -> Int { max(columns.count, 24) }

    private func rowChart(_ columns: [LoadColumns.Column]) -> HTML {
        let done = columns.map { $0.health == .done ? $0.rows ?? 0 : nil }
        let usual = Usual(done.compactMap { $0 })
        let marks = Usual.unusual(done)
        let bars = zip(columns, marks).map { column, isUnusual in
            BarChart.Bar(
                value: column.rows ?? 0,
                label: """
                    \(column.rows.map { NumberText.rows($0) } ?? "no rows")\(isUnusual ? ", unusual" : ""), \
                    \(column.health.word), \(TimeText.utc(column.at))
                    """,
                link: link(column), health: isUnusual ? .waiting : column.health)
        }
        let unusual = marks.count { $0 }
        let total = columns.reduce(0) { $0 + ($1.rows ?? 0) }
        let words =
            "\(NumberText.rows(total)) in the last \(columns.count) runs, \(NumberText.count(usual.median)) as a rule"
        return """
            \(BarChart(bars: bars, width: 960, height: 96, summary: words, places: places(columns)).html)\
            <figcaption>\(words)\(unusual == 0 ? "" : "; \(NumberText.count(unusual, of: "marked bar")) outside of the usual" as HTML).</figcaption>
            """
    }

    private func secondChart(_ columns: [LoadColumns.Column]) -> HTML {
        let times = columns.map { column in column.health == .done ? column.seconds.map { Int($0 * 1000) } : nil }
        let known = times.compactMap { $0 }
        guard known.count > 1 else { return "" }
        let usual = Usual(known)
        let bars = zip(columns, Usual.unusual(times)).map { column, isUnusual in
            BarChart.Bar(
                value: column.seconds.map { Int($0 * 1000) } ?? 0,
                label: """
                    \(column.seconds.map { NumberText.duration(seconds: $0) } ?? "unknown")\(isUnusual ? ", unusual" : ""), \
                    \(TimeText.utc(column.at))
                    """,
                link: link(column), health: isUnusual ? .waiting : column.health)
        }
        let words = "Time of each run, \(NumberText.duration(seconds: Double(usual.median) / 1000)) as a rule"
        return """
            \(BarChart(bars: bars, width: 960, height: 48, summary: words, places: places(columns)).html)\
            <figcaption>\(words).</figcaption>
            """
    }

    // MARK: The timeline

    private func timeline(_ entries: [Entry], _ next: Int64?, _ isPartial: Bool) -> HTML {
        var chips = HTML()
        if !links.areFiles {
            let items = Filter.allCases.map { filter -> HTML in
                let query = (filter == .all ? [] : [("show", filter.rawValue)]) + (table.map { [("table", $0)] } ?? [])
                return """
                    <li><a href="\(links(.pipeline(pipeline.name), query))"\
                    \(filter == self.filter ? " aria-current=\"true\"" as HTML : "")>\(filter.word)</a></li>
                    """
            }
            let all = filter == .all ? [] : [("show", filter.rawValue)]
            let only = table.map { table -> HTML in
                """
                <li><a href="\(links(.pipeline(pipeline.name), all))" aria-label="Show all tables">table <code>\
                \(HTML.clipped(table, to: 40))</code> ×</a></li>
                """
            }
            chips = "<ul class=\"chips\" aria-label=\"Show\">\(items)\(only)</ul>"
        }
        if entries.isEmpty {
            let nothing =
                filter == .all && table == nil
                ? Panel.empty("Nothing has happened yet.", "The first package appears here.")
                : Panel.empty(
                    "There is none of the kind.", isPartial ? "So far: older packages were not looked at." : "")
            return Panel.section("Timeline", id: "timeline", aside: chips, nothing + more(next, isPartial))
        }
        var days = HTML()
        var day = ""
        var items = HTML()
        func close() { if !items.isEmpty { days += "<h3 class=\"day\">\(day)</h3><ol class=\"events\">\(items)</ol>" } }
        for entry in entries {
            let today = TimeText.day(entry.at)
            if today != day {
                close()
                day = today
                items = HTML()
            }
            switch entry {
            case .package(let package): items += item(package)
            case .run(let run, let at): items += item(run, at)
            }
        }
        close()
        return Panel.section("Timeline", id: "timeline", aside: chips, days + more(next, isPartial))
    }

    private func more(_ next: Int64?, _ isPartial: Bool) -> HTML {
        guard let next, !links.areFiles else { return "" }
        var query = [("before", String(next))]
        if filter != .all { query.append(("show", filter.rawValue)) }
        if let table { query.append(("table", table)) }
        return """
            <p class="more"><a rel="next" href="\(links(.pipeline(pipeline.name), query))">\
            \(isPartial ? "Look further back" : "Older")</a></p>
            """
    }

    /// What a package changes beside bringing rows.
    private func marks(_ facts: PackageFacts) -> [HTML] {
        var marks: [HTML] = []
        if facts.changesSchema {
            marks.append(
                facts.baseSchemaHash == nil
                    ? "<span class=\"tag is-news\">first schema</span>"
                    : "<span class=\"tag is-news\">schema changed</span>")
        }
        // Nearly every package advances it, so it is said only where it was asked for.
        if filter == .state { marks.append("<span class=\"tag\">state advanced</span>") }
        if let key = facts.runKey { marks.append("<span class=\"tag\">run key \(HTML.clipped(key, to: 40))</span>") }
        return marks
    }

    private func list(_ tables: [(name: String, rows: Int)]) -> HTML {
        guard !tables.isEmpty else { return "" }
        let items = tables.prefix(4).map { table -> HTML in
            "<li><code>\(HTML.clipped(table.name, to: 40))</code> \(NumberText.count(table.rows))</li>"
        }
        let rest: HTML = tables.count > 4 ? "<li>and \(NumberText.count(tables.count - 4, of: "more table"))</li>" : ""
        return "<ul class=\"tables\">\(items)\(rest)</ul>"
    }

    private func item(_ run: RecordedRun, _ at: Int64) -> HTML {
        let facts = run.loadIDs.compactMap { id in
            pipeline.place(of: id).flatMap { catalog.memory.facts(id, in: $0, of: pipeline.spool) }
        }
        var marks: [HTML] = []
        if facts.contains(where: \.changesSchema) { marks.append("<span class=\"tag is-news\">schema changed</span>") }
        let known = facts.count == 1 ? facts[0].tables : run.tables
        let took = run.seconds(now: Clock.nowMicroseconds()).map { NumberText.duration(seconds: $0) }
        let rows = facts.isEmpty ? run.rows : facts.reduce(0) { $0 + $1.rows }
        let title: HTML = rows.map { $0 == 0 ? "nothing new" : HTML(NumberText.rows($0)) } ?? "run"
        let packages = run.loadIDs.prefix(3).compactMap { id in
            pipeline.place(of: id).map { place -> HTML in
                """
                <a class="aside" href="\(links(.package(pipeline.name, id)))">\
                \(place == .loaded ? "" : "\(place.word) ")package</a>
                """
            }
        }
        let reason: HTML = run.error.map { "<p class=\"reason\">\(HTML.clipped($0, to: 300))</p>" } ?? ""
        return """
            <li class="event is-\(run.outcome.health.key)" data-row><time datetime="\(TimeText.machine(at))">\
            \(TimeText.clock(at))</time><div><p>\(HTML.health(run.outcome.health, run.outcome == .done ? "done" : nil)) \
            <a href="\(links(.run(pipeline.name, run.id.text)))">\(title)</a> \
            \(took.map { "<span class=\"quiet\">in \($0)</span> " as HTML })\(packages.joined(" "))  \(marks.joined(" "))</p>\
            \(list(known))\(reason)</div></li>
            """
    }

    private func item(_ entry: PackageEntry) -> HTML {
        let name = pipeline.name
        let what: HTML =
            entry.facts.map { facts in
                """
                <span class="quiet">\(NumberText.bytes(facts.bytes))</span> \(marks(facts).joined(" "))
                """
            } ?? "<span class=\"quiet\">its manifest cannot be read</span>"
        let title = entry.facts.map { NumberText.rows($0.rows) } ?? entry.id.text
        let reason: HTML =
            entry.reason.map { "<p class=\"reason\">\(HTML.clipped($0.message, to: 300))</p>" } ?? ""
        return """
            <li class="event is-\(entry.place.health.key)" data-row><time datetime="\(TimeText.machine(entry.id.microseconds))">\
            \(TimeText.clock(entry.id.microseconds))</time><div><p>\(HTML.health(entry.place.health, entry.place.word)) \
            <a href="\(links(.package(name, entry.id)))">\(title)</a> \(what)</p>\(list(entry.facts?.tables ?? []))\(reason)</div></li>
            """
    }

    // MARK: As data

    private func object(_ entries: [Entry], _ next: Int64?) -> JSONObject {
        var object: JSONObject = [
            "pipeline": .string(pipeline.name), "status": .string(pipeline.health.key),
            "waiting": .integer(pipeline.waiting.count), "failed": .integer(pipeline.failed.count),
            "loaded": .integer(pipeline.loaded.count),
        ]
        object["destination"] = pipeline.home.destination.map { .string($0) } ?? .null
        object["dataset"] = pipeline.home.dataset.map { .string($0) } ?? .null
        object["timeline"] = .array(
            entries.map { entry in
                switch entry {
                case .package(let package):
                    .object(PackageObject.make(package.id, package.place, package.facts, package.reason))
                case .run(let run, _): .object(RunObject.make(run, detailed: false))
                }
            })
        object["next_before"] = next.map { .string(String($0)) } ?? .null
        return object
    }
}

/// A package in lists of data.
enum PackageObject {
    static func make(_ id: LoadID, _ place: Spool.Place, _ facts: PackageFacts?, _ reason: FailureReason?)
        -> JSONObject
    {
        var object: JSONObject = [
            "load_id": .string(id.text), "place": .string(place.word),
            "begun": .string(TimeText.machine(id.microseconds)),
        ]
        if let facts {
            object["rows"] = .integer(facts.rows)
            object["bytes"] = .integer(facts.bytes)
            var tables = JSONObject()
            for table in facts.tables { tables[table.name] = .integer(table.rows) }
            object["tables"] = .object(tables)
            object["schema_hash"] = .string(facts.schemaHash)
            object["schema_changed"] = .bool(facts.changesSchema)
            object["state_changed"] = .strings(facts.changedState)
            object["run_key"] = facts.runKey.map { .string($0) }
        }
        object["reason"] = reason.map { .object($0.document) }
        return object
    }
}

/// What is usual among numbers: the median, and four times the median distance from it on both sides.
struct Usual {
    let median: Int
    private let span: Int
    private let isKnown: Bool
    private static let recentCount = 20

    init(_ all: [Int]) {
        let recent = all.suffix(Self.recentCount)
        let median = Self.median(Array(recent))
        self.median = median
        span = 4 * Self.median(recent.map { abs($0 - median) })
        // A few numbers do not show what is usual; and where all are the same, one row more is not unusual.
        isKnown = recent.count >= 8 && span > 0
    }

    func excludes(_ value: Int) -> Bool { isKnown && abs(value - median) > span }

    /// Of each value, whether it was unusual after the twenty before it. The first ones are compared with each other.
    ///
    /// - Parameter values: nil for what is not compared, as of a run that failed.
    static func unusual(_ values: [Int?]) -> [Bool] {
        let known = values.compactMap { $0 }
        let first = Usual(Array(known.prefix(recentCount)))
        var before: [Int] = []
        return values.map { value in
            guard let value else { return false }
            let usual = before.count < recentCount ? first : Usual(before)
            before.append(value)
            return usual.excludes(value)
        }
    }

    private static func median(_ values: [Int]) -> Int {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
}

/// Commands that pages hand out.
enum Commands {
    static func retry(_ pipeline: PipelineFacts, _ id: LoadID) -> String {
        words(["dlt-state", "packages", "retry"], pipeline, [id.text])
    }

    static func reset(_ pipeline: PipelineFacts, _ subtree: StateTree.Subtree) -> String {
        words(
            ["dlt-state", "reset"], pipeline,
            subtree.resource.map { ["--resource", $0] } ?? ["--source", subtree.source])
    }

    static func exportSchema(_ pipeline: PipelineFacts, _ schema: String) -> String {
        words(["dlt-schema", "export"], pipeline, ["--schema-name", schema, "--format", "yaml"])
    }

    static func loadPending(_ pipeline: PipelineFacts, isDry: Bool = false) -> String {
        let home = pipeline.home
        let dataset = home.destination == nil ? nil : home.dataset
        return words(
            ["dlt-load", home.destination ?? "URL"] + (dataset.map { ["--dataset", $0] } ?? []) + ["--pending"],
            pipeline,
            isDry ? ["--dry-run"] : [])
    }

    private static func words(_ command: [String], _ pipeline: PipelineFacts, _ rest: [String]) -> String {
        if pipeline.isDatasetOnly {
            return ShellWord.command(
                command + [pipeline.home.destination ?? "URL", "--dataset", pipeline.home.dataset ?? ""] + rest)
        }
        return ShellWord.command(
            command + ["--pipeline", pipeline.name] + rest
                + (pipeline.dataDirectoryOption.map { ["--data-dir", $0] } ?? []))
    }
}
