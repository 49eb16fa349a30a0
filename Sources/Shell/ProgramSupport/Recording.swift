import JSONText
import LoadPackages
import RunJournals
import Secrets
import SystemIO

/// The lines of one process, and the journals that they go to.
struct Recording {
    struct Failure {
        let message: String
        let hint: String?
        let status: Int32
    }

    /// Notices that are written at most. A journal is for what people read.
    private static let mostNotices = 1000
    /// Of events that may come with each record.
    private static let mostFrequentEvents = 20
    /// Progress comes once a second, and after some minutes less often: a day of it is 2,000 lines.
    private static let step: Int64 = 1_000_000_000
    private static let steps: Int64 = 300

    private let stage: RunStage
    private let dataDirectory: String
    private let messages: Messages
    private let arguments: [String]
    private let began = Clock.nowMicroseconds()
    private let clock = Clock.monotonicNanoseconds()

    private(set) var run = RunID()
    private(set) var isRunKnown = false
    /// The pipeline that the run is about, whose journal may not be open yet; of several, the first.
    var spool: Spool?
    private var isAboutSeveral = false
    /// Rows of the packages that were published or loaded, by pipeline and load id.
    private var rows: [String: [String: Int]] = [:]
    private var journals: [(pipeline: String?, writer: JournalWriter)] = []
    /// Lines from before there was a journal.
    private var held: [JournalLine] = []
    private var notices = 0
    private var frequentEvents = 0
    var failures: [Failure] = []
    private var summary: (message: String, counts: [String: Int])?
    /// Why there is no journal any more; to be reported once.
    private var failure: SystemError?
    private var isOff: Bool

    init(_ stage: RunStage, dataDirectory: String, messages: Messages, arguments: [String]) {
        self.stage = stage
        self.dataDirectory = dataDirectory
        self.messages = messages
        self.arguments = arguments
        isOff = Environment.get("DLT_JOURNAL") == "never"
        // The first program of a pipe gives the run its name.
        isRunKnown = stage == .extract || stage == .change
    }

    /// nil where the run is about several.
    var pipeline: String? { isAboutSeveral ? nil : spool?.pipeline }
    var isOpen: Bool { !journals.isEmpty }

    mutating func join(_ run: RunID) {
        // One process takes part in one run, even if streams of several are put together.
        guard !isRunKnown, journals.isEmpty else { return }
        self.run = run
        isRunKnown = true
    }

    // MARK: Journals

    mutating func open(_ spool: Spool, base: JSONObject, runKey: String?, destination: String?) {
        isRunKnown = true
        if let known = self.spool, known.pipeline != spool.pipeline { isAboutSeveral = true }
        self.spool = self.spool ?? spool
        guard !isOff, !journals.contains(where: { $0.pipeline == spool.pipeline }) else { return }
        var start = start()
        start.pipeline = spool.pipeline
        start.base = base
        start.runKey = runKey
        start.destination = destination
        open(RunFolder(spool), start)
    }

    private mutating func open(_ folder: RunFolder, _ start: RunStart) {
        let writer: JournalWriter
        do throws(SystemError) { writer = try JournalWriter(folder, run, stage) } catch { return stop(error) }
        journals.append((start.pipeline, writer))
        writer.add(.start(start))
        for line in held { writer.add(line) }
        held = []
        writer.flush()
        check(writer)
    }

    private func start() -> RunStart {
        var start = RunStart(
            at: began, run: run.text, stage: stage.rawValue, program: messages.program, version: Version.text,
            process: .current(), arguments: Secrets.masked(arguments: arguments))
        start.folder = try? Files.realPath(".")
        return start
    }

    private mutating func check(_ writer: JournalWriter) { if let failure = writer.failure { stop(failure) } }

    private mutating func stop(_ error: SystemError) {
        failure = error
        isOff = true
        journals = []
        held = []
    }

    var hasFailed: Bool { failure != nil }

    struct Complaint: Sendable {
        let messages: Messages
        let text: String

        func tell() { messages.note(text) }
    }

    /// What to say about the journal, once, and not while it is locked: to say it is a notice of its own.
    mutating func complaint() -> Complaint? {
        guard let error = failure else { return nil }
        failure = nil
        return Complaint(
            messages: messages, text: "this run keeps no journal any more: \(error) (DLT_JOURNAL=never asks for none)")
    }

    // MARK: Lines

    /// Writes a line where it belongs: to the journal of a pipeline, or to all.
    mutating func write(_ line: JournalLine, of pipeline: String? = nil) {
        add(line, of: pipeline)
        for (_, writer) in journals {
            writer.flush()
            check(writer)
        }
    }

    /// The same, but with the lines that come after it.
    mutating func add(_ line: JournalLine, of pipeline: String? = nil) {
        if isOff { return }
        if journals.isEmpty {
            if held.count < Recording.mostNotices { held.append(line) }
            return
        }
        for (name, writer) in journals where pipeline == nil || name == pipeline { writer.add(line) }
    }

    mutating func package(_ line: RunPackage, of pipeline: String) {
        if line.outcome == .published || line.outcome == .loaded {
            rows[pipeline, default: [:]][line.loadID] = line.rows
        }
        write(.package(line), of: pipeline)
    }

    mutating func notice(_ level: RunNotice.Level, _ message: String, hint: String?) {
        guard count() else { return }
        write(.notice(RunNotice(at: Clock.nowMicroseconds(), level: level, message: message, hint: hint)))
    }

    private mutating func count() -> Bool {
        if isOff { return false }
        notices += 1
        return notices <= Recording.mostNotices
    }

    mutating func wantsEvent(isFrequent: Bool) -> Bool {
        if isOff { return false }
        if isFrequent {
            frequentEvents += 1
            if frequentEvents > Recording.mostFrequentEvents { return false }
        }
        return count()
    }

    mutating func event(_ document: JSONObject) {
        add(.notice(RunNotice(at: Clock.nowMicroseconds(), level: .event, message: "", event: document)))
    }

    mutating func progress(_ activity: String, _ fields: Messages.Fields, now: Int64) -> Int64 {
        if isOff { return .max }
        if isOpen {
            var line = RunProgress(at: Clock.nowMicroseconds(), counts: fields.counts, activity: activity)
            for (_, value) in fields { if case .counts(let counts) = value { line.tables.merge(counts) { $0 + $1 } } }
            write(.progress(line))
        }
        return now + max(Recording.step, (now - clock) / Recording.steps)
    }

    mutating func summarize(_ message: String, _ fields: Messages.Fields) {
        if let earlier = summary { notice(.summary, earlier.message, hint: nil) }
        summary = (message, fields.counts)
    }

    // MARK: The end

    mutating func end(_ status: Int32) {
        let outcome = Recording.outcome(status)
        if isOff || !isOpen && !openAtEnd(outcome) { return }
        let now = Clock.nowMicroseconds()
        var end = RunEnd(
            at: now, status: Int(status), outcome: outcome,
            seconds: Double(Clock.monotonicNanoseconds() - clock) / 1e9,
            cpu: Double(Clock.processorNanoseconds()) / 1e9)
        let reason = failures.first { $0.status == status } ?? failures.first
        if outcome != .done {
            end.error = reason?.message
            end.hint = reason?.hint
        }
        for failure in failures where failure.message != end.error {
            add(.notice(RunNotice(at: now, level: .error, message: failure.message, hint: failure.hint)))
        }
        end.memory = ProcessUsage.peakMemory
        end.summary = summary?.message
        end.counts = summary?.counts ?? [:]
        end.noticesLeftOut =
            max(0, notices - Recording.mostNotices) + max(0, frequentEvents - Recording.mostFrequentEvents)
        for (pipeline, writer) in journals {
            if journals.count > 1, let pipeline {
                // The summary counts the rows of all pipelines.
                end.counts["rows"] = rows[pipeline, default: [:]].values.reduce(0, +)
                end.counts["packages"] = rows[pipeline, default: [:]].count
            }
            writer.write(.end(end))
            // After the machine has started again, users look for the reason of the failure.
            if outcome == .failed { writer.synchronize() }
        }
    }

    /// Of a run that failed before it came to a journal there is to be one all the same, unless it only passes on how another program
    /// has ended. What changes a pipeline by hand has one when it is over.
    private mutating func openAtEnd(_ outcome: RunOutcome) -> Bool {
        if stage == .change {
            if let spool, spool.exists { open(spool, base: [:], runKey: nil, destination: nil) }
            return isOpen
        }
        guard outcome != .done, !failures.isEmpty else { return false }
        if let spool {
            open(spool, base: [:], runKey: nil, destination: nil)
        } else if Files.isDirectory(dataDirectory) {
            open(RunFolder(dataDirectory: dataDirectory), start())
        }
        return isOpen
    }

    private static func outcome(_ status: Int32) -> RunOutcome {
        if status > 128 { return .interrupted }
        return ExitStatus.isFailure(status) ? .failed : .done
    }
}

extension Messages.Fields {
    /// Those that are whole numbers, but for the exit status, which has a place of its own.
    fileprivate var counts: [String: Int] {
        var counts: [String: Int] = [:]
        for (name, value) in self where name != "status" {
            if case .integer(let number) = value { counts[name] = Int(number) }
        }
        return counts
    }
}
