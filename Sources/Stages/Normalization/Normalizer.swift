import CompressedIO
import DataContracts
import JSONText
package import LoadPackages
import PipelineStates
package import ProgramSupport
import RecordStreams
import Schemas
package import SystemIO

extension PackageWriter: RowOutput {}

/// Reads one input to its end and publishes what it amounts to: one package for each pipeline that it names.
///
/// Feed it lines with `take`, then call `finish`. Nothing is visible to others before `finish`; leaving without it
/// (`abandon`) leaves nothing behind.
package final class Normalizer {
    private let request: NormalizeRequest
    private let messages: Messages
    private let report: (EvolutionEvent, LineOrigin) -> Void
    private let tape = JSONTape()
    private let scanner: MessageScanner
    /// Whose line is being read.
    private var origin = LineOrigin.input

    private enum Kind { case native, singer }
    /// What the first line said that the input is.
    private var kind: Kind?
    private var warnedTypes: Set<String> = []

    /// The pipelines that were named so far, and the one that rows go to.
    private var lanes: [Lane] = []
    private var lane: Lane?

    // The native stream that is open.
    private var header: StreamHeader?
    private var counts = Counts()
    private var sawState = false
    /// A source failed: what may follow its END is not believed.
    private var isClosed = false
    /// The input stopped inside a line.
    private var endsInsideLine = false

    package private(set) var records = 0
    package private(set) var rejected = 0
    /// Rows could not be kept with the rejects.
    private var rejectsFailure: (any Error)?
    /// Worst status that an END of the input told.
    package private(set) var inputStatus = 0
    /// How the input ended too early: of the last stream only what a STATE covered was published.
    package private(set) var truncation: Truncation?

    package enum Truncation: Sendable {
        /// A native stream did not come to its END, or a line not to its own.
        case noEnd
        /// Records of a tap came after its last STATE.
        case noState
    }

    /// One pipeline's package and the streams that go into it.
    private final class Lane {
        let job: PackageJob
        let pipeline: String
        let runKey: String?
        var streams: [Stream] = []
        var last = 0

        init(_ job: PackageJob, pipeline: String, runKey: String?) {
            self.job = job
            self.pipeline = pipeline
            self.runKey = runKey
        }

        /// Place of the stream of that name; mostly that of the record before.
        @inline(__always)
        func place(of name: some Collection<UInt8>) -> Int? {
            if last < streams.count, streams[last].name.elementsEqual(name) { return last }
            guard let known = streams.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
            last = known
            return known
        }
    }

    private struct Stream {
        let name: [UInt8]
        let root: RecordNormalizer.Root
        var versions: StreamVersions
        /// RECORD messages, which END counts.
        var messages = 0
        /// Records since the last STATE.
        var uncovered = 0
        /// Flags or SCHEMA say how the table is written; then versions do not.
        var isDecided = false
        var warnedVersion = false
        var text: String { String(decoding: name, as: UTF8.self) }
    }

    private struct Counts {
        var schemas = 0
        var states = 0
    }

    package init(
        _ request: NormalizeRequest, messages: Messages, report: @escaping (EvolutionEvent, LineOrigin) -> Void
    ) {
        self.request = request
        self.messages = messages
        self.report = report
        scanner = MessageScanner(tape: tape)
    }

    /// What became of one pipeline's part of the input.
    package struct Outcome {
        package var package: (loadID: LoadID, path: String, rows: Int)?
        package var pipeline: String
        package var tables: [(table: String, rows: Int)]
        package var nullOnlyColumns: [(table: String, column: String)]
        /// The package had been made before under the same run key.
        package var wasThere = false
        /// Nothing was new; the package is one that an earlier run left waiting.
        package var handsOnWaiting = false
    }

    // MARK: Lines

    package func take(_ line: LineReader.Line) throws {
        let text = line.bytes
        if isClosed || skipWhitespace(text, 0) == text.count { return }
        do throws(JSONSyntaxError) { try tape.scan(text) } catch {
            // A line without its newline is the end of a stream that was cut off, when what is there is no JSON.
            if !line.hadNewline, kind != nil {
                endsInsideLine = true
                return
            }
            return try reject(line, "not JSON: \(error)")
        }
        switch request.mode {
        case .stream: try takeMessage(line)
        case .table, .tableFrom: try takeRow(line)
        }
        if tape.footprint > 64 << 20 { tape.shrink() }
    }

    private func takeRow(_ line: LineReader.Line) throws {
        guard tape[0].kind == .object else { return try reject(line, "not a JSON object") }
        let lane: Lane
        let stream: Int
        switch request.mode {
        case .tableFrom(let field):
            guard let name = member(field, line.bytes) else {
                return try reject(line, "it has no field \(field) that could name its table")
            }
            (lane, stream) = try plainStream(name)
        case .table(let name): (lane, stream) = try plainStream(name)
        case .stream: return
        }
        try normalize(0, lane, stream, line.bytes, line.number)
    }

    private var isStream: Bool { if case .stream = request.mode { true } else { false } }

    private func reject(_ line: LineReader.Line, _ reason: String) throws {
        let place = origin.line(line.number)
        guard !isStream || kind != nil else {
            throw ProgramError(
                .data, "unable to read \(place): \(reason)",
                hint:
                    "expected a record stream; plain rows, one JSON object a line, need --table NAME or --table-from FIELD"
            )
        }
        guard let rejects = request.rejects else {
            throw ProgramError(
                .data, "unable to read \(place): \(reason)",
                hint: "correct the line, or set such lines aside with --rejects FILE")
        }
        rejected += 1
        try rejects.write(line: line.number, of: origin, reason: reason, text: line.bytes)
    }

    private func member(_ field: String, _ text: UnsafeBufferPointer<UInt8>) -> String? {
        var key = 1
        for _ in 0..<tape[0].count {
            if tape[key + 1].kind == .string, tape.string(at: key, in: text) == field {
                let name = tape.string(at: key + 1, in: text)
                return name.isEmpty ? nil : name
            }
            key = Int(tape[key + 1].next)
        }
        return nil
    }

    private func normalize(
        _ record: Int, _ lane: Lane, _ stream: Int, _ text: UnsafeBufferPointer<UInt8>, _ line: Int
    ) throws {
        lane.streams[stream].uncovered += 1
        records += 1
        guard !lane.job.isReplay else { return }
        do {
            try lane.job.normalizer.normalize(record: record, of: text, line: line, into: lane.streams[stream].root)
        } catch let error as RecordError {
            throw ProgramError(.data, "unable to normalize \(error.description(in: origin))", hint: error.hint)
        } catch let violation as ContractViolation {
            report(.contractBroken(violation), origin)
            throw Normalizer.refusal(violation, at: violation.line > 0 ? origin.line(violation.line) : nil)
        }
    }

    /// What a frozen contract makes of a run.
    static func refusal(_ violation: ContractViolation, at place: String?) -> ProgramError {
        ProgramError(
            .data, "unable to normalize \(place.map { "\($0), " } ?? "")\(violation.reason)",
            hint: "correct the data, or let the contract give way: --schema-contract "
                + "'{\"\(violation.entity.rawValue)\": \"evolve\"}', or discard_row with --rejects FILE")
    }

    /// Passes on what happened; what a contract has left out is kept with the rejects, if there are any.
    private func take(_ event: EvolutionEvent) {
        report(event, origin)
        guard case .contractViolated(let violation, let text, _) = event, let rejects = request.rejects,
            rejectsFailure == nil
        else { return }
        rejected += 1
        do {
            try rejects.write(
                line: violation.line, of: origin, reason: violation.reason, text: text,
                details: violation.document)
        } catch { rejectsFailure = error }
    }

    private func plainStream(_ name: String) throws -> (Lane, Int) {
        if let lane, let known = lane.place(of: name.utf8) { return (lane, known) }
        return try open(stream: name, hints: request.hints)
    }

    private func open(stream name: String, hints: StreamHints) throws -> (lane: Lane, stream: Int) {
        let lane = try openLane(defaultPipeline: name)
        let versions = lane.job.versions(of: name)
        let isDecided = try hints.writeDisposition ?? lane.job.givenDisposition(stream: name) != nil
        let root = try lane.job.open(table: name, hints: hints)
        let known = lane.place(of: name.utf8)
        if let known {
            lane.streams[known].isDecided = isDecided
            return (lane, known)
        }
        lane.streams.append(Stream(name: Array(name.utf8), root: root, versions: versions, isDecided: isDecided))
        lane.last = lane.streams.count - 1
        return (lane, lane.last)
    }

    /// The lane of the open native stream, or else the only one there is.
    private func openLane(defaultPipeline: String) throws -> Lane {
        if let lane { return lane }
        let pipeline = request.pipeline ?? header?.pipeline ?? defaultPipeline
        var request = request
        request.runKey = request.runKey ?? header?.runKey
        request.again = request.again || header?.again == true
        if let known = lanes.first(where: { $0.pipeline == pipeline }) {
            guard known.runKey == request.runKey else { throw Normalizer.differentKeys(pipeline) }
            lane = known
            return known
        }
        let job = try PackageJob(
            request, pipeline: pipeline, refresh: header?.refresh, tape: tape, messages: messages
        ) { [unowned self] event in
            take(event)
        }
        let opened = Lane(job, pipeline: pipeline, runKey: request.runKey)
        lanes.append(opened)
        lane = opened
        return opened
    }

    /// One package has one run key; under the first the others would never come.
    private static func differentKeys(_ pipeline: String) -> ProgramError {
        ProgramError(
            .usage, "unable to put several windows or run keys of pipeline \(pipeline) into one package",
            hint: "give each stream a dlt-normalize of its own")
    }

    // MARK: Messages

    private func takeMessage(_ line: LineReader.Line) throws {
        switch scanner.message(in: line.bytes, isNative: kind == .native) {
        case .record(let record):
            if kind == nil { try decide(.record, line, hasShape: true) }
            try takeRecord(record, line)
        case .flawedRecord(let reason):
            if kind == nil { try decide(.record, line, hasShape: false) }
            try reject(line, reason)
        case .other(let type):
            guard let type = MessageType(rawValue: type) else { return try takeUnknown(type, line) }
            guard tape.depth <= JSONTape.recursionDepth else {
                return try reject(line, "a \(type.rawValue) message is nested too deep")
            }
            let value = JSONValue(tape: tape, index: 0, text: line.bytes)
            if kind == nil { try decide(type, line, hasShape: Normalizer.hasShape(of: type, value)) }
            try takeMessage(type, value, line)
        case .none:
            if kind == nil { try decide(nil, line, hasShape: false) }
            try reject(line, "not a message of a record stream")
        }
    }

    private func takeMessage(_ type: MessageType, _ value: JSONValue, _ line: LineReader.Line) throws {
        switch type {
        case .header: try takeHeader(value, line.number)
        case .schema: try takeSchema(value, line.number)
        case .state: try takeState(value, line.number)
        case .end: try takeEnd(value, line.number)
        case .batch: try takeBatch(value, line.number)
        case .activateVersion: try takeActivateVersion(value, line.number)
        case .record: return
        }
    }

    /// The first line decides what the input is.
    private func decide(_ type: MessageType?, _ line: LineReader.Line, hasShape: Bool) throws {
        guard hasShape, let type, type != .end else {
            throw ProgramError(
                .usage, "unable to read line \(line.number): it does not begin a record stream",
                hint: "plain rows, one JSON object a line, need --table NAME or --table-from FIELD")
        }
        kind = type == .header ? .native : .singer
        origin = .stream
    }

    /// Whether an object is the message that its `type` says, not a row that happens to have such a field.
    private static func hasShape(of type: MessageType, _ value: JSONValue) -> Bool {
        switch type {
        case .header: value["pipeline"] != nil
        case .schema: value["stream"]?.stringValue != nil && value["schema"]?.objectValue != nil
        case .state: value["value"] != nil
        case .batch: value["stream"] != nil && value["manifest"] != nil
        case .activateVersion: value["stream"] != nil && value["version"] != nil
        case .record, .end: false
        }
    }

    private func takeUnknown(_ type: String, _ line: LineReader.Line) throws {
        switch kind {
        case nil: try decide(nil, line, hasShape: false)
        case .native: try reject(line, "a record stream has no messages of type \(type)")
        case .singer:
            guard warnedTypes.insert(type).inserted else { return }
            messages.warning("\(origin.line(line.number)): skipped messages of type \(type)")
        }
    }

    private func takeRecord(_ record: MessageScanner.Record, _ line: LineReader.Line) throws {
        if kind == .native && header == nil { try checkIsOpen(line.number) }
        let text = line.bytes
        let name = scanner.bytes(record.stream, text)
        let found: Int? =
            tape[record.stream].hasEscapes
            ? lane?.place(of: tape.string(at: record.stream, in: text).utf8) : lane?.place(of: name)
        guard let lane, let stream = found else {
            throw ProgramError(
                .data,
                "unable to place \(origin.line(line.number)): a RECORD of stream "
                    + "\(tape.string(at: record.stream, in: text)) before its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        lane.streams[stream].messages += 1
        if let version = record.version, tape[version].kind == .integer {
            guard admits(scanner.bytes(version, text), lane, stream, line.number) else { return }
        }
        try normalize(record.record, lane, stream, text, line.number)
    }

    private func takeHeader(_ value: JSONValue, _ line: Int) throws {
        guard kind == .native else {
            throw misplaced(line, "a HEADER inside a stream of Singer messages")
        }
        guard header == nil else {
            throw ProgramError(
                .data, "unable to read \(origin.line(line)): a HEADER inside a stream that has not ended",
                hint: "the program that wrote the stream before it was killed; run it again")
        }
        let format = value["format"]?.intValue ?? 0
        guard format == StreamHeader.formatVersion, let header = StreamHeader(message: value) else {
            throw ProgramError(
                .data,
                "unable to read \(origin.line(line)): format \(format) of the record stream is not the one this program "
                    + "reads (\(StreamHeader.formatVersion))",
                hint: "use extract and normalize of one release")
        }
        self.header = header
        counts = Counts()
        sawState = false
        lane = nil
        let lane = try openLane(defaultPipeline: header.pipeline)
        if let id = header.delivered, !lane.job.isReplay {
            throw ProgramError(
                .temporary, "unable to hand on package \(id), which this run key has made: it is gone",
                hint: "somebody has removed it in the meantime; run the whole pipe again")
        }
        for index in lane.streams.indices { lane.streams[index].messages = 0 }
    }

    private func takeSchema(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        guard let schema = StreamSchema(message: value) else {
            throw misplaced(line, "a SCHEMA needs a stream")
        }
        counts.schemas += 1
        let said = try StreamHints(StreamSchemaHints(primaryKey: schema.primaryKey, hints: schema.hints))
        let opened = try open(stream: schema.stream, hints: said.overridden(by: request.hints))
        if !schema.isComplete {
            try refusePart(
                of: schema.stream, opened.lane, why: "the stream was narrowed by a cursor, a window or a limit")
        }
    }

    /// Between the END of one native stream and the HEADER of the next there is nothing.
    private func checkIsOpen(_ line: Int) throws {
        guard kind == .native, header == nil else { return }
        throw misplaced(line, "it follows the END of its stream")
    }

    private static let envelopeHint =
        "a filter between the programs must let everything but RECORD lines pass unchanged"

    private func misplaced(_ line: Int, _ reason: String) -> ProgramError {
        ProgramError(.data, "unable to read \(origin.line(line)): \(reason)", hint: Normalizer.envelopeHint)
    }

    /// What needs the complete set must not see a part of it.
    private func refusePart(of stream: String, _ lane: Lane, why: String) throws {
        guard !request.acceptsPart, let need = lane.job.needsCompleteSet(stream: stream) else { return }
        throw ProgramError(
            .data, "unable to \(need) table \(stream) with a part of its rows: \(why)",
            hint: "extract everything, use another write disposition, or say --partial-ok if the part is meant")
    }

    private func refuseParts(why: String, except complete: [String] = []) throws {
        guard let lane else { return }
        for stream in lane.streams where !complete.contains(stream.text) {
            try refusePart(of: stream.text, lane, why: why)
        }
    }

    private func takeState(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        counts.states += 1
        sawState = true
        let lane = try openLane(defaultPipeline: request.pipeline ?? "singer")
        if kind == .singer {
            lane.job.take(singerState: value["value"] ?? [:])
        } else {
            guard let sources = value["value", "sources"]?.objectValue else {
                throw misplaced(line, "a STATE needs its value's sources")
            }
            if let header { try lane.job.check(base: header.base) }
            lane.job.take(state: StateTree(sources: sources))
        }
        for index in lane.streams.indices { lane.streams[index].uncovered = 0 }
    }

    private func takeEnd(_ value: JSONValue, _ line: Int) throws {
        guard let end = StreamEnd(message: value), header != nil, let lane else {
            throw misplaced(line, "a malformed END, or one without a HEADER")
        }
        guard end.schemas == counts.schemas, end.states == counts.states else {
            throw ProgramError(
                .data,
                "unable to trust the stream: END counts \(end.schemas) SCHEMA and \(end.states) STATE messages, "
                    + "\(counts.schemas) and \(counts.states) came",
                hint: Normalizer.envelopeHint)
        }
        for stream in lane.streams {
            let sent = end.records[stream.text]?.intValue ?? 0
            if sent != stream.messages {
                messages.warning("stream \(stream.text): \(sent) records were sent, \(stream.messages) came")
            }
        }
        inputStatus = max(inputStatus, end.exitStatus)
        header = nil
        if end.exitStatus != 0 && !end.more {
            try refuseParts(why: "the source ended with status \(end.exitStatus)", except: end.complete)
            try lane.job.cutToState()
            isClosed = true
            return
        }
        if end.more { try refuseParts(why: "the source has more") }
        settle(lane)
    }

    private func settle(_ lane: Lane) {
        lane.job.settle()
        for index in lane.streams.indices { lane.streams[index].uncovered = 0 }
    }

    // MARK: Batches

    private func takeBatch(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        let batch = try BatchMessage(value, at: origin.line(line))
        guard let lane, let stream = lane.place(of: batch.stream.utf8) else {
            throw ProgramError(
                .data, "unable to place \(origin.line(line)): a BATCH of stream \(batch.stream) before its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        let outer = origin
        defer { origin = outer }
        for file in batch.files {
            origin = .file(file)
            try takeBatch(file, batch.compression, lane, stream, namedBy: outer.line(line))
        }
    }

    private func takeBatch(
        _ path: String, _ compression: Compression?, _ lane: Lane, _ stream: Int, namedBy place: String
    ) throws {
        let file: any ByteSource
        do { file = try CompressedInput.open(Descriptor.openForReading(path), as: compression) } catch let error
            as SystemError
        {
            throw ProgramError(error, hint: "the BATCH in \(place) names it")
        }
        let lines = LineReader(source: file, maximumLineBytes: request.maximumLineBytes)
        do {
            while let line = try lines.next() {
                // A file never makes a reader wait, so nothing else would notice.
                if line.number & 0xFF == 0, StopSignal.requested { throw Stopped(hint: nil) }
                try takeBatch(line, lane, stream)
            }
        } catch let error as LineTooLong {
            throw ProgramError(
                .data, "unable to read \(path): \(error)",
                hint: "--max-memory takes four times the longest line: give it more")
        }
    }

    private func takeBatch(_ line: LineReader.Line, _ lane: Lane, _ stream: Int) throws {
        if skipWhitespace(line.bytes, 0) == line.bytes.count { return }
        do throws(JSONSyntaxError) { try tape.scan(line.bytes) } catch {
            return try reject(line, "not JSON: \(error)")
        }
        guard tape[0].kind == .object else { return try reject(line, "not a JSON object") }
        try normalize(0, lane, stream, line.bytes, line.number)
        if tape.footprint > 64 << 20 { tape.shrink() }
    }

    // MARK: Versions

    /// Whether a record of that version is one of this run's.
    private func admits(_ version: UnsafeBufferPointer<UInt8>, _ lane: Lane, _ stream: Int, _ line: Int) -> Bool {
        if lane.streams[stream].isDecided { return true }
        if let current = lane.streams[stream].versions.current, current.utf8.elementsEqual(version) { return true }
        let name = lane.streams[stream].text
        let isEmpty = lane.job.tableIsEmpty(stream: name)
        if lane.streams[stream].versions.admits(String(decoding: version, as: UTF8.self), tableIsEmpty: isEmpty) {
            lane.job.remember(lane.streams[stream].versions, of: name)
            return true
        }
        if !lane.streams[stream].warnedVersion {
            lane.streams[stream].warnedVersion = true
            messages.warning(
                "\(origin.line(line)): skipped records of stream \(name) with version "
                    + "\(String(decoding: version, as: UTF8.self)): this run's is \(lane.streams[stream].versions.current ?? "")"
            )
        }
        return false
    }

    private func takeActivateVersion(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        guard let name = value["stream"]?.stringValue, let version = value["version"]?.versionText else {
            throw misplaced(line, "an ACTIVATE_VERSION needs a stream and a version")
        }
        guard let lane, let stream = lane.place(of: name.utf8) else {
            throw ProgramError(
                .data, "unable to place \(origin.line(line)): an ACTIVATE_VERSION of stream \(name) before its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        guard !lane.streams[stream].isDecided else { return }
        let isEmpty = lane.job.tableIsEmpty(stream: name)
        switch lane.streams[stream].versions.activate(version, tableIsEmpty: isEmpty) {
        case .nothing: break
        case .replace: try lane.job.replaceTable(of: name)
        case .other(let current):
            messages.warning(
                "\(origin.line(line)): version \(version) of stream \(name) is not activated: "
                    + "this run's records are of version \(current)")
            return
        case .mixed:
            throw ProgramError(
                .data,
                "unable to activate version \(version) of stream \(name): an earlier run that was cut short has added a part "
                    + "of it to the rows that it replaces",
                hint: "have the tap send the whole table again (`dlt-state reset`), or keep all rows with "
                    + "--write-disposition append")
        }
        lane.job.remember(lane.streams[stream].versions, of: name)
        // It says that what came before it is all there is. Where a STATE covered that, it need not wait for another.
        if sawState, lane.streams.allSatisfy({ $0.uncovered == 0 }) { settle(lane) }
    }

    // MARK: The end

    /// Publishes the packages and tells of each as soon as it can be seen.
    package func finish(_ publish: (Outcome) throws -> Void) throws {
        if isStream { try finishStream() } else { try finishRows() }
        if let rejectsFailure { throw rejectsFailure }
        for lane in lanes { try publish(lane.job.publish()) }
    }

    private func finishRows() throws {
        if lane == nil, case .table(let name) = request.mode { _ = try plainStream(name) }
        if let lane { settle(lane) }
    }

    private func finishStream() throws {
        guard let kind else {
            throw ProgramError(
                .temporary, "unable to normalize: the input is empty",
                hint: "the program before dlt-normalize did not write a stream; see its message")
        }
        switch kind {
        case .native:
            guard header != nil || endsInsideLine else { return }
            truncation = .noEnd
            guard header != nil else { return }
            try refuseParts(why: "the stream ended without its END")
            try lane?.job.cutToState()
        case .singer:
            guard let lane else { return }
            let isCovered = lane.streams.allSatisfy { $0.uncovered == 0 }
            truncation = endsInsideLine ? .noEnd : sawState && !isCovered ? .noState : nil
            for stream in lane.streams where endsInsideLine || sawState && stream.uncovered > 0 {
                try refusePart(of: stream.text, lane, why: "the stream ended without a STATE after its last records")
            }
            if sawState || endsInsideLine { try lane.job.cutToState() } else { settle(lane) }
        }
    }

    package func abandon() { for lane in lanes { lane.job.abandon() } }
}
