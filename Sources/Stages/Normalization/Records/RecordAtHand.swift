import Coercion
import JSONText
import Schemas

/// The record that is being made rows of, and which part of it the present row is.
final class RecordAtHand {
    let tape: JSONTape
    /// What the tape holds, for those that look at every value.
    private(set) var nodes: UnsafePointer<TapeNode>
    /// The line that the tape was scanned from.
    private(set) var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The line's number in the input, from 1; ahead of its turn, in its block.
    private(set) var line = 0
    /// Where the row's object, list or value stands on the tape.
    var rowNode = 0
    /// The record without what was left out of it.
    private let kept = ByteBuffer()
    /// The tape as it was of the line, while it is of the record as that was written anew.
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

    /// Writes the record anew without some values, and looks at what that is; the tape is the line's again when this returns.
    ///
    /// - Parameters:
    ///   - forgotten: nodes of the values.
    ///   - look: gets the record's node and text.
    func rewriting<Result>(
        without forgotten: [Int], _ look: (_ node: Int, _ text: UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result {
        // Not scanned again: of a record that was changed on its way the tape is all that there is.
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

    /// Goes on with the record as it was written anew: what was left out is in no column then, and in no value that is kept as
    /// JSON.
    func goOnRewritten() throws {
        let line = tape.copy()
        try tape.scan(kept.bytes)
        begin(0, of: kept.bytes, line: self.line)
        lineNodes = line
    }

    /// Puts the line back on the tape, when nothing more comes of the record that was written anew.
    func restoreLine() {
        guard let line = lineNodes else { return }
        lineNodes = nil
        tape.restore(line)
    }

    /// Does something while the tape is of the line, for who looks there for what the record was.
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
        // A string's place is inside of its quotes.
        let quotes = if case .string = place.kind { 1 } else { 0 }
        return UnsafeBufferPointer(rebasing: text[Int(place.start) - quotes..<Int(place.end) + quotes])
    }

    /// Where in the line a value begins; nil for one that is not in it.
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
