import DateTimes
import JSONText
import LoadPackages
import SystemIO

/// The events and rejects of one package, for `--events` and `--rejects`: one line each, appended when the package is
/// published.
final class PackageAside {
    private let pipeline: String
    private let loadID: LoadID
    private let rejects: PendingLines?
    private let events: PendingLines?
    /// Lines that are written even for a failed run.
    private var reasonsToFail: [[UInt8]] = []

    init(_ request: NormalizeRequest, _ spool: Spool, _ loadID: LoadID) {
        pipeline = spool.pipeline
        self.loadID = loadID
        // A check counts what a run would set aside, and keeps none of it.
        let request = request.isCheck ? nil : request
        rejects = request?.rejects.map { PendingLines(spool, loadID, kind: "rejects", to: $0.path) }
        events = request?.events.map { PendingLines(spool, loadID, kind: "events", to: $0.path) }
    }

    /// A part of the input, which ends its line.
    enum Piece {
        /// JSON, unchanged.
        case record(UnsafeBufferPointer<UInt8>)
        /// Text that is not JSON.
        case text(UnsafeBufferPointer<UInt8>)
        /// The same for text that may contain values to be changed in records.
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

    /// Called before the package is published.
    func settle() throws {
        try rejects?.settle()
        try events?.settle()
    }

    /// Called after the package is published.
    func deliver() throws {
        try rejects?.deliver()
        try events?.deliver()
    }

    /// From then on the lines belong to the package, whatever happens.
    var isPublished = false

    /// Nothing is published. The cause of the failure is written all the same, since a program may wait for it.
    func abandon() {
        if isPublished { return }
        rejects?.abandon()
        guard let events else { return }
        try? events.cut(to: 0)
        for line in reasonsToFail { try? events.append(line) }
        if reasonsToFail.isEmpty { events.abandon() } else { try? events.settleAndDeliver() }
    }
}
