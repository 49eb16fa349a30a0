package import JSONText
package import SystemIO

/// One line of a journal: what happened, and when, in microseconds since 1970.
package enum JournalLine: Sendable, Equatable {
    /// First.
    case start(RunStart)
    case progress(RunProgress)
    case notice(RunNotice)
    case package(RunPackage)
    case table(RunTable)
    /// Last, unless the process was killed.
    case end(RunEnd)

    fileprivate enum Kind: String { case start, progress, notice, package, table, end }
    fileprivate static let kind = "t"
    fileprivate static let time = "at"
}

/// Who runs, and how it was called.
package struct RunStart: Sendable, Equatable {
    package var at: Int64
    package var run: String
    package var stage: String
    package var pipeline: String?
    package var program: String
    package var version: String
    package var process: ProcessIdentity
    /// Without secrets.
    package var arguments: [String] = []
    /// The working directory, which names of files in the arguments are relative to.
    package var folder: String?
    package var runKey: String?
    /// What the run began with, as in the header of a stream: `state_version`, `load_id` and others.
    package var base: JSONObject = [:]
    /// Where rows go, without credentials.
    package var destination: String?

    package init(
        at: Int64, run: String, stage: String, pipeline: String? = nil, program: String, version: String,
        process: ProcessIdentity, arguments: [String] = []
    ) {
        self.at = at
        self.run = run
        self.stage = stage
        self.pipeline = pipeline
        self.program = program
        self.version = version
        self.process = process
        self.arguments = arguments
    }
}

/// How far the work was.
package struct RunProgress: Sendable, Equatable {
    package var at: Int64
    /// Whatever is counted, by name: `records`, `rows`, `bytes`.
    package var counts: [String: Int] = [:]
    /// Records or rows, by table or resource.
    package var tables: [String: Int] = [:]
    /// What is being done, in a few words.
    package var activity: String?

    package init(at: Int64, counts: [String: Int] = [:], tables: [String: Int] = [:], activity: String? = nil) {
        self.at = at
        self.counts = counts
        self.tables = tables
        self.activity = activity
    }
}

/// A message for people, or an event of the schema.
package struct RunNotice: Sendable, Equatable {
    package enum Level: String, Sendable { case error, warning, note, hint, summary, event }

    package var at: Int64
    package var level: Level
    package var message: String
    package var hint: String?
    /// What `dlt-normalize --events` writes.
    package var event: JSONObject?

    package init(at: Int64, level: Level, message: String, hint: String? = nil, event: JSONObject? = nil) {
        self.at = at
        self.level = level
        self.message = message
        self.hint = hint
        self.event = event
    }
}

/// What became of a load package.
package struct RunPackage: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        /// dlt-normalize has made it.
        case published
        /// It waited, and was handed on.
        case waited
        case loaded
        /// The destination had it.
        case present
        case failed
    }

    package var at: Int64
    package var loadID: String
    package var outcome: Outcome
    package var rows: Int
    package var runKey: String?
    package var destination: String?
    package var dataset: String?

    package init(
        at: Int64, loadID: String, outcome: Outcome, rows: Int, runKey: String? = nil, destination: String? = nil,
        dataset: String? = nil
    ) {
        self.at = at
        self.loadID = loadID
        self.outcome = outcome
        self.rows = rows
        self.runKey = runKey
        self.destination = destination
        self.dataset = dataset
    }
}

/// What became of one table.
package struct RunTable: Sendable, Equatable {
    package var at: Int64
    package var table: String
    package var rows: Int
    package var loadID: String?
    /// Time that its rows took, where that is known.
    package var seconds: Double?
    /// The table was made.
    package var isNew = false
    /// Columns that a table got which was there.
    package var newColumns: [String] = []
    /// Rows that were there and are not, or have other values.
    package var removed = 0
    package var updated = 0

    package init(at: Int64, table: String, rows: Int, loadID: String? = nil, seconds: Double? = nil) {
        self.at = at
        self.table = table
        self.rows = rows
        self.loadID = loadID
        self.seconds = seconds
    }
}

/// How the process ended.
package struct RunEnd: Sendable, Equatable {
    package var at: Int64
    /// Its exit status; 128 and the number of the signal when one has ended it.
    package var status: Int
    package var outcome: RunOutcome
    package var error: String?
    package var hint: String?
    package var seconds: Double
    /// Seconds that processors have worked for it.
    package var cpu: Double
    /// The most memory that it had, in bytes.
    package var memory: Int?
    /// The last message: what was done, in a sentence.
    package var summary: String?
    /// The same as numbers: `records`, `rows`, `packages` and others.
    package var counts: [String: Int] = [:]
    /// Notices that were too many to be written.
    package var noticesLeftOut = 0

    package init(at: Int64, status: Int, outcome: RunOutcome, seconds: Double, cpu: Double) {
        self.at = at
        self.status = status
        self.outcome = outcome
        self.seconds = seconds
        self.cpu = cpu
    }
}

/// How a run, or one program of it, ended.
package enum RunOutcome: String, Sendable, CaseIterable {
    case done, failed
    /// A signal, a power cut or a crash has ended it.
    case interrupted
    /// It goes on.
    case running
    /// It has no end, and whether it goes on can be found out only on the machine, or in the container, that it ran on.
    case unknown
}

// MARK: - As text

extension JournalLine {
    package var at: Int64 {
        switch self {
        case .start(let line): line.at
        case .progress(let line): line.at
        case .notice(let line): line.at
        case .package(let line): line.at
        case .table(let line): line.at
        case .end(let line): line.at
        }
    }

    package var document: JSONObject {
        switch self {
        case .start(let line): line.document
        case .progress(let line): line.document
        case .notice(let line): line.document
        case .package(let line): line.document
        case .table(let line): line.document
        case .end(let line): line.document
        }
    }

    /// nil for a line of a kind, or without a member, that no line of ours has or lacks.
    package init?(_ document: JSONValue) {
        guard let kind = document[JournalLine.kind]?.stringValue.flatMap({ Kind(rawValue: $0) }),
            let at = document[JournalLine.time]?.stringValue.flatMap({ JournalTime.microseconds($0) })
        else { return nil }
        switch kind {
        case .start: self = .start(RunStart(document, at))
        case .progress: self = .progress(RunProgress(document, at))
        case .notice: self = .notice(RunNotice(document, at))
        case .package: self = .package(RunPackage(document, at))
        case .table:
            guard let line = RunTable(document, at) else { return nil }
            self = .table(line)
        case .end:
            guard let line = RunEnd(document, at) else { return nil }
            self = .end(line)
        }
    }

    fileprivate static func object(_ kind: Kind, _ at: Int64) -> JSONObject {
        [JournalLine.kind: .string(kind.rawValue), JournalLine.time: .string(JournalTime.text(at))]
    }
}

extension RunStart {
    fileprivate var document: JSONObject {
        var object = JournalLine.object(.start, at)
        object["run"] = .string(run)
        object["stage"] = .string(stage)
        object["pipeline"] = pipeline.map { .string($0) }
        object["program"] = .string(program)
        object["version"] = .string(version)
        object["host"] = .string(process.host)
        object["boot"] = .string(process.boot)
        object["pid_namespace"] = .integer(process.namespace)
        object["pid"] = .integer(process.number)
        object["pid_began"] = .integer(process.began)
        object["arguments"] = .strings(arguments)
        object["run_key"] = runKey.map { .string($0) }
        if !base.isEmpty { object["base"] = .object(base) }
        object["destination"] = destination.map { .string($0) }
        object["folder"] = folder.map { .string($0) }
        return object
    }

    fileprivate init(_ document: JSONValue, _ at: Int64) {
        func text(_ key: String) -> String { document[key]?.stringValue ?? "" }
        func number(_ key: String) -> UInt64 {
            if case .number(let digits)? = document[key] { UInt64(digits) ?? 0 } else { 0 }
        }
        self.init(
            at: at, run: text("run"), stage: text("stage"), pipeline: document["pipeline"]?.stringValue,
            program: text("program"), version: text("version"),
            process: ProcessIdentity(
                host: text("host"), boot: text("boot"), namespace: number("pid_namespace"),
                number: Int32(clamping: document["pid"]?.intValue ?? 0), began: number("pid_began")),
            arguments: document["arguments"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        runKey = document["run_key"]?.stringValue
        base = document["base"]?.objectValue ?? [:]
        destination = document["destination"]?.stringValue
        folder = document["folder"]?.stringValue
    }
}

extension RunProgress {
    fileprivate var document: JSONObject {
        var object = JournalLine.object(.progress, at)
        object["activity"] = activity.map { .string($0) }
        object.merge(counts.document)
        if !tables.isEmpty { object["tables"] = .object(tables.document) }
        return object
    }

    fileprivate init(_ document: JSONValue, _ at: Int64) {
        self.init(
            at: at, counts: [String: Int](document), tables: document["tables"].map { [String: Int]($0) } ?? [:],
            activity: document["activity"]?.stringValue)
    }
}

extension RunNotice {
    fileprivate var document: JSONObject {
        var object = JournalLine.object(.notice, at)
        object["level"] = .string(level.rawValue)
        if !message.isEmpty { object["message"] = .string(message) }
        object["hint"] = hint.map { .string($0) }
        object["event"] = event.map { .object($0) }
        return object
    }

    fileprivate init(_ document: JSONValue, _ at: Int64) {
        self.init(
            at: at, level: document["level"]?.stringValue.flatMap { Level(rawValue: $0) } ?? .note,
            message: document["message"]?.stringValue ?? "", hint: document["hint"]?.stringValue,
            event: document["event"]?.objectValue)
    }
}

extension RunPackage {
    fileprivate var document: JSONObject {
        var object = JournalLine.object(.package, at)
        object["load_id"] = .string(loadID)
        object["outcome"] = .string(outcome.rawValue)
        object["rows"] = .integer(rows)
        object["run_key"] = runKey.map { .string($0) }
        object["destination"] = destination.map { .string($0) }
        object["dataset"] = dataset.map { .string($0) }
        return object
    }

    fileprivate init(_ document: JSONValue, _ at: Int64) {
        self.init(
            at: at, loadID: document["load_id"]?.stringValue ?? "",
            outcome: document["outcome"]?.stringValue.flatMap { Outcome(rawValue: $0) } ?? .waited,
            rows: document["rows"]?.intValue ?? 0, runKey: document["run_key"]?.stringValue,
            destination: document["destination"]?.stringValue, dataset: document["dataset"]?.stringValue)
    }
}

extension RunTable {
    fileprivate var document: JSONObject {
        var object = JournalLine.object(.table, at)
        object["table"] = .string(table)
        object["rows"] = .integer(rows)
        object["load_id"] = loadID.map { .string($0) }
        object["seconds"] = seconds.map { .decimal($0) }
        if isNew { object["new"] = true }
        if !newColumns.isEmpty { object["new_columns"] = .strings(newColumns) }
        if removed > 0 { object["removed"] = .integer(removed) }
        if updated > 0 { object["updated"] = .integer(updated) }
        return object
    }

    fileprivate init?(_ document: JSONValue, _ at: Int64) {
        guard let table = document["table"]?.stringValue else { return nil }
        self.init(
            at: at, table: table, rows: document["rows"]?.intValue ?? 0, loadID: document["load_id"]?.stringValue,
            seconds: document["seconds"]?.decimal)
        isNew = document["new"]?.boolValue ?? false
        newColumns = document["new_columns"]?.arrayValue?.compactMap(\.stringValue) ?? []
        removed = document["removed"]?.intValue ?? 0
        updated = document["updated"]?.intValue ?? 0
    }
}

extension RunEnd {
    fileprivate var document: JSONObject {
        var object = JournalLine.object(.end, at)
        object["status"] = .integer(status)
        object["outcome"] = .string(outcome.rawValue)
        object["error"] = error.map { .string($0) }
        object["hint"] = hint.map { .string($0) }
        object["seconds"] = .decimal(seconds)
        object["cpu"] = .decimal(cpu)
        object["rss"] = memory.map { .integer($0) }
        object["summary"] = summary.map { .string($0) }
        object.merge(counts.document)
        if noticesLeftOut > 0 { object[RunEnd.leftOut] = .integer(noticesLeftOut) }
        return object
    }

    private static let leftOut = "notices_left_out"
    private static let own: Set = ["status", "rss", "seconds", "cpu", leftOut]

    fileprivate init?(_ document: JSONValue, _ at: Int64) {
        guard let status = document["status"]?.intValue else { return nil }
        let outcome = document["outcome"]?.stringValue.flatMap { RunOutcome(rawValue: $0) }
        self.init(
            at: at, status: status, outcome: outcome ?? (status == 0 ? .done : .failed),
            seconds: document["seconds"]?.decimal ?? 0, cpu: document["cpu"]?.decimal ?? 0)
        error = document["error"]?.stringValue
        hint = document["hint"]?.stringValue
        memory = document["rss"]?.intValue
        summary = document["summary"]?.stringValue
        counts = [String: Int](document).filter { !RunEnd.own.contains($0.key) }
        noticesLeftOut = document[RunEnd.leftOut]?.intValue ?? 0
    }
}

extension [String: Int] {
    fileprivate var document: JSONObject {
        var object = JSONObject()
        for (key, value) in sorted(by: { $0.key < $1.key }) { object[key] = .integer(value) }
        return object
    }

    /// The members that are whole numbers.
    fileprivate init(_ document: JSONValue) {
        self.init()
        for (key, value) in document.objectValue?.members ?? [] {
            if let value = value.intValue { self[key] = value }
        }
    }
}

extension JSONValue {
    /// To the millionth.
    static func decimal(_ value: Double) -> JSONValue {
        let millionths = value.isFinite ? (min(abs(value), 1e12) * 1e6).rounded() : 0
        return .number("\(value < 0 ? "-" : "")\(millionths / 1e6)")
    }

    var decimal: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }
}
