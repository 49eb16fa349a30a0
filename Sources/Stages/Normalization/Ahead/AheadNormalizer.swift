import Coercion
import JSONText
import RecordChanges
import RecordStreams
import SystemIO

/// Normalizes blocks of lines ahead of their turn: a worker's own tape, key trees and tables, working against a
/// `Snapshot`.
///
/// It only does work that cannot fail and changes nothing but rows: records of known streams that fit the current
/// schema. Every other line is left for its turn.
final class AheadNormalizer: @unchecked Sendable {
    // Sendable: used by one worker.
    private let tape = JSONTape()
    private let scanner: MessageScanner
    private let changer: RecordChanger
    private let collector = RowCollector()
    private var engine: Engine?
    private var snapshot: Snapshot?
    /// Records of the current segment, by stream.
    private var counts: [Int] = []
    private var lastStream = 0

    /// Makes the rows of one package.
    private final class Engine {
        let tables: RowTables
        let turn: AheadOfTurn
        let rows: RowMaker
        /// Tables of the snapshot's streams.
        var roots: [RowTable] = []

        init(_ snapshot: Snapshot, _ tape: JSONTape, _ collector: RowCollector) throws {
            let origins = snapshot.keepsOrigins ? OriginCollector(collector) : nil
            let output: any RowOutput = origins ?? collector
            tables = try RowTables(snapshot.schema, snapshot.naming, tape, output: output)
            let record = RecordAtHand(tape)
            turn = AheadOfTurn(record)
            // Types are inferred only in turn, so the current time does not matter.
            rows = RowMaker(
                record, tables, turn, Coercer(nowSeconds: 0), loadID: snapshot.loadID, to: output)
            // The tables hold the output.
            origins?.tableNamed = { [unowned tables] in tables[$0] }
            origins?.record = { [unowned turn] in turn.atHand }
        }

        func adopt(_ snapshot: Snapshot) {
            turn.dropNotes()
            tables.adopt(snapshot.schema, leftOut: snapshot.leftOut)
            roots = snapshot.streams.map { stream in
                let root = tables.root(stream.table)
                root.cells = stream.cells
                return root
            }
        }
    }

    private enum Outcome {
        /// Its rows are made, or it is blank.
        case done
        /// It is left for its turn, and hardly affects later lines.
        case left
        /// It is left for its turn, and will affect later lines.
        case stop
    }

    init() {
        scanner = MessageScanner(tape: tape)
        changer = RecordChanger(tape)
    }

    func normalize(_ block: OwnedBlock, against snapshot: Snapshot, into result: BlockResult) {
        guard let engine = prepare(snapshot) else { return }
        collector.begin(result)
        defer { collector.end() }
        var lines = BlockLines(block.bytes)
        var segment = 0
        while let line = lines.next() {
            collector.beginLine()
            switch normalize(line, snapshot, engine) {
            case .done: continue
            case .left:
                let end = block.bytes.count - lines.remaining - line.takenBytes
                endSegment(lines: line.number - 1 - segment, end: end, leavesLine: true)
                segment = line.number
            case .stop:
                let end = block.bytes.count - lines.remaining - line.takenBytes
                return endSegment(lines: line.number - 1 - segment, end: end, leavesLine: false)
            }
        }
        endSegment(lines: lines.lineNumber - segment, end: block.bytes.count, leavesLine: false)
    }

    /// nil when rows cannot be made; the `Normalizer` finds out why.
    private func prepare(_ snapshot: Snapshot) -> Engine? {
        if self.snapshot === snapshot { return engine }
        if self.snapshot?.job != snapshot.job {
            collector.forgetTables()
            engine = try? Engine(snapshot, tape, collector)
        }
        engine?.adopt(snapshot)
        counts = Array(repeating: 0, count: snapshot.streams.count)
        self.snapshot = snapshot
        return engine
    }

    private func endSegment(lines: Int, end: Int, leavesLine: Bool) {
        guard let engine else { return }
        collector.endSegment(
            lines: lines, end: end, leavesLine: leavesLine, counts: counts, notes: engine.turn.notes
        ) { engine.tables[$0] }
        engine.turn.dropNotes()
        for stream in counts.indices { counts[stream] = 0 }
    }

    private func normalize(_ line: LineReader.Line, _ snapshot: Snapshot, _ engine: Engine) -> Outcome {
        let text = line.bytes
        if line.isLonger(than: snapshot.maximumLineBytes) { return .stop }
        if skipWhitespace(text, 0) == text.count { return .done }
        do throws(JSONSyntaxError) { try tape.scan(text) } catch { return .left }
        defer { if tape.footprint > JSONTape.largestKept { tape.shrink() } }
        switch snapshot.mode {
        case .table:
            guard case .object = tape[0].kind else { return .left }
            return normalize(0, stream: 0, line, snapshot, engine)
        case .tableFrom(let field):
            guard case .object = tape[0].kind, let name = scanner.member(field, in: text),
                let stream = place(of: scanner.bytes(name, text), snapshot), !tape[name].hasEscapes
            else { return .left }
            return normalize(0, stream: stream, line, snapshot, engine)
        case .stream:
            switch scanner.message(in: text, isNative: snapshot.isNative) {
            case .record(let record): return normalize(record, line, snapshot, engine)
            case .other(MessageType.state.rawValue): return .left
            case .other(MessageType.place.rawValue): return take(place: text, line.number, snapshot) ? .done : .left
            case .other: return .stop
            case .flawedRecord, .none: return .left
            }
        }
    }

    /// Keeps a PLACE for its turn, together with its records.
    private func take(place text: UnsafeBufferPointer<UInt8>, _ line: Int, _ snapshot: Snapshot) -> Bool {
        guard snapshot.isNative, let message = StreamPlace(message: JSONValue(tape: tape, index: 0, text: text)),
            let stream = snapshot.streams.firstIndex(where: { $0.name.elementsEqual(message.stream.utf8) })
        else { return false }
        collector.add(message, RecordOrdinal(stream: stream, number: counts[stream], line: line))
        return true
    }

    private func normalize(
        _ message: MessageScanner.Record, _ line: LineReader.Line, _ snapshot: Snapshot, _ engine: Engine
    ) -> Outcome {
        guard !tape[message.stream].hasEscapes,
            let stream = place(of: scanner.bytes(message.stream, line.bytes), snapshot)
        else { return .left }
        if let version = message.version, case .integer = tape[version].kind, !snapshot.streams[stream].isDecided {
            guard let known = snapshot.streams[stream].version,
                known.elementsEqual(scanner.bytes(version, line.bytes))
            else { return .left }
        }
        return normalize(message.record, stream: stream, line, snapshot, engine)
    }

    private func normalize(
        _ record: Int, stream: Int, _ line: LineReader.Line, _ snapshot: Snapshot, _ engine: Engine
    ) -> Outcome {
        guard !snapshot.streams[stream].isPending else { return .stop }
        do {
            var text = line.bytes
            if let changes = snapshot.streams[stream].changes {
                text = changer.change(record, of: text, by: changes)
            }
            engine.rows.record.begin(record, of: text, line: line.number)
            engine.turn.atHand = RecordOrdinal(stream: stream, number: counts[stream], line: line.number)
            try engine.rows.makeRows(in: engine.roots[stream], level: snapshot.streams[stream].maximumNesting)
        } catch {
            collector.dropLine()
            return (error as? OutOfTurn)?.isChange == false ? .left : .stop
        }
        counts[stream] += 1
        return .done
    }

    /// The stream of that name; usually that of the previous record.
    private func place(of name: UnsafeBufferPointer<UInt8>, _ snapshot: Snapshot) -> Int? {
        if lastStream < snapshot.streams.count, snapshot.streams[lastStream].name.elementsEqual(name) {
            return lastStream
        }
        guard let known = snapshot.streams.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
        lastStream = known
        return known
    }
}
