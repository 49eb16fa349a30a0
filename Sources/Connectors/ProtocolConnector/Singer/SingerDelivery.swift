import JSONText
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

/// Delivers a tap's messages to the sink, in their order.
final class SingerDelivery {
    private let name: String
    private let catalog: SingerCatalog?
    private let memory: SingerMemory
    private let sink: any RecordSink
    private var streams = StreamResources()
    /// The last STATE, if the sink does not have it yet.
    private var unsent: JSONValue?
    /// Whether records were left out because of a limit: a STATE would claim them.
    private var isCut = false
    private var warned: Set<String> = []

    private(set) var isChunkFull = false
    /// Whether a STATE reached the sink.
    private(set) var hasMemory = false

    init(_ name: String, _ catalog: SingerCatalog?, _ memory: SingerMemory, _ sink: any RecordSink) {
        self.name = name
        self.catalog = catalog
        self.memory = memory
        self.sink = sink
    }

    var hasUncovered: Bool { streams.all.contains { $0.uncovered > 0 } }
    var complete: [String] { streams.all.filter(\.isComplete).map(\.name) }

    /// Whether a part of the rows would replace a table; dlt-normalize then refuses the run.
    var replacesPart: Bool {
        let disposition = sink.hints(with: [:])["write_disposition"]
        return streams.all.contains {
            !$0.isComplete && (disposition == "replace" || disposition == nil && ($0.isWhole || $0.isReplaced))
        }
    }

    /// Takes one message; returns whether more are wanted.
    func take(_ message: MessageLine) throws -> Bool {
        switch message.string("type") {
        case "RECORD": return try takeRecord(message)
        case "SCHEMA": try takeSchema(message)
        case "STATE": try takeState(message)
        case "ACTIVATE_VERSION": try takeVersion(message)
        case "BATCH": try takeBatch(message)
        case let type?:
            if warned.insert(type).inserted { sink.warn("\(name): skipped messages of type \(type)", hint: nil) }
        case nil: throw misplaced(message, "it is not a message of Singer: it has no type")
        }
        return true
    }

    /// Everything has arrived.
    func finish() throws {
        // What a run forgets that starts over stays forgotten, even if no STATE of its tap counts.
        let last = (isCut ? nil : unsent) ?? (sink.startsOver && !hasMemory ? memory.state ?? [:] : nil)
        if let last { try sink.checkpoint(source: [SingerMemory.key: last], isLast: true) }
        for stream in streams.all where stream.isAppendedAgain && !stream.hasVersions && stream.count > 0 {
            let hints = sink.hints(with: [:])
            guard hints["write_disposition"] == nil else { continue }
            sink.warn(
                "stream \(stream.name) has no key, and its tap goes on in the middle of it: its rows are appended",
                hint:
                    "--refresh drop-resources reads it from the beginning, --write-disposition merge --primary-key COLUMN updates its "
                    + "rows; --write-disposition append is this, without the warning")
        }
    }

    // MARK: Messages

    private func takeSchema(_ message: MessageLine) throws {
        guard let name = message.string("stream"), let node = message.member("schema"), message.isObject(node) else {
            throw misplaced(message, "a SCHEMA needs a stream and a schema")
        }
        if let known = streams.place(of: name.utf8), streams[known].declaration.elementsEqual(message.text) { return }
        let keys = message.value("key_properties")?.arrayValue?.compactMap(\.stringValue) ?? []
        let bookmarks = message.value("bookmark_properties")?.arrayValue ?? []
        let entry = catalog?.streams.first { $0.names.contains(name) }
        let isInside = memory.isInside(entry?.names ?? [name])
        if isInside, sink.startsOver {
            throw ProgramError(
                .usage,
                "unable to start over: the tap sends stream \(name), which the catalog does not select, from the middle on",
                hint:
                    "select it, too, or leave out --catalog, --discover, --select and --replication to start over with all streams"
            )
        }
        var hints = JSONObject()
        // Every target updates rows by the key that a tap names.
        if !keys.isEmpty { hints["usual_write_disposition"] = "merge" }
        // From the second run on such a stream has only what is new.
        let isIncremental = entry?.method.map { $0 != "FULL_TABLE" } ?? !bookmarks.isEmpty
        if memory.state != nil, isIncremental || isInside { hints["complete"] = false }
        // All rows come in each run: without a key they would be there once for each.
        let isFullTable = entry?.method == "FULL_TABLE" && keys.isEmpty
        if isFullTable { hints["usual_write_disposition"] = isInside ? "append" : "replace" }
        let handle = try sink.begin(
            name, declaredBy: message.value(node), hints: hints, primaryKey: keys.isEmpty ? nil : keys)
        var place = streams.place(of: name.utf8)
        if place == nil {
            place = streams.append(StreamResource(name: name, handle: handle))
            sink.isAt(RecordPlace(.command(self.name)), of: handle)
        }
        guard let place else { return }
        streams[place].declaration = Array(message.text)
        streams[place].isReplaced = isFullTable && !isInside
        streams[place].isAppendedAgain = isFullTable && isInside
    }

    private func takeRecord(_ message: MessageLine) throws -> Bool {
        let place = try known(message, "a RECORD")
        guard let record = message.member("record"), message.isObject(record) else {
            throw misplaced(message, "a RECORD needs a record, which is an object")
        }
        if streams[place].isFull { return true }
        let answer: SinkAnswer
        if let version = message.digits("version") {
            streams[place].hasVersions = true
            answer = try sink.take(message.bytes(record), of: streams[place].handle, version: version)
        } else {
            answer = try sink.take(message.bytes(record), of: streams[place].handle)
        }
        switch answer {
        case .taken, .leftOut:
            streams[place].uncovered += 1
            streams[place].count += 1
            streams[place].isWhole = false
            streams[place].isComplete = false
        case .resourceIsFull, .sequenceHasEnded:
            streams[place].isFull = true
            isCut = true
            return !isFull
        case .stop:
            isChunkFull = !StopSignal.requested
            return false
        }
        return true
    }

    /// Whether the rest of the tap's output is not wanted; without a catalog other streams may still come.
    private var isFull: Bool {
        guard let catalog else { return false }
        let wanted = catalog.streams.filter(\.isRead)
        return !wanted.isEmpty
            && wanted.allSatisfy { entry in streams.all.contains { entry.names.contains($0.name) && $0.isFull } }
    }

    private func takeState(_ message: MessageLine) throws {
        guard let value = message.value("value") else { throw misplaced(message, "a STATE needs a value") }
        unsent = value
        if isCut { return }
        guard try sink.checkpoint(source: [SingerMemory.key: value], isLast: false) else { return }
        unsent = nil
        hasMemory = true
        streams.changeAll { stream in
            stream.uncovered = 0
            stream.isComplete = stream.isWhole
        }
    }

    private func takeVersion(_ message: MessageLine) throws {
        let found = try place(message, "an ACTIVATE_VERSION")
        guard let version = message.digits("version") else {
            throw misplaced(message, "an ACTIVATE_VERSION needs a version, which is an integer")
        }
        // Some taps name the version first. It says nothing about rows that have not come yet.
        guard let place = found else { return }
        streams[place].hasVersions = true
        // A part must not pass for the whole.
        if streams[place].isFull { return }
        streams[place].isWhole = true
        try sink.activate(version: version, of: streams[place].handle)
    }

    private func takeBatch(_ message: MessageLine) throws {
        let place = try known(message, "a BATCH")
        if sink.limit != nil || sink.chunk != nil {
            throw ProgramError(
                .usage, "unable to limit stream \(streams[place].name): the tap delivers it in BATCH files",
                hint: "leave out --limit and --chunk-size, or configure the tap without batches")
        }
        streams[place].uncovered += 1
        streams[place].isWhole = false
        streams[place].isComplete = false
        guard let batch = message.value(0).objectValue else { return }
        try sink.passOn(batch: batch, of: streams[place].handle)
    }

    private func known(_ message: MessageLine, _ type: String) throws -> Int {
        if let place = try place(message, type) { return place }
        throw misplaced(message, "\(type) of stream \(message.string("stream") ?? "") precedes its SCHEMA")
    }

    /// The stream of a message; nil if it has had no SCHEMA.
    private func place(_ message: MessageLine, _ type: String) throws -> Int? {
        guard let stream = message.member("stream"), case .string = message.tape[stream].kind else {
            throw misplaced(message, "\(type) needs a stream")
        }
        let name = message.bytes(stream)
        return message.tape[stream].hasEscapes
            ? streams.place(of: message.tape.string(at: stream, in: message.text).utf8) : streams.place(of: name)
    }

    private func misplaced(_ message: MessageLine, _ reason: String) -> ProgramError {
        ProgramError(
            .data, "unable to read line \(message.number) of \(name): \(reason)",
            hint: "this is a mistake of the tap; report it to its author, or use another version")
    }
}
