import Cursors
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordSources
import RecordStreams
import Schemas
import SystemIO

/// The sink: writes one native record stream, leaves out what is not wanted, counts, limits, and keeps the state.
final class ExtractSession: RecordSink {
    private let writer: StreamWriter
    /// Under which the state keeps what the resources remember.
    private let stateSource: String
    private let request: ExtractRequest
    private let messages: Messages
    private let progress: ProgressLine

    private let base: StateTree
    private var sources: StateTree
    /// The changes that the last STATE told.
    private var told = StateTree()
    /// A state below this size is told whenever there is one.
    private static let smallState = 16 << 10
    /// Where a run may stop anywhere, so many bytes of records are settled at a time.
    private static let bytesPerState = 32 << 20
    private var lastStateBytes = 0
    private var bytesSinceState = 0
    /// By handle.
    private var lanes: [Lane] = []
    private var reading = ""

    /// An offer was refused: the source has more.
    private(set) var more = false
    /// It was refused because the chunk is full.
    private(set) var chunkIsFull = false
    private(set) var recordCount = 0
    /// Of a run that failed, the resources that came whole all the same.
    private(set) var completeResources: [String] = []
    /// Records that a cursor left out.
    private(set) var droppedCount = 0
    /// Records until somebody should look at the clock.
    private var untilProgress = 1024

    /// One resource.
    private struct Lane {
        let name: String
        /// Decides about records, or about items of the source that stand for records.
        let cursor: CursorFilter?
        /// What the source last said that it remembers.
        var memory: JSONObject
        var count = 0
        /// The limit was reached: there are records that were not looked at.
        var isCut = false
        /// What it remembers is told at the end of the run only.
        var settlesAtEnd = false
        /// Where the source was when it last said so, and the records that it has offered since.
        var place: RecordPlace?
        var offered = 0
        /// Records until the stream is told again where they come from.
        var untilPlace = Int.max

        /// A record is left out: the next one is not where it would be looked for.
        mutating func skipPlace() {
            guard place != nil else { return }
            offered += 1
            untilPlace = 0
        }
    }

    init(
        _ writer: StreamWriter, header: StreamHeader, stateSource: String, base: StateTree, request: ExtractRequest,
        messages: Messages, progress: ProgressLine
    ) throws {
        self.writer = writer
        self.stateSource = stateSource
        self.request = request
        self.messages = messages
        self.progress = progress
        self.base = base
        sources = base
        try writer.write(header)
        // The next program begins its work while a slow source thinks.
        try writer.flush()
    }

    // MARK: RecordSink

    func begin(_ resource: String, hints: JSONObject, primaryKey: [String]?, cursor own: CursorSettings?) throws -> Int
    {
        let primaryKey = request.primaryKey ?? primaryKey
        let memory = state(of: resource)
        let cursor = try request.cursor(own: own).map { settings in
            try CursorFilter(
                settings, resource: resource, remembered: memory["incremental"]?[settings.path.text],
                primaryKey: request.itemCursor.map { [$0.key] } ?? primaryKey)
        }
        var all = self.hints(with: hints)
        if request.isPartial || cursor != nil { all["complete"] = false }
        if cursor?.settings.lag != nil { all["repeats"] = true }
        if request.itemCursor == nil, let column = cursor?.column { ExtractSession.mark(column, in: &all) }
        let handle = try writer.write(StreamSchema(stream: resource, primaryKey: primaryKey, hints: all))
        if handle == lanes.count { lanes.append(Lane(name: resource, cursor: cursor, memory: memory)) }
        return handle
    }

    /// dlt notes in the schema which column a cursor goes by.
    private static func mark(_ column: String, in hints: inout JSONObject) {
        var columns = hints["columns"]?.objectValue ?? [:]
        var column = (column, columns[column]?.objectValue ?? [:])
        column.1["incremental"] = true
        columns[column.0] = .object(column.1)
        hints["columns"] = .object(columns)
    }

    func range(of resource: Int) -> CursorRange? { lanes[resource].cursor?.range }

    func wants(_ item: [UInt8], of resource: Int) throws -> Bool {
        guard let cursor = lanes[resource].cursor else { return true }
        let verdict = try item.withUnsafeBufferPointer { bytes throws(CursorError) in try cursor.judge(bytes) }
        return verdict == .deliver
    }

    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int) throws -> SinkAnswer {
        try take(json, of: resource, nil)
    }

    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int, in sequence: RecordSequence) throws -> SinkAnswer {
        try take(json, of: resource, sequence)
    }

    private func take(
        _ json: UnsafeBufferPointer<UInt8>, of resource: Int, _ sequence: RecordSequence?
    ) throws -> SinkAnswer {
        if StopSignal.requested { return refuse(.stop) }
        if let size = request.chunkSize, recordCount >= size {
            chunkIsFull = true
            return refuse(.stop)
        }
        if let limit = request.limit, lanes[resource].count >= limit {
            lanes[resource].isCut = true
            return refuse(.resourceIsFull)
        }
        if request.itemCursor == nil, let cursor = lanes[resource].cursor {
            if bytesSinceState >= ExtractSession.bytesPerState, cursor.settings.canStopAnywhere,
                !lanes[resource].settlesAtEnd
            {
                try tell(resource)
            }
            let verdict: CursorFilter.Verdict
            if let sequence {
                verdict = try cursor.judge(json, in: &sequence.place)
            } else {
                verdict = try cursor.judge(json)
            }
            switch verdict {
            case .deliver: break
            case .drop:
                droppedCount += 1
                lanes[resource].skipPlace()
                countProgress()
                return .leftOut
            case .end: return sequence == nil ? .resourceIsFull : .sequenceHasEnded
            }
        }
        if lanes[resource].untilPlace == 0 { try tellPlace(resource) }
        try writer.write(record: json, to: resource)
        lanes[resource].untilPlace &-= 1
        lanes[resource].offered &+= 1
        lanes[resource].count += 1
        recordCount += 1
        bytesSinceState += json.count
        countProgress()
        return .taken
    }

    func isAt(_ place: RecordPlace, of resource: Int) {
        lanes[resource].place = place
        lanes[resource].offered = 0
        lanes[resource].untilPlace = 0
    }

    private func tellPlace(_ resource: Int) throws {
        lanes[resource].untilPlace = ExtractSession.recordsPerPlace
        guard let place = lanes[resource].place else { return }
        try writer.write(place.advanced(by: lanes[resource].offered), of: resource)
    }

    /// As often it is told where records come from even if that can be counted: so much is uncertain at most when a filter on the way
    /// removes some.
    private static let recordsPerPlace = 1000

    private func refuse(_ answer: SinkAnswer) -> SinkAnswer {
        more = true
        return answer
    }

    func state(of resource: String) -> JSONObject { base[subtree(resource)] ?? [:] }

    /// By bytes: resources whose names look the same are two.
    private func handle(of resource: String) -> Int? {
        lanes.firstIndex { ExactString($0.name) == ExactString(resource) }
    }

    private func subtree(_ resource: String) -> StateTree.Subtree { .init(source: stateSource, resource: resource) }

    func checkpoint(_ resource: String, isLast: Bool, _ state: () -> JSONObject) throws {
        guard isLast || lastStateBytes < Self.smallState || bytesSinceState >= lastStateBytes else { return }
        // What is read only for what depends on it has no records here, and remembers all the same.
        guard let handle = handle(of: resource) else {
            return try tell(resource, state())
        }
        if !canSettle(lanes[handle], isLast: isLast) { return }
        lanes[handle].memory = state()
        try tell(handle)
    }

    /// Where the last value may stand behind records that are still to come, it is told when all have come.
    private func canSettle(_ lane: Lane, isLast: Bool) -> Bool {
        guard let cursor = lane.cursor else { return true }
        if cursor.settings.canStopAnywhere && !lane.settlesAtEnd { return true }
        let isCut = lane.settlesAtEnd ? lanes.contains(where: \.isCut) : lane.isCut
        return isLast && !StopSignal.requested && !isCut
    }

    func leavesOutRest(of resource: Int) { lanes[resource].isCut = true }

    func settleOnlyAtEnd(_ resource: Int) { lanes[resource].settlesAtEnd = true }

    var chunk: (size: Int, room: Int)? { request.chunkSize.map { ($0, max($0 - recordCount, 0)) } }

    /// Tells what a resource is to remember from here on.
    private func tell(_ handle: Int) throws {
        var memory = lanes[handle].memory
        if let cursor = lanes[handle].cursor, let value = try cursor.memory() {
            var cursors = memory["incremental"]?.objectValue ?? [:]
            cursors[cursor.settings.path.text] = value
            memory["incremental"] = .object(cursors)
        }
        try tell(lanes[handle].name, memory)
    }

    func checkpoint(_ memories: [(resource: String, memory: JSONObject)]) throws {
        var sources = self.sources
        for (resource, memory) in memories {
            let handle = handle(of: resource)
            // A cursor that may not be told yet stays as it is; so does what its resource remembers beside it.
            if let handle, lanes[handle].cursor != nil { continue }
            if let handle { lanes[handle].memory = memory }
            sources[subtree(resource)] = memory.isEmpty ? nil : memory
        }
        try tell(sources)
    }

    private func tell(_ resource: String, _ memory: JSONObject) throws {
        var sources = self.sources
        sources[subtree(resource)] = memory.isEmpty ? nil : memory
        try tell(sources)
    }

    private func tell(_ sources: StateTree) throws {
        var changes = sources.changes(since: base)
        // What was told before and is so no more has to be taken back.
        for subtree in told.subtrees where changes[subtree] == nil { changes[subtree] = sources[subtree] ?? [:] }
        guard changes != told else { return }
        let value = JSONValue.object(["sources": .object(changes.sources)])
        lastStateBytes = value.serializedBytes().count
        bytesSinceState = 0
        try writer.write(state: value)
        self.sources = sources
        told = changes
        // So far it is settled; let the next program have it.
        try writer.flush()
    }

    func hints(with own: JSONObject) -> JSONObject {
        var all = own
        all.merge(request.hints)
        return all
    }

    var limit: Int? { request.limit }

    func settle(complete resources: [String]) throws {
        completeResources = resources
        try writer.write(state: ["sources": .object(told.sources)])
        try writer.flush()
    }

    func budgetIsSpent() {
        more = true
        chunkIsFull = true
    }

    func flush() throws { try writer.flush() }

    func isReading(_ what: String) {
        reading = what
        showProgress()
    }

    func isWaiting(_ what: String, seconds: Double) {
        // A live line shows it as long as it lasts.
        if progress.isLive || seconds < ExtractSession.longWait { return }
        messages.note(what)
    }

    /// In seconds.
    private static let longWait = 30.0

    /// How many records of each resource were handed over, in the order of their announcement.
    var counts: [(name: String, count: Int)] { lanes.map { ($0.name, $0.count) } }

    func warn(_ message: String, hint: String?) { messages.warning(message, hint: hint) }

    func note(_ message: String) { messages.note(message) }

    func columnType(_ column: String, of resource: String) -> KnownType? {
        request.columns.type(of: column, in: resource, hints: hints(with: [:]))
    }

    private func countProgress() {
        untilProgress -= 1
        if untilProgress == 0 { showProgress() }
    }

    private func showProgress() {
        untilProgress = 1024
        progress.update(
            "\(NumberText.count(recordCount)) records, reading \(reading)",
            [("records", .count(recordCount)), ("reading", .text(reading))])
    }

    // MARK: End

    /// Closes a stream whose source ended well.
    func finish() throws {
        for (handle, lane) in lanes.enumerated() {
            guard let cursor = lane.cursor, canSettle(lane, isLast: !chunkIsFull) else { continue }
            // An item is wanted before its records are read; only the source knows whether they all were.
            if request.itemCursor != nil && StopSignal.requested { continue }
            try tell(handle)
            warn(ofBoundary: cursor, lane.name)
        }
        if StopSignal.requested {
            try writer.writeEnd(exitStatus: Int(128 + StopSignal.signalNumber), more: false)
        } else {
            try writer.writeEnd(exitStatus: Int(chunkIsFull ? ExitStatus.more.rawValue : 0), more: more)
        }
    }

    private func warn(ofBoundary cursor: CursorFilter, _ resource: String) {
        guard cursor.boundaryCount > ExtractSession.manyAtBoundary else { return }
        messages.warning(
            "\(NumberText.count(cursor.boundaryCount)) records of \(resource) have the last value of "
                + "\(cursor.settings.path.text): the state grows with them",
            hint: "a cursor with finer steps is better; or use --range-start open, or --boundary-key ''")
    }

    private static let manyAtBoundary = 200
}
