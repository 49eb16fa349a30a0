import JSONText
import RecordStreams
import Schemas
import SystemIO

/// Normalizes blocks of lines ahead of their turn: a worker's own tape, key trees and tables, working against a `Snapshot`.
///
/// It only does what cannot fail and changes nothing but rows: records of known streams that fit the schema as it is. Every
/// other line is left for its turn.
final class AheadNormalizer: @unchecked Sendable {
    // Sendable: used by one worker.
    private let tape = JSONTape()
    private let scanner: MessageScanner
    private let collector = RowCollector()
    private var normalizer: RecordNormalizer?
    private var roots: [RecordNormalizer.Root] = []
    private var snapshot: Snapshot?
    /// Records of the segment at hand, by stream.
    private var counts: [Int] = []
    private var lastStream = 0

    private enum Outcome {
        case taken
        /// It is for its turn, and what follows can hardly depend on it.
        case left
        /// It is for its turn, and will change what follows.
        case stop
    }

    init() { scanner = MessageScanner(tape: tape) }

    func normalize(_ block: OwnedBlock, against snapshot: Snapshot, into result: BlockResult) {
        guard prepare(snapshot), let normalizer else { return }
        collector.begin(result)
        defer { collector.end() }
        var lines = BlockLines(block.bytes)
        var segment = 0
        while let line = lines.next() {
            collector.beginLine()
            normalizer.line = line.number
            switch take(line, snapshot, normalizer) {
            case .taken: continue
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

    /// False when a normalizer cannot be had; who takes the turns will find out why.
    private func prepare(_ snapshot: Snapshot) -> Bool {
        if self.snapshot === snapshot { return true }
        if self.snapshot?.job != snapshot.job {
            collector.forgetTables()
            normalizer = try? RecordNormalizer(
                schema: snapshot.schema, naming: snapshot.naming, tape: tape, loadID: snapshot.loadID, nowSeconds: 0,
                output: collector, isAhead: true, report: { _ in })
        }
        normalizer?.adopt(snapshot.schema, leftOut: snapshot.leftOut)
        guard let normalizer else { return false }
        roots = snapshot.streams.map { normalizer.root($0.table, maximumNesting: $0.maximumNesting) }
        counts = Array(repeating: 0, count: roots.count)
        self.snapshot = snapshot
        return true
    }

    private func endSegment(lines: Int, end: Int, leavesLine: Bool) {
        guard let normalizer else { return }
        collector.endSegment(
            lines: lines, end: end, leavesLine: leavesLine, counts: counts, notes: normalizer.notes
        ) { normalizer.tables[ExactString($0)] }
        normalizer.notes.removeAll(keepingCapacity: true)
        for stream in counts.indices { counts[stream] = 0 }
    }

    private func take(_ line: LineReader.Line, _ snapshot: Snapshot, _ normalizer: RecordNormalizer) -> Outcome {
        let text = line.bytes
        if line.isLonger(than: snapshot.maximumLineBytes) { return .stop }
        if skipWhitespace(text, 0) == text.count { return .taken }
        do throws(JSONSyntaxError) { try tape.scan(text) } catch { return .left }
        defer { if tape.footprint > JSONTape.largestKept { tape.shrink() } }
        switch snapshot.mode {
        case .table:
            guard case .object = tape[0].kind else { return .left }
            return normalize(0, stream: 0, line, snapshot, normalizer)
        case .tableFrom(let field):
            guard case .object = tape[0].kind, let name = scanner.member(field, in: text),
                let stream = place(of: scanner.bytes(name, text), snapshot), !tape[name].hasEscapes
            else { return .left }
            return normalize(0, stream: stream, line, snapshot, normalizer)
        case .stream:
            switch scanner.message(in: text, isNative: snapshot.isNative) {
            case .record(let record): return take(record, line, snapshot, normalizer)
            case .other(MessageType.state.rawValue): return .left
            case .other: return .stop
            case .flawedRecord, .none: return .left
            }
        }
    }

    private func take(
        _ record: MessageScanner.Record, _ line: LineReader.Line, _ snapshot: Snapshot, _ normalizer: RecordNormalizer
    ) -> Outcome {
        guard !tape[record.stream].hasEscapes,
            let stream = place(of: scanner.bytes(record.stream, line.bytes), snapshot)
        else { return .left }
        if let version = record.version, case .integer = tape[version].kind, !snapshot.streams[stream].isDecided {
            guard let known = snapshot.streams[stream].version,
                known.elementsEqual(scanner.bytes(version, line.bytes))
            else { return .left }
        }
        return normalize(record.record, stream: stream, line, snapshot, normalizer)
    }

    private func normalize(
        _ record: Int, stream: Int, _ line: LineReader.Line, _ snapshot: Snapshot, _ normalizer: RecordNormalizer
    ) -> Outcome {
        guard !snapshot.streams[stream].isPending else { return .stop }
        do {
            try normalizer.normalize(record: record, of: line.bytes, line: line.number, into: roots[stream])
        } catch {
            collector.dropLine()
            return (error as? OutOfTurn)?.isChange == false ? .left : .stop
        }
        counts[stream] += 1
        return .taken
    }

    /// The stream of that name; mostly that of the record before.
    private func place(of name: UnsafeBufferPointer<UInt8>, _ snapshot: Snapshot) -> Int? {
        if lastStream < snapshot.streams.count, snapshot.streams[lastStream].name.elementsEqual(name) {
            return lastStream
        }
        guard let known = snapshot.streams.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
        lastStream = known
        return known
    }
}
