import DataContracts
import JSONText

/// The path from a record to a value in it, in readable form: `lines[1].qty`.
enum RecordPath {
    /// The value of the record at node `root` that begins at an offset of the text: its path and its node.
    static func locate(
        _ offset: Int, below root: Int, on tape: JSONTape, _ text: UnsafeBufferPointer<UInt8>
    ) -> (path: String, node: Int)? {
        var path = ""
        var node = root
        while true {
            let place = tape[node]
            // The range of a string excludes its quotes.
            if Int(place.start) == offset || Int(place.start) == offset + 1 { return (path, node) }
            guard let (step, child) = child(of: node, around: offset, tape, text) else { return nil }
            append(step, to: &path)
            node = child
        }
    }

    private static func child(
        of node: Int, around offset: Int, _ tape: JSONTape, _ text: UnsafeBufferPointer<UInt8>
    ) -> (ModelFinding.Step, Int)? {
        var next = node + 1
        for index in 0..<Int(tape[node].count) {
            switch tape[node].kind {
            case .object:
                if offset < Int(tape[next + 1].end) {
                    // A key is not a value.
                    return offset + 1 < Int(tape[next + 1].start)
                        ? nil : (.key(tape.string(at: next, in: text)), next + 1)
                }
                next = Int(tape[next + 1].next)
            case .array:
                if offset < Int(tape[next].end) { return (.index(index), next) }
                next = Int(tape[next].next)
            default: return nil
            }
        }
        return nil
    }

    static func text(of steps: [ModelFinding.Step]) -> String {
        var path = ""
        for step in steps { append(step, to: &path) }
        return path
    }

    private static func append(_ step: ModelFinding.Step, to path: inout String) {
        switch step {
        case .index(let index): path += "[\(index)]"
        case .key(let key):
            let isPlain = !key.isEmpty && key.utf8.allSatisfy { $0 > 0x20 && !".[]\"".utf8.contains($0) }
            if isPlain {
                path += path.isEmpty ? key : ".\(key)"
            } else {
                path += "[\(JSONValue.string(key).serialized())]"
            }
        }
    }
}
