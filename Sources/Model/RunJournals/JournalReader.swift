import JSONText
package import LoadPackages
package import SystemIO

/// Reads the journals of runs, even while programs write them. Whatever the files contain, they are read as far as
/// possible: torn lines, unknown ones and foreign files are skipped.
package struct JournalReader: Sendable {
    /// How much of a run is wanted.
    package enum Detail: Sendable {
        /// Start, end and the newest progress of each program, for lists: only the beginnings and the ends of files are read.
        case summary
        /// All lines.
        case full
    }

    package let folder: RunFolder
    /// The process that asks whether another one exists.
    private let observer: ProcessIdentity

    package init(_ folder: RunFolder, observer: ProcessIdentity = .current()) {
        self.folder = folder
        self.observer = observer
    }

    package init(_ spool: Spool) { self.init(RunFolder(spool)) }

    /// The runs, newest first; none is opened.
    package func runs() throws(SystemError) -> [RunID] { try folder.runs() }

    /// A run with all the programs that took part; nil when it does not exist, or nothing in it can be read.
    package func run(_ id: RunID, _ detail: Detail = .full) throws(SystemError) -> RecordedRun? {
        let journals: [(stage: RunStage, name: String)]
        do throws(SystemError) { journals = try folder.journals(of: id) } catch {
            // It was trimmed during this read.
            if error.isAbsence || error.code == SystemError.notAFolder { return nil }
            throw error
        }
        var programs: [RecordedProgram] = []
        for (stage, name) in journals {
            do throws(SystemError) {
                programs.append(try program(id, stage, name, detail))
            } catch { if !error.isAbsence && !error.isRefusal { throw error } }
        }
        if programs.isEmpty { return nil }
        return RecordedRun(id: id, programs: programs)
    }

    private func program(
        _ id: RunID, _ stage: RunStage, _ name: String, _ detail: Detail
    ) throws(SystemError) -> RecordedProgram {
        let file = try Descriptor.openRegular("\(id.text)/\(name)", below: folder.path)
        var program = RecordedProgram(stage: stage, file: name)
        let size = try file.status().size
        let limits = detail == .full ? JournalReader.whole : JournalReader.ends
        if size <= limits.first + limits.last {
            program.take(try bytes(of: file, Int(size)))
        } else {
            program.take(try bytes(of: file, Int(limits.first)))
            try file.seek(to: size - limits.last)
            let last = try bytes(of: file, Int(limits.last))
            program.take(Array(last.drop { $0 != 0x0A }))
            program.isWhole = detail == .summary
        }
        program.settle(observer)
        return program
    }

    /// In bytes. Only the journal of a run of days, with a thousand tables, is longer than the first limits.
    private static let whole: (first: Int64, last: Int64) = (8 << 20, 8 << 20)
    private static let ends: (first: Int64, last: Int64) = (8 << 10, 24 << 10)

    private func bytes(of file: borrowing Descriptor, _ count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            do throws(SystemError) {
                while filled < count {
                    let more = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[filled...]))
                    if more == 0 { break }
                    filled += more
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// The journal of one program in a run.
package struct RecordedProgram: Sendable {
    package let stage: RunStage
    /// Its name in the folder of the run.
    package let file: String
    package var start: RunStart?
    /// The newest progress.
    package var progress: RunProgress?
    /// All progress lines, for curves.
    package var steps: [RunProgress] = []
    package var notices: [RunNotice] = []
    package var packages: [RunPackage] = []
    package var tables: [RunTable] = []
    package var end: RunEnd?
    package var outcome = RunOutcome.unknown
    /// Whether no line in the middle was left out because the file is too large.
    package var isWhole = true
    /// The time of the newest line.
    package private(set) var latest: Int64?

    init(stage: RunStage, file: String) {
        self.stage = stage
        self.file = file
    }

    /// Lines that can be read; the text after the last newline is still being written, or was cut off.
    mutating func take(_ bytes: [UInt8]) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            let line = bytes[start..<end]
            start = end + 1
            guard line.count < JournalLine.maximumBytes * 2, let document = try? JSONValue(parsing: Array(line)),
                let line = JournalLine(document)
            else { continue }
            take(line)
        }
    }

    private mutating func take(_ line: JournalLine) {
        latest = max(latest ?? line.at, line.at)
        switch line {
        case .start(let line): start = start ?? line
        case .progress(let line):
            progress = line
            steps.append(line)
        case .notice(let line): notices.append(line)
        case .package(let line): packages.append(line)
        case .table(let line): tables.append(line)
        case .end(let line): end = line
        }
    }

    /// Finds out how the program ended, or whether it still runs.
    mutating func settle(_ observer: ProcessIdentity) {
        if let end {
            outcome = end.outcome
            return
        }
        switch start?.process.presence(seenBy: observer) {
        case .alive?: outcome = .running
        case .gone?: outcome = .interrupted
        case .unknown?, nil: outcome = .unknown
        }
    }

    /// Records or rows at its end, or so far.
    package func count(_ name: String) -> Int? { end?.counts[name] ?? progress?.counts[name] }
}

/// A run with all the programs that took part in it.
package struct RecordedRun: Sendable {
    package let id: RunID
    /// In the order of the pipe, and of their start.
    package let programs: [RecordedProgram]

    init(id: RunID, programs: [RecordedProgram]) {
        self.id = id
        self.programs = programs.sorted { ($0.stage, $0.start?.at ?? 0) < ($1.stage, $1.start?.at ?? 0) }
    }

    package var outcome: RunOutcome {
        let outcomes = Set(programs.map(\.outcome))
        // The program before the failed one usually ends by a signal, since its reader is gone.
        return [.failed, .running, .interrupted, .unknown].first { outcomes.contains($0) } ?? .done
    }

    /// The program that made the run fail: the first one with a reason.
    package var culprit: RecordedProgram? {
        let failed = programs.filter { $0.outcome == .failed }
        return failed.first { $0.end?.error != nil } ?? failed.first
            ?? programs.first { $0.outcome == .interrupted }
    }

    /// The status of the pipe, as far as it has ended: in a failed run, that of the program that made it fail.
    package var status: Int? {
        if let status = culprit?.end?.status { return status }
        return programs.compactMap { $0.end?.status }.max { $0 == 0 && $1 != 0 }
    }

    package var error: String? { culprit?.end?.error }
    package var hint: String? { culprit?.end?.hint }

    /// In microseconds since 1970.
    package var began: Int64? { programs.compactMap { $0.start?.at }.min() ?? id.microseconds }

    /// When the last program ended; nil while one still runs. For a program without an end, the time of its last line.
    package var ended: Int64? {
        if outcome == .running || programs.contains(where: { $0.outcome == .running }) { return nil }
        return programs.compactMap { $0.end?.at ?? $0.latest }.max()
    }

    /// From the first start to the last end, or to the given time while a program still runs.
    package func seconds(now: Int64) -> Double? {
        guard let began else { return nil }
        return Double(max(0, (ended ?? now) - began)) / 1e6
    }

    package var runKey: String? { programs.lazy.compactMap { $0.start?.runKey }.first }

    /// Records that were read, or arrived.
    package var records: Int? {
        programs.lazy.filter { $0.stage < .load }.compactMap { $0.count("records") }.max()
    }

    /// Rows that were loaded, or that were made if none were loaded.
    package var rows: Int? {
        let loads = programs.filter { $0.stage == .load }.compactMap { $0.count("rows") }
        if !loads.isEmpty { return loads.max() }
        return programs.lazy.filter { $0.stage == .normalize }.compactMap { $0.count("rows") }.max()
    }
}
