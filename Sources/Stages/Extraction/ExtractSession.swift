import Cursors
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordSources
import RecordStreams
import Schemas
import SystemIO

/// The sink: writes one native record stream, leaves out unwanted records, counts, limits, and keeps the state.
final class ExtractSession: RecordSink {
    private let writer: StreamWriter
    /// The key under which the state keeps the memory of the resources.
    private let stateSource: String
    private let request: ExtractRequest
    private let messages: Messages
    private let progress: ProgressLine

    private var base: StateTree
    private var sources: StateTree
    /// The changes sent in the last STATE message.
    private var told = StateTree()
    /// A smaller state is sent whenever there is one.
    private static let smallState = 16 << 10
    /// The number of bytes of records between two states, where a run may stop anywhere.
    private static let bytesPerState = 32 << 20
    private var lastStateBytes = 0
    private var bytesSinceState = 0
    /// By handle.
    private var lanes: [Lane] = []
    private var reading = ""

    /// Whether an offer was refused: the source has more.
    private(set) var more = false
    /// Whether it was refused because the chunk is full.
    private(set) var chunkIsFull = false
    private(set) var recordCount = 0
    /// The complete resources of a failed run.
    private(set) var completeResources: [String] = []
    /// Whether records after the last state do not count.
    private var endsAtMemory = false
    /// The number of records that a cursor left out.
    private(set) var droppedCount = 0
    /// The number of records until the next check of the clock.
    private var untilProgress = 1024

    /// One resource.
    private struct Lane {
        let name: String
        /// Decides about records, or about items of the source that contain records.
        let cursor: CursorFilter?
        /// The source's last report of what to remember.
        var memory: JSONObject
        var count = 0
        /// Whether the limit was reached: there are records that were not examined.
        var isCut = false
        /// Whether its memory is sent only at the end of the run.
        var settlesAtEnd = false
        /// The source's last reported place, and the number of records that it has offered since.
        var place: RecordPlace?
        var offered = 0
        /// The number of records until their place is reported again.
        var untilPlace = Int.max

        /// Whether a record was left out: the next one is not where a reader would expect it.
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
        // The next program begins its work while a slow source is busy.
        try writer.flush()
    }

    // MARK: RecordSink

    func begin(_ resource: String, hints: JSONObject, primaryKey: [String]?, cursor own: CursorSettings?) throws -> Int
    {
        try begin(resource, [:], hints, primaryKey, own)
    }

    func begin(_ resource: String, declaredBy schema: JSONValue, hints: JSONObject, primaryKey: [String]?) throws -> Int
    {
        try begin(resource, schema, hints, primaryKey, nil)
    }

    private func begin(
        _ resource: String, _ schema: JSONValue, _ hints: JSONObject, _ primaryKey: [String]?, _ own: CursorSettings?
    ) throws -> Int {
        let primaryKey = request.primaryKey ?? primaryKey
        let memory = state(of: resource)
        let cursor = try request.cursor(own: own).map { settings in
            var settings = settings
            if request.hasTypedColumns {
                settings.take(columns: hints["columns"])
                settings.hashesKeyAsList = request.primaryKey == nil && settings.boundaryKey == nil
            }
            return try CursorFilter(
                settings, resource: resource, remembered: memory["incremental"]?[settings.path.text],
                primaryKey: request.itemCursor.map { [$0.key] } ?? primaryKey)
        }
        var all = self.hints(with: hints)
        if request.isPartial || cursor != nil { all["complete"] = false }
        if cursor?.settings.lag != nil { all["repeats"] = true }
        if request.itemCursor == nil, let column = cursor?.column { ExtractSession.mark(column, in: &all) }
        let handle = try writer.write(
            StreamSchema(stream: resource, primaryKey: primaryKey, hints: all, jsonSchema: schema))
        if handle == lanes.count { lanes.append(Lane(name: resource, cursor: cursor, memory: memory)) }
        return handle
    }

    /// dlt marks the column of a cursor in the schema.
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

    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int, version: String) throws -> SinkAnswer {
        try take(json, of: resource, nil, version: version)
    }

    func activate(version: String, of resource: Int) throws { try writer.write(activated: version, of: resource) }

    func passOn(batch message: JSONObject, of resource: Int) throws { try writer.write(batch: message) }

    private func take(
        _ json: UnsafeBufferPointer<UInt8>, of resource: Int, _ sequence: RecordSequence?, version: String? = nil
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
        try writer.write(record: json, to: resource, version: version)
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

    /// The place of records is reported at this interval even if it can be counted: at most this many places become
    /// uncertain when a filter on the way removes records.
    private static let recordsPerPlace = 1000

    private func refuse(_ answer: SinkAnswer) -> SinkAnswer {
        more = true
        return answer
    }

    func state(of resource: String) -> JSONObject { base[subtree(resource)] ?? [:] }

    /// By bytes: resources whose names look the same may differ.
    private func handle(of resource: String) -> Int? {
        lanes.firstIndex { ExactString($0.name) == ExactString(resource) }
    }

    private func subtree(_ resource: String) -> StateTree.Subtree { .init(source: stateSource, resource: resource) }

    func checkpoint(_ resource: String, isLast: Bool, _ state: () -> JSONObject) throws {
        guard isLast || lastStateBytes < Self.smallState || bytesSinceState >= lastStateBytes else { return }
        // A resource that is read only for others has no records here, but has a memory.
        guard let handle = handle(of: resource) else {
            return try tell(resource, state())
        }
        if !canSettle(lanes[handle], isLast: isLast) { return }
        lanes[handle].memory = state()
        try tell(handle)
    }

    /// If records may still arrive that belong before the last value, it is sent when all have arrived.
    private func canSettle(_ lane: Lane, isLast: Bool) -> Bool {
        guard let cursor = lane.cursor else { return true }
        if cursor.settings.canStopAnywhere && !lane.settlesAtEnd { return true }
        let isCut = lane.settlesAtEnd ? lanes.contains(where: \.isCut) : lane.isCut
        return isLast && !StopSignal.requested && !isCut
    }

    func leavesOutRest(of resource: Int) { lanes[resource].isCut = true }

    func settleOnlyAtEnd(_ resource: Int) { lanes[resource].settlesAtEnd = true }

    var chunk: (size: Int, room: Int)? { request.chunkSize.map { ($0, max($0 - recordCount, 0)) } }

    /// Sends what a resource should remember from here on.
    private func tell(_ handle: Int) throws {
        var memory = lanes[handle].memory
        if let cursor = lanes[handle].cursor, let value = try cursor.memory() {
            var cursors = memory["incremental"]?.objectValue ?? [:]
            cursors[cursor.settings.path.text] = value
            memory["incremental"] = .object(cursors)
        }
        try tell(lanes[handle].name, memory)
    }

    func checkpoint(_ memories: [(resource: String, memory: JSONObject)]) throws -> Bool {
        var sources = self.sources
        for (resource, memory) in memories {
            let handle = handle(of: resource)
            // A cursor that may not be sent yet keeps its place, and so does the rest of the resource's memory.
            if let handle, lanes[handle].cursor != nil { continue }
            if let handle { lanes[handle].memory = memory }
            sources[subtree(resource)] = memory.isEmpty ? nil : memory
        }
        return try tell(sources)
    }

    var startsOver: Bool { request.startsOver }

    func forget(_ resource: String) {
        base[subtree(resource)] = nil
        sources[subtree(resource)] = nil
    }

    var memory: JSONObject { base[StateTree.Subtree(source: stateSource, resource: nil)] ?? [:] }

    func checkpoint(source memory: JSONObject, isLast: Bool) throws -> Bool {
        guard isLast || lastStateBytes < Self.smallState || bytesSinceState >= lastStateBytes else { return false }
        var sources = self.sources
        sources[StateTree.Subtree(source: stateSource, resource: nil)] = memory.isEmpty ? nil : memory
        try write(sources, sources.changes(since: base))
        return true
    }

    func endsAtLastMemory(complete: [String]) {
        endsAtMemory = true
        completeResources = complete
        more = true
        chunkIsFull = true
    }

    private func tell(_ resource: String, _ memory: JSONObject) throws {
        var sources = self.sources
        sources[subtree(resource)] = memory.isEmpty ? nil : memory
        try tell(sources)
    }

    /// Returns whether there was something new.
    @discardableResult
    private func tell(_ sources: StateTree) throws -> Bool {
        var changes = sources.changes(since: base)
        // A value that was sent before and no longer holds has to be withdrawn.
        for subtree in told.subtrees where changes[subtree] == nil { changes[subtree] = sources[subtree] ?? [:] }
        guard changes != told else { return false }
        try write(sources, changes)
        // Everything so far is complete; send it to the next program.
        try writer.flush()
        return true
    }

    private func write(_ sources: StateTree, _ changes: StateTree) throws {
        let value = JSONValue.object(["sources": .object(changes.sources)])
        lastStateBytes = value.serializedBytes().count
        bytesSinceState = 0
        try writer.write(state: value)
        self.sources = sources
        told = changes
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
        // A live line shows it while it lasts.
        if progress.isLive || seconds < ExtractSession.longWait { return }
        messages.note(what)
    }

    /// In seconds.
    private static let longWait = 30.0

    /// The number of delivered records of each resource, in the order of their announcement.
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
            [
                ("records", .count(recordCount)), ("reading", .text(reading)),
                ("resources", .counts(Dictionary(counts.map { ($0.name, $0.count) }) { $0 + $1 })),
            ])
    }

    // MARK: End

    /// Ends a stream whose source has succeeded.
    func finish() throws {
        for (handle, lane) in lanes.enumerated() {
            guard let cursor = lane.cursor, canSettle(lane, isLast: !chunkIsFull) else { continue }
            // An item is accepted before its records are read; only the source knows whether they all were.
            if request.itemCursor != nil && StopSignal.requested { continue }
            try tell(handle)
            warn(ofBoundary: cursor, lane.name)
        }
        if StopSignal.requested {
            try writer.writeEnd(exitStatus: Int(128 + StopSignal.signalNumber), more: false)
        } else {
            try writer.writeEnd(
                exitStatus: Int(chunkIsFull ? ExitStatus.more.rawValue : 0), more: more, complete: completeResources,
                endsAtState: endsAtMemory)
        }
    }

    private func warn(ofBoundary cursor: CursorFilter, _ resource: String) {
        guard cursor.boundaryCount > ExtractSession.manyAtBoundary else { return }
        messages.warning(
            "\(NumberText.count(cursor.boundaryCount)) records of \(resource) have the last value of "
                + "\(cursor.settings.path.text): the state grows with them",
            hint: "use a cursor with finer steps, --range-start open, or --boundary-key ''")
    }

    private static let manyAtBoundary = 200
}
