import DataContracts
import JSONText
import ProgramSupport
import RecordChanges

/// Reports and rejects of the run.
extension Normalizer {
    /// Reports what happened, and keeps what a contract has left out.
    func forward(_ event: EvolutionEvent, of pipeline: String) {
        var event = event
        var piece = PackageAside.Piece.none
        if case .contractViolated(let violation, let text, let isRow) = event {
            event = .contractViolated(located(violation, from: text), text: text, isRow: isRow)
        }
        switch event {
        case .contractViolated, .contractBroken: if let record = atHand.json { piece = .record(record) }
        default: break
        }
        let place = placeAtHand
        report(event, place)
        RunRecorder.event(isFrequent: event.isFrequent) {
            guard var document = event.document.objectValue else { return nil }
            if let place { document.merge(place.members) }
            // Journals are kept for months and shown to all who look after runs: only messages, and what a contract got, quote values.
            document["value"] = nil
            return document
        }
        let lane = lanes.first { $0.pipeline == pipeline }
        do {
            try lane?.job.aside.tell(event, at: place, piece)
            guard case .contractViolated(let violation, let text, let isRow) = event else { return }
            // It counts as left out, whether it is kept elsewhere or not.
            rejected += 1
            var details: JSONObject = ["reason": .string(violation.reason)]
            details.merge(violation.document)
            details["value"] = isRow ? value(of: violation) : try? JSONValue(parsing: Array(text))
            try lane?.job.aside.reject(at: place, details, piece)
        } catch { asideFailure = asideFailure ?? error }
    }

    /// Including the path from the record to the value.
    ///
    /// - Parameter text: a part of the record that is left out.
    func located(_ violation: ContractViolation, from text: UnsafeBufferPointer<UInt8>? = nil) -> ContractViolation {
        var violation = violation
        if violation.path == nil, atHand.isOn(tape), let offset = violation.offset ?? offset(of: text) {
            violation.path = RecordPath.locate(offset, below: atHand.record, on: tape, atHand.text)?.path
        }
        if violation.path?.isEmpty == true { violation.path = nil }
        return violation
    }

    private func offset(of piece: UnsafeBufferPointer<UInt8>?) -> Int? {
        guard let piece = piece?.baseAddress, let first = atHand.text.baseAddress, piece >= first,
            piece < first + atHand.text.count
        else { return nil }
        return piece - first
    }

    private func value(of violation: ContractViolation) -> JSONValue? {
        guard let offset = violation.offset, atHand.isOn(tape), tape.depth <= JSONTape.recursionDepth,
            let (path, node) = RecordPath.locate(offset, below: atHand.record, on: tape, atHand.text),
            // A missing value has no position; its place is that of its container.
            path == violation.path ?? ""
        else { return nil }
        return JSONValue(tape: tape, index: node, text: atHand.text)
    }

    /// Whether an unreadable line may be quoted and kept: not if records are changed, since it may contain values to be
    /// hidden.
    func mayShowText() throws -> Bool {
        if isStream, kind == nil { return false }
        if lane == nil {
            guard case .table(let name) = request.mode else { return false }
            _ = try plainStream(name)
        }
        return lanes.allSatisfy { $0.streams.allSatisfy { $0.changes == nil } }
    }

    /// Rules of this run's tables that matched no record.
    var unmetChanges: [(table: String, path: String)] {
        lanes.flatMap { lane in
            lane.streams.flatMap { stream in (stream.changes?.unmet ?? []).map { (stream.root.name, $0) } }
        }
    }

    /// Keeps text that is not JSON.
    func setAside(at place: InputPlace, reason: String, _ piece: PackageAside.Piece, _ lane: Lane?) throws {
        let details: JSONObject = ["reason": .string(reason)]
        if let lane { return try lane.job.aside.reject(at: place, details, piece) }
        if case .text(let text) = piece {
            earlyRejects.append((details, place, Array(text)))
        } else {
            earlyRejects.append((details, place, nil))
        }
    }

    /// The first package of a run gets the rejects from before there was one.
    func giveEarlyRejects(to lane: Lane) throws {
        for (details, place, text) in earlyRejects {
            guard let text else {
                try lane.job.aside.reject(at: place, details, .withheld)
                continue
            }
            try text.withUnsafeBufferPointer { try lane.job.aside.reject(at: place, details, .text($0)) }
        }
        earlyRejects = []
    }
}
