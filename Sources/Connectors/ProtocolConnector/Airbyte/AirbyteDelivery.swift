import JSONText
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

/// Delivers a source's messages to the sink.
///
/// Streams may be read side by side, and a STATE concerns one of them. Since everything before a memory of the sink counts, a
/// state waits until no other stream has records that are not covered by a state of its own and would come twice. A record that
/// comes twice is harmless where rows are merged.
final class AirbyteDelivery {
    private let name: String
    private let keep: (JSONValue) throws -> Void
    private let sink: any RecordSink
    private let memory: AirbyteMemory
    private let catalog: [AirbyteCatalog.Stream]
    private var streams = StreamResources()
    private var places: [ExactStreamName: Int] = [:]
    private var status: [Int: String] = [:]
    private var isMerged: [Bool] = []
    private var sinceState: [Int] = []
    /// States that the sink does not have yet, by stream.
    private var waiting: [(place: Int, state: JSONValue)] = []
    private var wholeState: JSONValue?
    /// Whether an earlier run remembered a state for all streams, and this one has sent none.
    private var hasOldWholeState: Bool
    private var failures = AirbyteFailures()
    private var isCut = false
    private var warned: Set<String> = []

    private(set) var isChunkFull = false
    private(set) var hasMemory = false

    private struct ExactStreamName: Hashable {
        let namespace: String?
        let name: String
    }

    init(
        _ name: String, _ catalog: AirbyteCatalog, _ memory: AirbyteMemory,
        keep: @escaping (JSONValue) throws -> Void, _ sink: any RecordSink
    ) throws {
        self.name = name
        self.keep = keep
        self.sink = sink
        self.catalog = catalog.streams
        self.memory = memory
        hasOldWholeState = memory.hadWholeState
        for (resource, stream) in catalog.resources {
            var hints: JSONObject = ["usual_write_disposition": .string(stream.usualDisposition)]
            if stream.isIncremental { hints["complete"] = false }
            let key = stream.key
            let handle = try sink.begin(
                resource, declaredBy: stream.schema, hints: hints, primaryKey: key.isEmpty ? nil : key)
            sink.isAt(RecordPlace(.command(name)), of: handle)
            let place = streams.append(StreamResource(name: resource, handle: handle))
            places[ExactStreamName(namespace: stream.namespace, name: stream.name)] = place
            let chosen = sink.hints(with: [:])["write_disposition"]
            isMerged.append(chosen == nil ? stream.usualDisposition == "merge" : chosen != "append")
            sinceState.append(0)
        }
    }

    var hasUncovered: Bool { streams.all.contains { $0.uncovered > 0 } }
    var complete: [String] { streams.all.filter(\.isComplete).map(\.name) }

    func take(_ message: MessageLine) throws -> Bool {
        switch message.string("type") {
        case "RECORD": return try takeRecord(message)
        case "STATE": try takeState(message.value("state") ?? [:])
        case "LOG": log(message.value("log") ?? [:])
        case "TRACE": try takeTrace(message.value(0))
        case "CONTROL": try keep(message.value(0))
        default: break
        }
        return true
    }

    // MARK: Records

    private func takeRecord(_ message: MessageLine) throws -> Bool {
        guard let record = message.member("record"), let data = message.member("data", of: record),
            message.isObject(data), let place = place(message, record)
        else {
            let stream = message.member("record").flatMap { message.string("stream", of: $0) }
            throw ProgramError(
                .data,
                "unable to read line \(message.number) of \(name): "
                    + (stream.map { "stream \($0) is not in the catalog" } ?? "a RECORD needs a stream and data"),
                hint:
                    "this is a mistake of the source, or the catalog is not its own; leave out --catalog to discover it"
            )
        }
        sinceState[place] += 1
        if streams[place].isFull { return true }
        switch try sink.take(message.bytes(data), of: streams[place].handle) {
        case .taken, .leftOut:
            streams[place].uncovered += 1
            streams[place].isWhole = false
            streams[place].isComplete = false
        case .resourceIsFull, .sequenceHasEnded:
            streams[place].isFull = true
            isCut = true
            return !streams.all.allSatisfy(\.isFull)
        case .stop:
            isChunkFull = !StopSignal.requested
            return false
        }
        return true
    }

    private func place(_ message: MessageLine, _ record: Int) -> Int? {
        guard let stream = message.member("stream", of: record), case .string = message.tape[stream].kind else {
            return nil
        }
        // Most sources have no namespaces, and names that are all different.
        if message.member("namespace", of: record).map({ message.value($0).isNull }) ?? true,
            !message.tape[stream].hasEscapes, let known = streams.place(of: message.bytes(stream))
        {
            return known
        }
        return place(message.string("stream", of: record) ?? "", message.string("namespace", of: record))
    }

    private func place(_ name: String, _ namespace: String?) -> Int? {
        if let place = places[ExactStreamName(namespace: namespace, name: name)] { return place }
        let alike = catalog.indices.filter { catalog[$0].name == name }
        return alike.count == 1 ? alike.first : nil
    }

    // MARK: States

    private func takeState(_ state: JSONValue) throws {
        switch state["type"]?.stringValue {
        case "STREAM":
            let descriptor = state["stream", "stream_descriptor"] ?? [:]
            let name = descriptor["name"]?.stringValue ?? ""
            guard let place = place(name, descriptor["namespace"]?.stringValue) else {
                return warnOnce("\(self.name): skipped the state of stream \(name), which is not in the catalog")
            }
            guard agrees(state, [place]) else { return }
            waiting.removeAll { $0.place == place }
            waiting.append((place, state.only(["type", "stream"])))
            streams[place].uncovered = 0
        case "GLOBAL":
            guard agrees(state, Array(streams.all.indices)), !isCut else { return }
            wholeState = state.only(["type", "global"])
            hasOldWholeState = false
            streams.changeAll { $0.uncovered = 0 }
        default:
            guard agrees(state, Array(streams.all.indices)), !isCut else { return }
            wholeState = ["type": "LEGACY", "data": state["data"] ?? [:]]
            hasOldWholeState = false
            streams.changeAll { $0.uncovered = 0 }
        }
        try settle()
    }

    /// Sends the states that wait, if everything before this moment may count.
    private func settle() throws {
        if isCut { return }
        if let wholeState {
            if try sink.checkpoint(source: [AirbyteMemory.key: wholeState], isLast: false) {
                self.wholeState = nil
                remembered()
            }
            return
        }
        let isQuiet = streams.all.indices.allSatisfy { streams[$0].uncovered == 0 || isMerged[$0] }
        guard isQuiet, !waiting.isEmpty else { return }
        try send()
    }

    private func send() throws {
        let memories = waiting.compactMap { waiting -> (resource: String, memory: JSONObject)? in
            guard catalog[waiting.place].isIncremental else { return nil }
            return (streams[waiting.place].name, [AirbyteMemory.key: waiting.state])
        }
        waiting.removeAll()
        if memories.isEmpty { return }
        if try sink.checkpoint(memories) { remembered() }
        if hasOldWholeState { try sink.checkpoint(source: AirbyteMemory.ofStreams, isLast: true) }
        hasOldWholeState = false
    }

    /// Everything so far counts.
    private func remembered() {
        hasMemory = true
        streams.changeAll { $0.isComplete = $0.isWhole }
    }

    /// Whether as many records have arrived as the source has counted since its last state. After one that does not agree none is
    /// taken.
    private func agrees(_ state: JSONValue, _ places: [Int]) -> Bool {
        if miscounted != nil { return false }
        let arrived = places.reduce(0) { $0 + sinceState[$1] }
        for place in places { sinceState[place] = 0 }
        guard let text = state["sourceStats", "recordCount"], case .number(let digits) = text,
            let sent = Double(digits), sent != Double(arrived)
        else { return true }
        let what = places.count == 1 ? "stream \(streams[places[0]].name)" : "the streams"
        let count = Int(exactly: sent).map { "\($0)" } ?? digits
        miscounted = "\(what): the source counted \(count) records, but \(arrived) arrived"
        return false
    }

    private var miscounted: String?

    // MARK: The rest

    private func takeTrace(_ message: JSONValue) throws {
        switch message["trace", "type"]?.stringValue {
        case "ERROR": failures.take(message)
        case "STREAM_STATUS":
            let said = message["trace", "stream_status"] ?? [:]
            let descriptor = said["stream_descriptor"] ?? [:]
            guard let status = said["status"]?.stringValue,
                let place = place(descriptor["name"]?.stringValue ?? "", descriptor["namespace"]?.stringValue)
            else { return }
            self.status[place] = status
            if status == "COMPLETE" {
                // A stream that is read in full needs no state.
                if !catalog[place].isIncremental { streams[place].uncovered = 0 }
                streams[place].isWhole = true
                try settle()
            }
        default: break
        }
    }

    private func log(_ said: JSONValue) {
        let text = AirbyteDelivery.line(said["message"]?.stringValue ?? "")
        switch said["level"]?.stringValue {
        case "FATAL", "ERROR", "WARN": sink.warn("\(name): \(text)", hint: nil)
        case "DEBUG", "TRACE": break
        default: sink.note("\(name): \(text)")
        }
    }

    /// Takes a line that is not a message: libraries of a source print what they like.
    func log(_ text: String) { sink.note("\(name): \(AirbyteDelivery.line(text))") }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }

    private func warnOnce(_ text: String) { if warned.insert(text).inserted { sink.warn(text, hint: nil) } }

    // MARK: The end

    /// Whether a part of the rows would replace a table; dlt-normalize then refuses the run.
    private var replacesPart: Bool {
        let disposition = sink.hints(with: [:])["write_disposition"]
        return catalog.indices.contains { place in
            !streams[place].isComplete && (disposition ?? .string(catalog[place].usualDisposition)) == "replace"
        }
    }

    /// Why the run has failed; nil when all streams are complete.
    ///
    /// - Parameter reason: how the program ended, unless it succeeded.
    func failure(_ reason: String?) -> ProgramError? {
        let loaded =
            hasMemory && !replacesPart
            ? "what its last states cover is loaded, and the next run goes on there" : "nothing of it is loaded"
        if let error = failures.error("read all of \(name)") {
            return ProgramError(
                error.status, error.message, hint: [error.hint, loaded].compactMap { $0 }.joined(separator: "; "))
        }
        if let reason {
            return ProgramError(
                .unavailable, "unable to read all of \(name): \(reason)",
                hint: "its own messages are above; \(loaded)")
        }
        if let miscounted {
            return ProgramError(
                .data, "unable to trust \(name): \(miscounted)", hint: "this is a mistake of the source; \(loaded)")
        }
        guard let open = status.keys.sorted().first(where: { status[$0] != "COMPLETE" }) else { return nil }
        return ProgramError(
            .unavailable,
            "unable to read all of \(name): its stream \(streams[open].name) ended as \(status[open] ?? "")",
            hint: "run it again; \(loaded)")
    }

    /// Everything has arrived.
    func finish() throws {
        if let wholeState, !isCut {
            try sink.checkpoint(source: [AirbyteMemory.key: wholeState], isLast: true)
        } else if sink.startsOver, hasOldWholeState, isCut || waiting.isEmpty {
            // What a run forgets that starts over stays forgotten, even if no state of its source counts.
            try sink.checkpoint(
                source: memory.wholeState.map { [AirbyteMemory.key: $0] } ?? AirbyteMemory.ofStreams, isLast: true)
        }
        if !isCut { try send() }
    }
}

extension JSONValue {
    /// The object with these members alone.
    fileprivate func only(_ keys: [String]) -> JSONValue {
        var kept = JSONObject()
        for key in keys { kept[key] = objectValue?[key] }
        return .object(kept)
    }
}
