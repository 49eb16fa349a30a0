package import JSONText
package import LoadPackages
import PipelineStates
package import ProgramSupport
import RecordStreams
import Schemas
package import SystemIO

extension PackageWriter: RowOutput {}

/// What one run of normalize is asked to do.
package struct NormalizeRequest {
    package enum Mode {
        /// The first line decides: native or Singer.
        case stream
        /// Plain rows of one table.
        case table(String)
        /// Plain rows, each of the table that a field of it names.
        case tableFrom(String)
    }

    package var mode: Mode
    package var spool: (_ pipeline: String) throws -> Spool
    package var pipeline: String?
    package var hints: StreamHints
    package var naming: String?
    package var identifierLimit: Int?
    package var overlay: JSONValue?
    package var runKey: String?
    package var again: Bool
    package var acceptsPart: Bool
    package var rotation: RotationLimits
    package var buffering: BufferLimits
    package var maximumLineBytes: Int
    package var rejects: Rejects?
}

/// Reads one input to its end and publishes what it amounts to as one package.
///
/// Feed it lines with `take`, then call `finish`. Nothing is visible to others before `finish`; leaving without it
/// (`abandon`) leaves nothing behind.
package final class Normalizer {
    private let request: NormalizeRequest
    private let messages: Messages
    private let report: (EvolutionEvent) -> Void
    private let tape = JSONTape()
    private let scanner: MessageScanner
    private var job: PackageJob?
    private var isSinger = false
    private var decided = false

    // The native stream that is open.
    private var header: StreamHeader?
    private var streams: [Stream] = []
    private var lastStream = 0
    private var counts = Counts()
    private var warnedTypes: Set<String> = []
    private var sawState = false
    /// A source failed: what may follow its END is not believed.
    private var isClosed = false

    package private(set) var records = 0
    package private(set) var rejected = 0
    /// Worst status that an END of the input told.
    package private(set) var inputStatus = 0

    private struct Stream {
        let name: [UInt8]
        let root: RecordNormalizer.Root
        var records = 0
    }

    private struct Counts {
        var schemas = 0
        var states = 0
    }

    package init(_ request: NormalizeRequest, messages: Messages, report: @escaping (EvolutionEvent) -> Void) {
        self.request = request
        self.messages = messages
        self.report = report
        scanner = MessageScanner(tape: tape)
    }

    /// What was done, for the summary and the PACKAGE line.
    package struct Outcome {
        package var package: (loadID: LoadID, path: String, rows: Int)?
        package var pipeline: String
        package var tables: [(table: String, rows: Int)]
        package var nullOnlyColumns: [(table: String, column: String)]
        /// The package had been made before under the same run key.
        package var wasThere = false
        /// The input ended too early; what is in the package is what a STATE covered.
        package var truncated = false
    }

    // MARK: Lines

    package func take(_ line: LineReader.Line) throws {
        let text = line.bytes
        if isClosed || skipWhitespace(text, 0) == text.count { return }
        do throws(JSONSyntaxError) { try tape.scan(text) } catch {
            // A line without its newline is the end of a stream that was cut off, when what is there is no JSON.
            if !line.hadNewline, isStream, decided { return }
            return try reject(line, "not JSON: \(error)")
        }
        switch request.mode {
        case .table(let name):
            guard tape[0].kind == .object else { return try reject(line, "not a JSON object") }
            let stream = try plainStream(name)
            try normalize(0, stream, text, line.number)
        case .tableFrom(let field):
            guard tape[0].kind == .object else { return try reject(line, "not a JSON object") }
            guard let name = member(field, text) else {
                return try reject(line, "it has no field \(field) that could name its table")
            }
            try normalize(0, try plainStream(name), text, line.number)
        case .stream:
            try takeMessage(line)
        }
        if tape.footprint > 64 << 20 { tape.shrink() }
    }

    private var isStream: Bool { if case .stream = request.mode { true } else { false } }

    private func reject(_ line: LineReader.Line, _ reason: String) throws {
        guard let rejects = request.rejects, decided || !isStream else {
            throw ProgramError(
                .data, "unable to read line \(line.number): \(reason)",
                hint: isStream && !decided
                    ? "plain rows need --table NAME or --table-from FIELD"
                    : "correct the line, or set such lines aside with --rejects FILE")
        }
        rejected += 1
        try rejects.write(line: line.number, reason: reason, text: line.bytes)
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
        _ record: Int, _ stream: Int, _ text: UnsafeBufferPointer<UInt8>, _ line: Int
    ) throws {
        streams[stream].records += 1
        records += 1
        guard let job, !job.isReplay else { return }
        try job.normalizer.normalize(record: record, of: text, line: line, into: streams[stream].root)
    }

    private func plainStream(_ name: String) throws -> Int {
        if lastStream < streams.count, streams[lastStream].name.elementsEqual(name.utf8) { return lastStream }
        if let known = streams.firstIndex(where: { $0.name.elementsEqual(name.utf8) }) {
            lastStream = known
            return known
        }
        return try open(stream: name, hints: request.hints)
    }

    private func open(stream name: String, hints: StreamHints) throws -> Int {
        let job = try openJob(defaultPipeline: name)
        let root = try job.open(table: name, hints: hints)
        if let known = streams.firstIndex(where: { $0.name.elementsEqual(name.utf8) }) { return known }
        streams.append(Stream(name: Array(name.utf8), root: root))
        lastStream = streams.count - 1
        return lastStream
    }

    private func openJob(defaultPipeline: String) throws -> PackageJob {
        if let job { return job }
        let pipeline = request.pipeline ?? header?.pipeline ?? defaultPipeline
        let job = try PackageJob(
            request, pipeline: pipeline, base: header?.base, tape: tape, messages: messages, report: report)
        self.job = job
        return job
    }

    // MARK: Messages

    private func takeMessage(_ line: LineReader.Line) throws {
        let text = line.bytes
        let message = scanner.message(in: text)
        if case .record(let stream, let record) = message, decided {
            return try takeRecord(stream, record, text, line.number)
        }
        guard case .other(let type) = message, let kind = MessageType(rawValue: type) else {
            if decided, case .other(let type) = message, isSinger {
                if warnedTypes.insert(type).inserted {
                    messages.warning("line \(line.number): skipped messages of type \(type)")
                }
                return
            }
            if case .record = message {
                throw ProgramError(
                    .data, "unable to place line \(line.number): a RECORD before the SCHEMA of its stream")
            }
            return try reject(line, decided ? "not a message of a record stream" : "not a record stream")
        }
        let value = JSONValue(tape: tape, index: 0, text: text)
        if !decided {
            isSinger = kind != .header
            decided = true
        }
        switch kind {
        case .header: try takeHeader(value, line.number)
        case .schema: try takeSchema(value, line.number)
        case .state: try takeState(value, line.number)
        case .end: try takeEnd(value, line.number)
        case .record:
            throw ProgramError(.data, "unable to read line \(line.number): a RECORD needs a stream and a record")
        case .batch, .activateVersion:
            throw ProgramError(
                .data, "unable to use line \(line.number): \(kind.rawValue) messages are not supported",
                hint: "have the tap write RECORD messages")
        }
    }

    private func takeRecord(
        _ stream: Int, _ record: Int, _ text: UnsafeBufferPointer<UInt8>, _ line: Int
    ) throws {
        let name = scanner.bytes(stream, text)
        if lastStream < streams.count, streams[lastStream].name.elementsEqual(name) {
            return try normalize(record, lastStream, text, line)
        }
        let unescaped = tape.string(at: stream, in: text)
        guard let known = streams.firstIndex(where: { $0.name.elementsEqual(unescaped.utf8) }) else {
            throw ProgramError(
                .data, "unable to place line \(line): a RECORD of stream \(unescaped) before its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        lastStream = known
        try normalize(record, known, text, line)
    }

    private func takeHeader(_ value: JSONValue, _ line: Int) throws {
        guard header == nil else { throw truncatedBefore(line) }
        let format = value["format"]?.intValue ?? 0
        guard format == StreamHeader.formatVersion, let header = StreamHeader(message: value) else {
            throw ProgramError(
                .data,
                "unable to read line \(line): format \(format) of the record stream is not the one this program "
                    + "reads (\(StreamHeader.formatVersion))",
                hint: "use extract and normalize of one release")
        }
        self.header = header
        counts = Counts()
        sawState = false
        for index in streams.indices { streams[index].records = 0 }
        _ = try openJob(defaultPipeline: header.pipeline)
    }

    private func truncatedBefore(_ line: Int) -> ProgramError {
        ProgramError(.data, "unable to read line \(line): a HEADER inside a stream that has not ended")
    }

    private func takeSchema(_ value: JSONValue, _ line: Int) throws {
        guard let schema = StreamSchema(message: value) else {
            throw ProgramError(.data, "unable to read line \(line): a SCHEMA needs a stream")
        }
        counts.schemas += 1
        let said = try StreamHints(StreamSchemaHints(primaryKey: schema.primaryKey, hints: schema.hints))
        let hints = said.overridden(by: request.hints)
        _ = try open(stream: schema.stream, hints: hints)
        if !schema.isComplete {
            try refusePart(of: schema.stream, why: "the stream was narrowed by a cursor, a window or a limit")
        }
    }

    /// What needs the complete set must not see a part of it.
    private func refusePart(of stream: String, why: String) throws {
        guard !request.acceptsPart, let need = job?.needsCompleteSet(stream: stream) else { return }
        throw ProgramError(
            .data, "unable to \(need) table \(stream) with a part of its rows: \(why)",
            hint: "extract everything, use another write disposition, or say --partial-ok if the part is meant")
    }

    private func refuseParts(why: String) throws {
        for stream in streams { try refusePart(of: String(decoding: stream.name, as: UTF8.self), why: why) }
    }

    private func takeState(_ value: JSONValue, _ line: Int) throws {
        counts.states += 1
        sawState = true
        let job = try openJob(defaultPipeline: request.pipeline ?? "singer")
        if isSinger {
            job.take(singerState: value["value"] ?? [:])
        } else {
            guard let sources = value["value", "sources"]?.objectValue else {
                throw ProgramError(.data, "unable to read line \(line): a STATE needs its value's sources")
            }
            job.take(state: StateTree(sources: sources))
        }
    }

    private func takeEnd(_ value: JSONValue, _ line: Int) throws {
        guard let end = StreamEnd(message: value), header != nil else {
            throw ProgramError(.data, "unable to read line \(line): a malformed END, or one without a HEADER")
        }
        guard end.schemas == counts.schemas, end.states == counts.states else {
            throw ProgramError(
                .data,
                "unable to trust the stream: END counts \(end.schemas) SCHEMA and \(end.states) STATE messages, "
                    + "\(counts.schemas) and \(counts.states) came",
                hint: "a filter between the programs must let everything but RECORD lines pass unchanged")
        }
        for stream in streams {
            let name = String(decoding: stream.name, as: UTF8.self)
            let sent = end.records[name]?.intValue ?? 0
            if sent != stream.records {
                messages.warning("stream \(name): \(sent) records were sent, \(stream.records) came")
            }
        }
        inputStatus = max(inputStatus, end.exitStatus)
        header = nil
        if end.exitStatus != 0 && !end.more {
            try refuseParts(why: "the source ended with status \(end.exitStatus)")
            try job?.cutToState()
            isClosed = true
            return
        }
        if end.more {
            try refuseParts(why: "the source has more")
        }
        try job?.settle()
    }

    // MARK: The end

    /// Publishes the package, or finds that there is nothing to publish.
    package func finish() throws -> Outcome {
        var truncated = false
        if isStream {
            guard decided else {
                throw ProgramError(
                    .temporary, "unable to normalize: the input is empty",
                    hint: "the program before dlt-normalize did not write a stream; see its message")
            }
            if header != nil {
                truncated = true
                try refuseParts(why: "the stream ended without its END")
                try job?.cutToState()
            } else if isSinger {
                if sawState { try job?.cutToState() } else { try job?.settle() }
            }
        } else {
            if job == nil, case .table(let name) = request.mode { _ = try plainStream(name) }
            try job?.settle()
        }
        guard let job else {
            return Outcome(pipeline: request.pipeline ?? "", tables: [], nullOnlyColumns: [])
        }
        var outcome = try job.publish()
        outcome.truncated = truncated
        return outcome
    }

    package func abandon() { job?.abandon() }
}
