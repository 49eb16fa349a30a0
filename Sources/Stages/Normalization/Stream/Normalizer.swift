import CompressedIO
import DataContracts
import JSONText
package import LoadPackages
import PipelineStates
package import ProgramSupport
import RecordChanges
import RecordStreams
import Schemas
import SystemIO
package import Threading

/// Reads one input to its end and publishes the result: one package for each pipeline that it names.
///
/// `receive` accepts lines in the order of the input; `finish` follows the last one. Nothing is visible to others
/// before `finish`; without it, after `abandon`, nothing is left.
package final class Normalizer {
    let request: NormalizeRequest
    let messages: Messages
    let report: (EvolutionEvent, InputPlace?) -> Void
    /// Called when it is known which run this is.
    var began: () -> Void = {}
    private let frames: FrameQueue
    let tape = JSONTape()
    let scanner: MessageScanner
    private let changer: RecordChanger
    /// The pipeline whose line is being read.
    var origin = InputPlace.Source.input
    /// The record that is being normalized.
    var atHand = AtHand()

    enum Kind { case native, singer }
    /// The kind of the input, decided by its first line.
    var kind: Kind?
    var warnedTypes: Set<String> = []

    /// The pipelines that were named so far, and the one that rows go to.
    var lanes: [Lane] = []
    var lane: Lane?

    // The native stream that is open.
    var header: StreamHeader?
    var counts = Counts()
    var sawState = false
    /// A source failed: messages after its END are not trusted.
    var isClosed = false
    /// Whether the input stopped inside a line.
    var endsInsideLine = false

    package internal(set) var records = 0
    /// The number of records that were normalized before their turn.
    package internal(set) var recordsAhead = 0
    package internal(set) var rejected = 0
    /// Rejects from before their package was known.
    var earlyRejects: [(details: JSONObject, place: InputPlace, text: [UInt8]?)] = []
    /// An error of keeping rejects.
    var asideFailure: (any Error)?
    /// The worst status in an END of the input.
    package internal(set) var inputStatus = 0
    /// How the input ended too early: only the part of the last stream that a STATE covered was published.
    package internal(set) var truncation: Truncation?

    package enum Truncation: Sendable {
        /// Whether a native stream did not reach its END, or a line its newline.
        case noEnd
    }

    struct Counts {
        var schemas = 0
        var states = 0
    }

    /// Counts changes that affect how records are normalized, other than the schema.
    private(set) var revision = 0
    var lastSnapshot: Snapshot?

    /// - Parameter pool: compresses rows beside the work of the caller.
    package init(
        _ request: NormalizeRequest, messages: Messages, pool: WorkerPool? = nil,
        report: @escaping (EvolutionEvent, InputPlace?) -> Void
    ) {
        frames = FrameQueue(pool: pool)
        self.request = request
        self.messages = messages
        self.report = report
        scanner = MessageScanner(tape: tape)
        changer = RecordChanger(tape)
    }

    /// The result for one pipeline's part of the input.
    package struct Outcome {
        package var package: (loadID: LoadID, path: String, rows: Int)?
        package var pipeline: String
        /// Whether the pipeline's name comes from the source.
        package var isUnnamed = false
        package var tables: [(table: String, rows: Int)]
        package var nullOnlyColumns: [(table: String, column: String)]
        /// Columns with hints that no record has.
        package var unmetColumns: [(table: String, column: String)] = []
        /// Whether the package was made before under the same run key.
        package var wasThere = false
        /// Tables whose contract on the command line is stored from this run on.
        package var newContracts: [String] = []
        /// Tables whose contract an earlier run has stored.
        package var storedContracts: [String] = []
        /// Whether nothing was new; the package is one that an earlier run left waiting.
        package var handsOnWaiting = false
    }

    /// Rows so far, by table.
    var rowCounts: [String: Int] {
        Dictionary(lanes.flatMap { $0.job.normalizer.rowCounts.map { ($0.table, $0.rows) } }) { $0 + $1 }
    }

    /// Invalidates results that workers computed ahead of their turn.
    func invalidateWorkAhead() { revision += 1 }

    // MARK: Lines

    func receive(_ line: LineReader.Line) throws {
        let text = line.bytes
        if isClosed || skipWhitespace(text, 0) == text.count { return }
        do throws(JSONSyntaxError) { try tape.scan(text) } catch {
            // A line without its newline is the end of a truncated stream, if it is not JSON.
            if !line.hadNewline, kind != nil {
                endsInsideLine = true
                return
            }
            return try reject(line, error)
        }
        switch request.mode {
        case .stream: try receiveMessage(line)
        case .table, .tableFrom: try receiveRow(line)
        }
        if tape.footprint > JSONTape.largestKept { tape.shrink() }
    }

    private func receiveRow(_ line: LineReader.Line) throws {
        if lane == nil, beginsStream(line) {
            throw ProgramError(
                .usage,
                "unable to read line \(line.number) as a row: it begins a record stream, which names its tables",
                hint: "leave out --table; dlt-extract --resource NAME gives a table another name")
        }
        guard case .object = tape[0].kind else { return try reject(line, "not a JSON object") }
        let lane: Lane
        let stream: Int
        switch request.mode {
        case .tableFrom(let field):
            guard let node = scanner.member(field, in: line.bytes) else {
                return try reject(line, "it has no field \(field) that could name its table")
            }
            (lane, stream) = try plainStream(of: node, line.bytes)
        case .table(let name): (lane, stream) = try plainStream(name)
        case .stream: return
        }
        try normalize(0, lane, stream, line.bytes, line.number)
    }

    var isStream: Bool { if case .stream = request.mode { true } else { false } }

    /// Sets aside a line that is not JSON.
    func reject(_ line: LineReader.Line, _ error: JSONSyntaxError) throws {
        let shows = try mayShowText()
        guard let (place, text) = unframe(line.bytes, number: line.number) else {
            let place = origin.at(line: line.number)
            let broken = BrokenText(line.bytes, error, at: place, shows: shows)
            return try reject(line.bytes, broken.reason, hint: broken.hint, at: place)
        }
        // The end of the record, not of the frame.
        var error = error
        do throws(JSONSyntaxError) { try tape.scan(text) } catch let own { error = own }
        let broken = BrokenText(text, error, at: place, shows: shows)
        try reject(text, broken.reason, hint: broken.hint, at: place)
    }

    func reject(_ line: LineReader.Line, _ reason: String) throws {
        try reject(line.bytes, reason, hint: "correct the line", at: origin.at(line: line.number))
    }

    private func reject(
        _ text: UnsafeBufferPointer<UInt8>, _ reason: String, hint: String, at place: InputPlace
    ) throws {
        guard !isStream || kind != nil else {
            throw ProgramError(
                .data, "unable to read \(place): \(reason)",
                hint:
                    "expected a record stream; plain rows, one JSON object a line, need --table NAME or --table-from FIELD"
            )
        }
        guard request.rejects != nil else {
            throw ProgramError(
                .data, "unable to read \(place): \(reason)",
                hint: "\(hint); --rejects FILE sets such lines aside")
        }
        rejected += 1
        try setAside(at: place, reason: reason, try mayShowText() ? .text(text) : .withheld, lane)
    }

    func normalize(
        _ record: Int, _ lane: Lane, _ stream: Int, _ text: UnsafeBufferPointer<UInt8>, _ line: Int
    ) throws {
        lane.streams[stream].uncovered += 1
        records += 1
        var text = text
        if let changes = lane.streams[stream].changes { text = changer.change(record, of: text, by: changes) }
        atHand = AtHand(
            line: line, stream: stream, message: lane.streams[stream].messages, record: record, text: text,
            start: tape[record].start, end: tape[record].end)
        guard !lane.job.isReplay else { return }
        do {
            try lane.job.normalizer.normalize(record: record, of: text, line: line, into: lane.streams[stream].root)
        } catch let error as RecordError {
            throw ProgramError(
                .data, "unable to normalize \(placeAtHand.map { "\($0), " } ?? "")\(error)", hint: error.hint)
        } catch let violation as ContractViolation {
            let violation = located(violation)
            forward(.contractBroken(violation), of: lane.pipeline)
            throw Normalizer.refusal(violation, at: placeAtHand?.description)
        }
    }

    /// Converts the violation of a frozen contract into an error.
    static func refusal(_ violation: ContractViolation, at place: String?) -> ProgramError {
        ProgramError(
            .data, "unable to normalize \(place.map { "\($0), " } ?? "")\(violation.reason)",
            hint: "correct the data, or relax the contract: --schema-contract "
                + "'{\"\(violation.entity.rawValue)\": \"evolve\"}', or discard_row with --rejects FILE")
    }

    private func plainStream(of node: Int, _ text: UnsafeBufferPointer<UInt8>) throws -> (Lane, Int) {
        if !tape[node].hasEscapes, let lane, let known = lane.place(of: scanner.bytes(node, text)) {
            return (lane, known)
        }
        return try plainStream(tape.string(at: node, in: text))
    }

    func plainStream(_ name: String) throws -> (Lane, Int) {
        if let lane, let known = lane.place(of: name.utf8) { return (lane, known) }
        return try open(stream: name, hints: request.hints)
    }

    func open(stream name: String, hints: StreamHints) throws -> (lane: Lane, stream: Int) {
        invalidateWorkAhead()
        let lane = try openLane(defaultPipeline: name)
        let isDecided = try hints.writeDisposition ?? lane.job.givenDisposition(stream: name) != nil
        let root = try lane.job.open(table: name, hints: hints)
        // A run that starts over has now forgotten them.
        let versions = lane.job.versions(of: name)
        let changes = lane.job.changes[ExactString(name)]
        if let known = lane.place(of: name.utf8) {
            lane.streams[known].isDecided = isDecided
            lane.streams[known].changes = changes
            return (lane, known)
        }
        lane.streams.append(LaneStream(name: Array(name.utf8), root: root, versions: versions, isDecided: isDecided))
        lane.streams[lane.streams.count - 1].changes = changes
        lane.last = lane.streams.count - 1
        return (lane, lane.last)
    }

    /// The lane of the open native stream, or else the only one.
    func openLane(defaultPipeline: String) throws -> Lane {
        if let lane { return lane }
        invalidateWorkAhead()
        let pipeline = request.pipeline ?? header?.pipeline ?? defaultPipeline
        var request = request
        request.runKey = request.runKey ?? header?.runKey
        request.again = request.again || header?.again == true
        request.isUnnamed = request.pipeline == nil && header?.isUnnamed ?? true
        if let known = lanes.first(where: { $0.pipeline == pipeline }) {
            guard known.runKey == request.runKey else { throw Normalizer.differentKeys(pipeline) }
            lane = known
            return known
        }
        let job = try PackageJob(
            request, pipeline: pipeline, refresh: header?.refresh, tape: tape, frames: frames
        ) { [unowned self] event in
            forward(event, of: pipeline)
        }
        job.note = { [messages] in messages.note($0) }
        job.origins?.place = { [unowned self] in placeAtHand }
        began()
        let opened = Lane(job, pipeline: pipeline, runKey: request.runKey)
        lanes.append(opened)
        lane = opened
        try giveEarlyRejects(to: opened)
        return opened
    }

    /// One package has one run key; under the first key the others would never be found.
    private static func differentKeys(_ pipeline: String) -> ProgramError {
        ProgramError(
            .usage, "unable to put several windows or run keys of pipeline \(pipeline) into one package",
            hint: "give each stream a dlt-normalize of its own")
    }
}
