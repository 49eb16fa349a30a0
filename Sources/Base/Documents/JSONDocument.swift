import JSONText

/// Reads a JSON text and remembers its lines.
package enum JSONDocument {
    package static func read(_ bytes: [UInt8]) throws(DocumentError) -> LocatedValue {
        let tape = JSONTape()
        let lines = LineIndex(bytes)
        return try bytes.withUnsafeBufferPointer { (text) throws(DocumentError) in
            do throws(JSONSyntaxError) { try tape.scan(text) } catch {
                throw DocumentError(
                    error.reason.rawValue, line: lines.line(of: error.offset), column: lines.column(of: error.offset))
            }
            guard tape.depth <= JSONTape.recursionDepth else { throw DocumentError("nested too deeply", line: nil) }
            return try value(at: 0, tape, text, lines)
        }
    }

    private static func value(
        at index: Int, _ tape: JSONTape, _ text: UnsafeBufferPointer<UInt8>, _ lines: LineIndex
    ) throws(DocumentError) -> LocatedValue {
        let node = tape[index]
        let content: LocatedValue.Content
        switch node.kind {
        case .null: content = .null
        case .true: content = .bool(true)
        case .false: content = .bool(false)
        case .integer, .real:
            content = .number(String(decoding: text[Int(node.start)..<Int(node.end)], as: UTF8.self))
        case .string: content = .string(tape.string(at: index, in: text))
        case .array:
            var items: [LocatedValue] = []
            var child = index + 1
            for _ in 0..<node.count {
                items.append(try value(at: child, tape, text, lines))
                child = Int(tape[child].next)
            }
            content = .array(items)
        case .object:
            var members: [LocatedValue.Member] = []
            var keys: Set<ExactString> = []
            var child = index + 1
            for _ in 0..<node.count {
                let key = tape.string(at: child, in: text)
                let line = lines.line(of: Int(tape[child].start))
                if !keys.insert(ExactString(key)).inserted {
                    throw DocumentError("the key \(key) appears twice", line: line)
                }
                members.append(.init(key: key, line: line, value: try value(at: child + 1, tape, text, lines)))
                child = Int(tape[child + 1].next)
            }
            content = .object(members)
        }
        return LocatedValue(content, line: lines.line(of: Int(node.start)))
    }
}

/// The offsets at which the lines of a text begin.
struct LineIndex {
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    }

    func line(of offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    func column(of offset: Int) -> Int { offset - starts[line(of: offset) - 1] + 1 }
}
