import Glibc
import JSONText
import LoadPackages
import SystemIO
import TestSupport
import Testing

@testable import RunJournals

@Suite struct JournalTests {
    private struct Bench {
        let folder: WorkDirectory
        let runs: RunFolder

        init() throws {
            folder = try WorkDirectory()
            runs = RunFolder(folder.path("runs"))
        }

        func start(_ run: RunID, process: ProcessIdentity = .current()) -> RunStart {
            RunStart(
                at: 1_764_585_725_000_000, run: run.text, stage: "extract", program: "dlt-extract", version: "1",
                process: process)
        }

        func read(_ run: RunID, _ detail: JournalReader.Detail = .full) throws -> RecordedRun {
            try #require(try JournalReader(runs).run(run, detail))
        }
    }

    private static func end(_ status: Int = 0, error: String? = nil, at: Int64 = 1_764_585_726_500_000) -> RunEnd {
        var end = RunEnd(at: at, status: status, outcome: status == 0 ? .done : .failed, seconds: 1.5, cpu: 0.25)
        end.error = error
        return end
    }

    // MARK: Names

    @Test func `the id of a run says when it began and sorts by it`() throws {
        let first = RunID(now: 1_764_585_725_123_456)
        #expect(first.text.hasPrefix("20251201-104205123-"))
        #expect(first.microseconds == 1_764_585_725_123_000)
        #expect(first < RunID(now: 1_764_585_725_124_000))
        #expect(RunID(first.text) == first)
    }

    @Test(arguments: [
        "", "..", "20251201-104205123-9b80c", "20251201-104205123-9B80C3", "20251201/104205123-9b80c3", "e",
    ])
    func `what is not the id of a run is never a folder`(text: String) { #expect(RunID(text) == nil) }

    // MARK: Writing and reading

    @Test func `what was written is read again`() throws {
        let bench = try Bench()
        let run = RunID()
        let writer = try JournalWriter(bench.runs, run, .extract)
        var start = bench.start(run)
        start.arguments = ["files", "a\nb"]
        start.base = ["state_version": 4]
        start.folder = "/a folder"
        writer.write(.start(start))
        writer.add(.notice(RunNotice(at: 2, level: .event, message: "", event: ["event": "table_added"])))
        writer.write(.progress(RunProgress(at: 3, counts: ["records": 7], tables: ["t": 7], activity: "reading a")))
        writer.write(.package(RunPackage(at: 4, loadID: "1.2", outcome: .loaded, rows: 7)))
        var table = RunTable(at: 5, table: "t", rows: 7, seconds: 0.5)
        table.newColumns = ["a"]
        writer.write(.table(table))
        let end = JournalTests.end()
        writer.write(.end(end))
        let program = try #require(try bench.read(run).programs.first)
        #expect(program.start == start)
        #expect(program.notices.map(\.event) == [["event": "table_added"]])
        #expect(program.progress?.counts == ["records": 7])
        #expect(program.packages.map(\.outcome) == [.loaded])
        #expect(program.tables == [table])
        #expect(program.end == end)
        #expect(program.outcome == .done)
    }

    @Test func `the programs of a run come in the order of the pipe`() throws {
        let bench = try Bench()
        let run = RunID()
        for stage in [RunStage.load, .normalize, .extract, .load] {
            let writer = try JournalWriter(bench.runs, run, stage)
            writer.write(.start(bench.start(run)))
            writer.write(.end(JournalTests.end()))
        }
        let read = try bench.read(run)
        #expect(read.programs.map(\.stage) == [.extract, .normalize, .load, .load])
        #expect(Set(read.programs.map(\.file)).count == 4)
        #expect(read.outcome == .done)
        #expect(read.seconds(now: 0) == 1.5)
    }

    @Test func `a run fails by the program that says why`() throws {
        let bench = try Bench()
        let run = RunID()
        // Its reader went away.
        let gone = ProcessIdentity.current().another(began: 1)
        try JournalWriter(bench.runs, run, .extract).write(.start(bench.start(run, process: gone)))
        try JournalWriter(bench.runs, run, .normalize).write(.end(JournalTests.end(65, error: "unable to read line 7")))
        try JournalWriter(bench.runs, run, .load).write(.end(JournalTests.end(65)))
        let read = try bench.read(run)
        #expect(read.outcome == .failed)
        #expect(read.culprit?.stage == .normalize)
        #expect(read.error == "unable to read line 7")
        #expect(read.status == 65)
    }

    @Test(arguments: [JournalReader.Detail.summary, .full])
    func `a torn last line and foreign lines are passed over`(detail: JournalReader.Detail) throws {
        let bench = try Bench()
        let run = RunID()
        let writer = try JournalWriter(bench.runs, run, .load)
        writer.write(.start(bench.start(run)))
        let path = Paths.join(bench.runs.folder(of: run), "load.ndjson")
        let file = try Descriptor.openForAppending(path)
        try file.writeAll("\u{0}\n[1]\n{\"t\":\"new kind\",\"at\":\"2026-01-01T00:00:00Z\"}\nno json\n\n")
        try file.writeAll(JournalLine.progress(RunProgress(at: 9, counts: ["rows": 3])).bytes)
        try file.writeAll("{\"t\":\"end\",\"at\":\"2026-01-01T00:00:00Z\",\"sta")
        try Files.makeDirectory(Paths.join(bench.runs.folder(of: run), "extract.ndjson"))
        _ = try bench.folder.write("runs/\(run)/notes.txt", "mine")
        let read = try bench.read(run, detail)
        #expect(read.programs.map(\.stage) == [.load])
        #expect(read.rows == 3)
        #expect(read.outcome == .running)
    }

    @Test func `a summary of a long journal has its start and its end`() throws {
        let bench = try Bench()
        let run = RunID()
        let writer = try JournalWriter(bench.runs, run, .normalize)
        writer.write(.start(bench.start(run)))
        for number in 0..<2000 {
            writer.add(.notice(RunNotice(at: 1, level: .note, message: "note \(number) of many that fill the middle")))
        }
        writer.write(.progress(RunProgress(at: 2, counts: ["records": 9])))
        writer.write(.end(JournalTests.end(75, error: "e")))
        let short = try #require(try bench.read(run, .summary).programs.first)
        #expect(short.start != nil && short.end?.status == 75 && short.progress?.counts == ["records": 9])
        #expect(short.notices.count < 1000)
        #expect(try bench.read(run).programs.first?.notices.count == 2000)
    }

    @Test func `no line is longer than one write, and what is cut says so`() throws {
        var start = RunStart(
            at: 0, run: "r", stage: "extract", program: "p", version: "v", process: .current(),
            arguments: (0..<500).map { "argument \($0) \(String(repeating: "ü", count: 300))" })
        start.base = ["deep": [[[[String(repeating: "x", count: 9000).json]]]]]
        for line in [
            JournalLine.start(start),
            .notice(RunNotice(at: 0, level: .warning, message: String(repeating: "\u{1}", count: 100_000))),
            .progress(
                RunProgress(at: 0, tables: Dictionary(uniqueKeysWithValues: (0..<999).map { ("table \($0)", $0) }))),
        ] {
            let bytes = line.bytes
            #expect(bytes.count <= 4096)
            let read = try JSONValue(parsing: Array(bytes.dropLast()))
            #expect(read["cut"] == true)
            #expect(JournalLine(read) != nil)
            if let arguments = read["arguments"]?.arrayValue { #expect(arguments.last == "…") }
        }
    }

    // MARK: Who is still there

    @Test func `a process that is gone without an end is interrupted`() throws {
        let bench = try Bench()
        let run = RunID()
        let child = try numberOfEndedProcess()
        try JournalWriter(bench.runs, run, .load).write(
            .start(bench.start(run, process: ProcessIdentity.current().another(number: child))))
        #expect(try bench.read(run).outcome == .interrupted)
    }

    @Test func `a process that nobody has asked about since it ended is gone`() throws {
        var number: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("cat"), nil]
        defer { free(arguments[0]) }
        let pipe = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipe.reading.raw, 0)
        try #require(posix_spawnp(&number, "cat", &actions, nil, &arguments, environ) == 0)
        let me = ProcessIdentity.current()
        let began = try #require(ProcessIdentity.state(String(number))?.began)
        let child = me.another(number: number, began: began)
        #expect(child.presence(seenBy: me) == .alive)
        kill(number, SIGKILL)
        var information = siginfo_t()
        // Waits for the end, and leaves it to be asked about.
        waitid(P_PID, id_t(number), &information, WEXITED | WNOWAIT)
        #expect(child.presence(seenBy: me) == .gone)
        waitpid(number, nil, 0)
    }

    @Test func `another process with the number of one that is gone is not taken for it`() {
        let me = ProcessIdentity.current()
        #expect(me.presence(seenBy: me) == .alive)
        #expect(me.another(began: me.began + 1).presence(seenBy: me) == .gone)
    }

    @Test func `of another machine, boot or container nothing is known`() throws {
        let me = ProcessIdentity.current()
        var others = [me, me, me, me]
        others[0].host = "elsewhere"
        others[1].boot = "0"
        others[2].namespace += 1
        others[3].boot = ""
        for other in others { #expect(other.presence(seenBy: me) == .unknown) }
        let bench = try Bench()
        let run = RunID()
        try JournalWriter(bench.runs, run, .load).write(.start(bench.start(run, process: others[0])))
        #expect(try bench.read(run).outcome == .unknown)
    }

    // MARK: Many

    @Test func `runs are listed from the newest, and none is opened`() throws {
        let bench = try Bench()
        let runs = (0..<5).map { RunID(now: 1_764_585_725_000_000 + Int64($0) * 1000) }
        for run in runs { try Files.makeDirectory(bench.runs.folder(of: run), intermediates: true) }
        try Files.makeDirectory(Paths.join(bench.runs.path, "something else"))
        #expect(try JournalReader(bench.runs).runs() == runs.reversed())
        #expect(try JournalReader(bench.runs).run(runs[0]) == nil)
        #expect(try JournalReader(RunFolder(bench.folder.path("none"))).runs().isEmpty)
    }

    @Test func `old runs and those beyond the newest go, and the last few stay`() throws {
        let bench = try Bench()
        let day: Int64 = 86_400_000_000
        let now: Int64 = 1_764_585_725_000_000
        let runs = (0..<8).map { RunID(now: now - Int64($0) * 30 * day) }
        for run in runs {
            try Files.makeDirectory(bench.runs.folder(of: run), intermediates: true)
            _ = try bench.folder.write("runs/\(run)/load.ndjson", "")
        }
        var retention = RunRetention()
        retention.least = 2
        retention.trim(bench.runs, now: now)
        #expect(try bench.runs.runs() == Array(runs[...3]))
        retention.newest = 3
        retention.trim(bench.runs, now: now)
        #expect(try bench.runs.runs() == Array(runs[...2]))
        retention.trim(bench.runs, now: now + 1000 * day)
        #expect(try bench.runs.runs() == Array(runs[...1]))
    }

    // MARK: Failures

    @Test func `a link in the place of the folder is not followed`() throws {
        let bench = try Bench()
        let run = RunID()
        try Files.makeDirectory(bench.folder.path("elsewhere"))
        #expect(symlink(bench.folder.path("elsewhere"), bench.runs.path) == 0)
        #expect(throws: SystemError.self) { try JournalWriter(bench.runs, run, .load) }
        #expect(try bench.folder.list("elsewhere").isEmpty)
    }

    @Test func `a folder that only has runs is not a pipeline`() throws {
        let bench = try Bench()
        let spool = try #require(Spool(dataDirectory: bench.folder.path("data"), pipeline: "p"))
        _ = try JournalWriter(RunFolder(spool), RunID(), .extract)
        #expect(!spool.exists)
        #expect(try Spool.pipelines(dataDirectory: bench.folder.path("data")).isEmpty)
        #expect(try Spool.pipelinesWithRuns(dataDirectory: bench.folder.path("data")) == ["p"])
        try spool.prepare()
        #expect(spool.exists)
    }
}

extension ProcessIdentity {
    fileprivate func another(number: Int32? = nil, began: UInt64? = nil) -> ProcessIdentity {
        var other = self
        other.number = number ?? other.number
        other.began = began ?? other.began
        return other
    }
}

/// The number of a process that has ended.
private func numberOfEndedProcess() throws -> Int32 {
    var number: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { free(arguments[0]) }
    try #require(posix_spawnp(&number, "true", nil, nil, &arguments, environ) == 0)
    waitpid(number, nil, 0)
    return number
}

extension String {
    fileprivate var json: JSONValue { .string(self) }
}
