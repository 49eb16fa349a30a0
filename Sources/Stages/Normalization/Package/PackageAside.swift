import DateTimes
import JSONText
import LoadPackages
import SystemIO

/// What happened to one package and what was set aside for it, for `--events` and `--rejects`: a line each, appended when the package
/// is published.
final class PackageAside {
    private let pipeline: String
    private let loadID: LoadID
    private let rejects: PendingLines?
    private let events: PendingLines?
    /// Lines that are told even of a run that fails.
    private var reasonsToFail: [[UInt8]] = []

    init(_ request: NormalizeRequest, _ spool: Spool, _ loadID: LoadID) {
        pipeline = spool.pipeline
        self.loadID = loadID
        // A check sets aside what a run would, and keeps nothing of it.
        let request = request.isCheck ? nil : request
        rejects = request?.rejects.map { PendingLines(spool, loadID, kind: "rejects", to: $0.path) }
        events = request?.events.map { PendingLines(spool, loadID, kind: "events", to: $0.path) }
    }

    /// A piece of the input, which ends its line.
    enum Piece {
        /// JSON as it stands there.
        case record(UnsafeBufferPointer<UInt8>)
        /// What is no JSON.
        case text(UnsafeBufferPointer<UInt8>)
        /// The same, which may hold what is to be changed in records.
        case withheld
        case none
    }

    func reject(at place: InputPlace?, _ details: JSONObject, _ piece: Piece) throws {
        guard let rejects else { return }
        try rejects.append(line(details, place, piece))
    }

    func tell(_ event: EvolutionEvent, at place: InputPlace?, _ piece: Piece) throws {
        guard let events, let document = event.document.objectValue else { return }
        let line = line(document, place, piece)
        try events.append(line)
        if event.mayEndRun { reasonsToFail.append(line) }
    }

    private func line(_ details: JSONObject, _ place: InputPlace?, _ piece: Piece) -> [UInt8] {
        var object: JSONObject = [
            "time": .string(PackageAside.now()), "pipeline": .string(pipeline), "load_id": .string(loadID.text),
        ]
        object.merge(details)
        if let place { object.merge(place.members) }
        if case .text(let text) = piece { object["text"] = .string(String(decoding: text, as: UTF8.self)) }
        if case .withheld = piece { object["withheld"] = true }
        var line = JSONValue.object(object).serializedBytes()
        if case .record(let json) = piece {
            line.removeLast()
            line += Array(",\"record\":".utf8)
            line += json
            line.append(UInt8(ascii: "}"))
        }
        line.append(0x0A)
        return line
    }

    private static func now() -> String {
        String(unsafeUninitializedCapacity: TemporalWriter.maxCount) {
            guard let output = $0.baseAddress else { return 0 }
            return TemporalWriter.write(timestamp: Clock.nowMicroseconds(), isUTC: true, into: output)
        }
    }

    // MARK: With the package

    typealias Mark = (rejects: Int64, events: Int64)

    func mark() -> Mark { (rejects?.mark() ?? 0, events?.mark() ?? 0) }

    func cut(to mark: Mark) throws {
        try rejects?.cut(to: mark.rejects)
        try events?.cut(to: mark.events)
    }

    /// Before the package is published.
    func settle() throws {
        try rejects?.settle()
        try events?.settle()
    }

    /// When it is.
    func deliver() throws {
        try rejects?.deliver()
        try events?.deliver()
    }

    /// From then on the lines are the package's, whatever comes.
    var isPublished = false

    /// Nothing is published. What made the run fail is told all the same: somebody waits for it.
    func abandon() {
        if isPublished { return }
        rejects?.abandon()
        guard let events else { return }
        try? events.cut(to: 0)
        for line in reasonsToFail { try? events.append(line) }
        if reasonsToFail.isEmpty { events.abandon() } else { try? events.settleAndDeliver() }
    }
}
