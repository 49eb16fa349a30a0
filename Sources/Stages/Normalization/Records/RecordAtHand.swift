import Coercion
import JSONText
import Schemas

/// The current record, and the part of it that the current row comes from.
final class RecordAtHand {
    let tape: JSONTape
    /// The contents of the tape, for code that reads every value.
    private(set) var nodes: UnsafePointer<TapeNode>
    /// The line that the tape was scanned from.
    private(set) var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The line's number in the input, from 1; when working ahead, in its block.
    private(set) var line = 0
    /// The node of the row's object, list or value.
    var rowNode = 0
    /// The record without the values that were left out.
    private let kept = ByteBuffer()
    /// The tape of the original line, while the tape holds the rewritten record.
    private var lineNodes: [TapeNode]?

    init(_ tape: JSONTape) {
        self.tape = tape
        nodes = tape.nodes
    }

    /// - Parameter node: the record on the tape.
    func begin(_ node: Int, of text: UnsafeBufferPointer<UInt8>, line: Int) {
        nodes = tape.nodes
        self.text = text
        self.line = line
        rowNode = node
        lineNodes = nil
    }

    // MARK: Without some of its values

    /// Rewrites the record without some values, and examines the result; the tape holds the line again when this
    /// returns.
    ///
    /// - Parameters:
    ///   - forgotten: nodes of the values.
    ///   - look: receives the record's node and text.
    func rewriting<Result>(
        without forgotten: [Int], _ look: (_ node: Int, _ text: UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result {
        // Not scanned again: for a record that was changed on its way, the tape is the only source.
        let line = tape.copy()
        defer {
            tape.restore(line)
            nodes = tape.nodes
        }
        for node in forgotten { tape.forget(node) }
        kept.removeAll(keeping: 1 << 16)
        tape.append(kept: rowNode, of: text, to: kept)
        try tape.scan(kept.bytes)
        return try look(0, kept.bytes)
    }

    /// Continues with the rewritten record: the values that were left out are then in no column, and in no value that
    /// is kept as JSON.
    func goOnRewritten() throws {
        let line = tape.copy()
        try tape.scan(kept.bytes)
        begin(0, of: kept.bytes, line: self.line)
        lineNodes = line
    }

    /// Restores the line on the tape when the rewritten record is done.
    func restoreLine() {
        guard let line = lineNodes else { return }
        lineNodes = nil
        tape.restore(line)
    }

    /// Runs code with the tape of the line, for code that needs the original record.
    func withLineOnTape(_ body: () -> Void) {
        guard let line = lineNodes else { return body() }
        let kept = tape.copy()
        tape.restore(line)
        body()
        tape.restore(kept)
    }

    // MARK: Its JSON, for messages

    var rowJSON: UnsafeBufferPointer<UInt8> { json(at: rowNode) }

    func json(at node: Int) -> UnsafeBufferPointer<UInt8> {
        let place = nodes[node]
        // The range of a string excludes its quotes.
        let quotes = if case .string = place.kind { 1 } else { 0 }
        return UnsafeBufferPointer(rebasing: text[Int(place.start) - quotes..<Int(place.end) + quotes])
    }

    /// The offset of a value in the line; nil if the line does not contain it.
    func offset(of value: Scalar) -> Int? {
        guard lineNodes == nil, let start = value.bytes.baseAddress, let first = text.baseAddress, start >= first,
            start + value.bytes.count <= first + text.count
        else { return nil }
        return start - first
    }

    func json(of value: Scalar) -> UnsafeBufferPointer<UInt8> {
        guard value.native == .text, let start = value.bytes.baseAddress, let first = text.baseAddress,
            start > first, start + value.bytes.count < first + text.count, start[-1] == UInt8(ascii: "\"")
        else { return value.bytes }
        return UnsafeBufferPointer(start: start - 1, count: value.bytes.count + 2)
    }
}
