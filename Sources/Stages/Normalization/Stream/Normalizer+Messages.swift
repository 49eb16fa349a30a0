import DataContracts
import Failures
import JSONText
import PipelineStates
import ProgramSupport
import RecordChanges
import RecordStreams
import Schemas
import SystemIO

/// The messages of a record stream: what each may change, and what it requires.
extension Normalizer {
    func receiveMessage(_ line: LineReader.Line) throws {
        switch scanner.message(in: line.bytes, isNative: kind == .native) {
        case .record(let record):
            if kind == nil { try decide(.record, line, hasShape: true) }
            try receiveRecord(record, line)
        case .flawedRecord(let reason):
            if kind == nil { try decide(.record, line, hasShape: false) }
            try reject(line, reason)
        case .other(let type):
            guard let type = MessageType(rawValue: type), type != .place || kind == .native else {
                return try receiveUnknown(type, line)
            }
            guard tape.depth <= JSONTape.recursionDepth else {
                return try reject(line, "a \(type.rawValue) message is nested too deeply")
            }
            let value = JSONValue(tape: tape, index: 0, text: line.bytes)
            if kind == nil { try decide(type, line, hasShape: Normalizer.hasShape(of: type, value)) }
            try receiveMessage(type, value, line)
        case .none:
            if kind == nil { try decide(nil, line, hasShape: false) }
            try reject(line, "not a message of a record stream")
        }
    }

    func receiveMessage(_ type: MessageType, _ value: JSONValue, _ line: LineReader.Line) throws {
        // STATE and PLACE do not affect the records after them.
        if type != .state, type != .place { invalidateWorkAhead() }
        switch type {
        case .header: try receiveHeader(value, line.number)
        case .schema: try receiveSchema(value, line.number)
        case .place: try receivePlace(value, line.number)
        case .state: try receiveState(value, line.number)
        case .end: try receiveEnd(value, line.number)
        case .batch: try receiveBatch(value, line.number)
        case .activateVersion: try receiveActivateVersion(value, line.number)
        case .record: return
        }
    }

    /// Whether a line that should be a row is the first of a stream.
    func beginsStream(_ line: LineReader.Line) -> Bool {
        guard case .other(let type) = scanner.message(in: line.bytes, isNative: false),
            let type = MessageType(rawValue: type), [.header, .schema, .end].contains(type),
            tape.depth <= JSONTape.recursionDepth
        else { return false }
        let value = JSONValue(tape: tape, index: 0, text: line.bytes)
        // A program that failed at once sends nothing else.
        if type == .end { return value["status"] == "failed" && StreamEnd(message: value) != nil }
        return Normalizer.hasShape(of: type, value)
    }

    /// The first line decides the kind of the input.
    func decide(_ type: MessageType?, _ line: LineReader.Line, hasShape: Bool) throws {
        guard hasShape, let type else {
            throw ProgramError(
                .usage, "unable to read line \(line.number): it does not begin a record stream",
                hint: "plain rows, one JSON object a line, need --table NAME or --table-from FIELD")
        }
        kind = type == .header || type == .end ? .native : .singer
    }

    /// Whether an object is the message that its `type` names, not a row that happens to have such a field.
    static func hasShape(of type: MessageType, _ value: JSONValue) -> Bool {
        switch type {
        case .header: value["pipeline"] != nil
        case .schema: value["stream"]?.stringValue != nil && value["schema"]?.objectValue != nil
        case .state: value["value"] != nil
        case .batch: value["stream"] != nil && value["manifest"] != nil
        case .activateVersion: value["stream"] != nil && value["version"] != nil
        // An END alone means that the previous program never began.
        case .end: value["status"] == "failed" && value["exit_status"]?.intValue != nil
        case .record, .place: false
        }
    }

    func receiveUnknown(_ type: String, _ line: LineReader.Line) throws {
        switch kind {
        case nil: try decide(nil, line, hasShape: false)
        case .native: try reject(line, "a record stream has no messages of type \(type)")
        case .singer:
            guard warnedTypes.insert(type).inserted else { return }
            messages.warning("\(origin.line(line.number)): skipped messages of type \(type)")
        }
    }

    func receiveRecord(_ record: MessageScanner.Record, _ line: LineReader.Line) throws {
        if kind == .native && header == nil { try checkIsOpen(line.number) }
        let text = line.bytes
        let name = scanner.bytes(record.stream, text)
        let found: Int? =
            tape[record.stream].hasEscapes
            ? lane?.place(of: tape.string(at: record.stream, in: text).utf8) : lane?.place(of: name)
        guard let lane, let stream = found else {
            throw ProgramError(
                .data,
                "unable to read \(origin.line(line.number)): a RECORD of stream "
                    + "\(tape.string(at: record.stream, in: text)) precedes its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        lane.streams[stream].messages += 1
        if let version = record.version, tape[version].kind == .integer {
            guard admits(scanner.bytes(version, text), lane, stream, line.number) else { return }
        }
        try normalize(record.record, lane, stream, text, line.number)
    }

    func receiveHeader(_ value: JSONValue, _ line: Int) throws {
        guard kind == .native else {
            throw misplaced(line, "a HEADER inside a stream of Singer messages")
        }
        guard header == nil else {
            throw ProgramError(
                .data, "unable to read \(origin.line(line)): a HEADER inside a stream that has not ended",
                hint: "the program that wrote the stream before it was killed; run it again")
        }
        let format = value["format"]?.intValue ?? 0
        guard StreamHeader.readableVersions.contains(format), let header = StreamHeader(message: value) else {
            throw ProgramError(
                .data,
                "unable to read \(origin.line(line)): format \(format) of the record stream is not the one this program "
                    + "reads (1 to \(StreamHeader.formatVersion))",
                hint: "use extract and normalize of one release")
        }
        self.header = header
        RunRecorder.join(header.extractID)
        began()
        counts = Counts()
        sawState = false
        lane = nil
        let lane = try openLane(defaultPipeline: header.pipeline)
        if let id = header.delivered, !lane.job.isReplay {
            throw ProgramError(
                .temporary, "unable to hand on package \(id), which this run key made before: it is gone",
                hint: "it has since been removed; run the whole pipe again")
        }
        for index in lane.streams.indices {
            lane.streams[index].messages = 0
            lane.streams[index].places = PlaceCount()
        }
    }

    func receiveSchema(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        guard let schema = StreamSchema(message: value) else {
            throw misplaced(line, "a SCHEMA needs a stream")
        }
        counts.schemas += 1
        try check(schema, line)
        var said = try StreamHints(StreamSchemaHints(primaryKey: schema.primaryKey, hints: schema.hints))
        said.declaredTypes = DeclaredTypes(schema.jsonSchema)
        if kind == .singer {
            // Every target updates rows by the key that a tap names.
            if said.primaryKey != nil, said.usualDisposition == nil { said.usualDisposition = .merge }
        }
        let opened = try open(stream: schema.stream, hints: said.overridden(by: request.hints))
        if !schema.isComplete {
            try refusePart(
                of: schema.stream, opened.lane, why: "the stream was narrowed by a cursor, a window or a limit")
        }
    }

    /// Refuses unknown hints: they would be stored without effect.
    private func check(_ schema: StreamSchema, _ line: Int) throws {
        var reason: String?
        do throws(ColumnHints.Mistake) { try ColumnHints.check(schema.hints["columns"]?.objectValue ?? [:]) } catch {
            reason = error.text
        }
        if let hint = StreamSchemaHints.unknown(in: schema.hints) {
            let meant = Spelling.nearest(hint, in: StreamSchemaHints.names).map { " Did you mean \"\($0)\"?" } ?? ""
            reason = reason ?? "\"\(hint)\" is not a hint of a stream; your own begin with x-." + meant
        }
        guard let reason else { return }
        throw ProgramError(
            .data, "unable to use the SCHEMA of stream \(schema.stream) (\(origin.line(line))): \(reason)",
            hint: "correct the hints where the stream is made")
    }

    /// No lines are allowed between the END of one native stream and the HEADER of the next.
    func checkIsOpen(_ line: Int) throws {
        guard kind == .native, header == nil else { return }
        throw misplaced(line, "it follows the END of its stream")
    }

    private static let envelopeHint =
        "a filter between the programs must let everything but RECORD lines pass unchanged"

    func misplaced(_ line: Int, _ reason: String) -> ProgramError {
        ProgramError(.data, "unable to read \(origin.line(line)): \(reason)", hint: Normalizer.envelopeHint)
    }

    /// Operations that need the complete set must not get a part of it.
    func refusePart(of stream: String, _ lane: Lane, why: String) throws {
        guard !request.acceptsPart, let need = lane.job.needsCompleteSet(stream: stream) else { return }
        throw ProgramError(
            .data, "unable to \(need) table \(stream) with a part of its rows: \(why)",
            hint: "extract everything, use another write disposition, or add --partial-ok if a part is intended")
    }

    func refuseParts(why: String, except complete: [String] = []) throws {
        guard let lane else { return }
        for stream in lane.streams where !complete.contains(stream.text) {
            try refusePart(of: stream.text, lane, why: why)
        }
    }

    func receiveState(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        counts.states += 1
        sawState = true
        let lane = try openLane(defaultPipeline: request.pipeline ?? "singer")
        if kind == .singer {
            lane.job.update(singerState: value["value"] ?? [:])
        } else {
            guard let sources = value["value", "sources"]?.objectValue else {
                throw misplaced(line, "a STATE needs its value's sources")
            }
            if let header { try lane.job.check(base: header.base, ofPipeline: header.pipeline) }
            try refuseHiddenCursors(in: sources, lane)
            lane.job.update(state: StateTree(sources: sources))
        }
        for index in lane.streams.indices { lane.streams[index].uncovered = 0 }
    }

    /// Refuses a cursor whose values are hidden in the rows: the state would keep the last of them as it was.
    private func refuseHiddenCursors(in sources: JSONObject, _ lane: Lane) throws {
        for stream in lane.streams {
            guard let changes = stream.changes else { continue }
            for (_, source) in sources.members {
                let cursors = source["resources", stream.text, "incremental"]?.objectValue ?? [:]
                for (cursor, kept) in cursors.members {
                    guard kept["last_value"]?.isNull == false, let path = try? ChangeRules.path(cursor),
                        changes.hides(path)
                    else { continue }
                    throw ProgramError(
                        .usage,
                        "unable to hide \(cursor) of table \(stream.root.name): it is the cursor of resource \(stream.text), "
                            + "and the state keeps its last value as it is",
                        hint: "use another --cursor, or say --keep \(ShellWord.quoted(cursor)) to load its values")
                }
            }
        }
    }

    func receiveEnd(_ value: JSONValue, _ line: Int) throws {
        let read = StreamEnd(message: value)
        if let read, header == nil, lane == nil, !isClosed, read.exitStatus != 0 {
            inputStatus = read.exitStatus
            isClosed = true
            return
        }
        guard let end = read, header != nil, let lane else {
            throw misplaced(line, "a malformed END, or one without a HEADER")
        }
        guard end.schemas == counts.schemas, end.states == counts.states else {
            throw ProgramError(
                .data,
                "unable to trust the stream: END counts \(end.schemas) SCHEMA and \(end.states) STATE messages, but "
                    + "\(counts.schemas) and \(counts.states) arrived",
                hint: Normalizer.envelopeHint)
        }
        for stream in lane.streams {
            let sent = end.records[stream.text]?.intValue ?? 0
            if sent != stream.messages {
                messages.warning("stream \(stream.text): \(sent) records were sent, but \(stream.messages) arrived")
            }
        }
        inputStatus = max(inputStatus, end.exitStatus)
        header = nil
        if end.exitStatus != 0 && !end.more {
            try refuseParts(why: "the source ended with status \(end.exitStatus)", except: end.complete)
            try lane.job.cutToCheckpoint()
            isClosed = true
            return
        }
        if end.more { try refuseParts(why: "the source has more", except: end.complete) }
        if end.endsAtState { return try lane.job.cutToCheckpoint() }
        checkpoint(lane)
    }

    /// Everything so far is published, whatever happens after.
    func checkpoint(_ lane: Lane) {
        lane.job.checkpoint()
        for index in lane.streams.indices { lane.streams[index].uncovered = 0 }
    }
}
