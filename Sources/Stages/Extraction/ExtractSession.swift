import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordSources
import RecordStreams
import Schemas
import SystemIO

/// What the options ask of every source alike.
struct ExtractRequest {
    var hints: JSONObject = [:]
    var primaryKey: [String]?
    var limit: Int?
    var chunkSize: Int?
    /// The streams hold only part of what the source has.
    var isPartial = false

    init(
        hints: JSONObject = [:], primaryKey: [String]? = nil, limit: Int? = nil, chunkSize: Int? = nil,
        isPartial: Bool = false
    ) {
        self.hints = hints
        self.primaryKey = primaryKey
        self.limit = limit
        self.chunkSize = chunkSize
        self.isPartial = isPartial
    }
}

/// The sink: writes one native record stream, counts, limits, and keeps the state.
final class ExtractSession: RecordSink {
    private let writer: StreamWriter
    private let source: String
    private let request: ExtractRequest
    private let messages: Messages
    private let progress: ProgressLine

    private let base: StateTree
    private var sources: StateTree
    /// The changes that the last STATE told.
    private var told = StateTree()
    /// A state below this size is told whenever there is one.
    private static let smallState = 16 << 10
    private var lastStateBytes = 0
    private var bytesSinceState = 0
    /// Records of each resource, by handle.
    private var counts: [Int] = []
    private var reading = ""

    /// An offer was refused: the source has more.
    private(set) var more = false
    /// It was refused because the chunk is full.
    private(set) var chunkIsFull = false
    private(set) var recordCount = 0
    /// Of a run that failed, the resources that came whole all the same.
    private(set) var completeResources: [String] = []
    /// Records until somebody should look at the clock.
    private var untilProgress = 1024

    init(
        _ writer: StreamWriter, pipeline: String, source: String, base: PackageBase, request: ExtractRequest,
        messages: Messages, progress: ProgressLine
    ) throws {
        self.writer = writer
        self.source = source
        self.request = request
        self.messages = messages
        self.progress = progress
        self.base = base.state
        sources = base.state
        try writer.write(
            StreamHeader(
                pipeline: pipeline, source: source, extractID: Self.newID(),
                base: .init(
                    stateVersion: base.stateVersion, stateHash: base.stateHash, schemaHash: base.schema?.versionHash,
                    loadID: base.loadID?.text, sourcesHash: base.state.contentHash())))
        // The next program begins its work while a slow source thinks.
        try writer.flush()
    }

    static func newID() -> String {
        Entropy.bytes(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: RecordSink

    func begin(_ resource: String, hints: JSONObject, primaryKey: [String]?) throws -> Int {
        var all = self.hints(with: hints)
        if request.isPartial { all["complete"] = false }
        let handle = try writer.write(
            StreamSchema(stream: resource, primaryKey: request.primaryKey ?? primaryKey, hints: all))
        while counts.count <= handle { counts.append(0) }
        return handle
    }

    func take(_ json: UnsafeBufferPointer<UInt8>, of resource: Int) throws -> SinkAnswer {
        if StopSignal.requested { return refuse(.stop) }
        if let size = request.chunkSize, recordCount >= size {
            chunkIsFull = true
            return refuse(.stop)
        }
        if let limit = request.limit, counts[resource] >= limit { return refuse(.resourceIsFull) }
        try writer.write(record: json, to: resource)
        counts[resource] += 1
        recordCount += 1
        bytesSinceState += json.count
        untilProgress -= 1
        if untilProgress == 0 { showProgress() }
        return .taken
    }

    private func refuse(_ answer: SinkAnswer) -> SinkAnswer {
        more = true
        return answer
    }

    func state(of resource: String) -> JSONObject {
        base[.init(source: source, resource: resource)] ?? [:]
    }

    func checkpoint(_ resource: String, isLast: Bool, _ state: () -> JSONObject) throws {
        guard isLast || lastStateBytes < Self.smallState || bytesSinceState >= lastStateBytes else { return }
        var sources = self.sources
        sources[.init(source: source, resource: resource)] = state()
        let changes = sources.changes(since: base)
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
        try writer.write(state: ["sources": .object(sources.changes(since: base).sources)])
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

    func warn(_ message: String, hint: String?) { messages.warning(message, hint: hint) }

    private func showProgress() {
        untilProgress = 1024
        progress.update(
            "\(NumberText.count(recordCount)) records, reading \(reading)",
            [("records", .count(recordCount)), ("reading", .text(reading))])
    }

    // MARK: End

    /// Closes a stream whose source ended well.
    func finish() throws {
        if StopSignal.requested {
            try writer.writeEnd(exitStatus: Int(128 + StopSignal.signalNumber), more: false)
        } else {
            try writer.writeEnd(exitStatus: Int(chunkIsFull ? ExitStatus.more.rawValue : 0), more: more)
        }
    }
}
