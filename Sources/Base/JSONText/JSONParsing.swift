extension JSONValue {
    /// Parses one JSON text.
    package init(parsing text: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) {
        let tape = JSONTape()
        try tape.scan(text)
        if tape.depth > JSONTape.recursionDepth { throw JSONSyntaxError(.tooDeep, at: 0) }
        self.init(tape: tape, index: 0, text: text)
    }

    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        let result: Result<JSONValue, JSONSyntaxError> = bytes.withUnsafeBufferPointer { text in
            do throws(JSONSyntaxError) { return .success(try JSONValue(parsing: text)) } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    package init(parsing text: String) throws(JSONSyntaxError) { try self.init(parsing: Array(text.utf8)) }

    /// The value at a node of a scanned text, which must not be nested deeper than `JSONTape.recursionDepth`.
    package init(tape: JSONTape, index: Int, text: UnsafeBufferPointer<UInt8>) {
        let node = tape[index]
        switch node.kind {
        case .null: self = .null
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .integer, .real:
            self = .number(String(decoding: text[Int(node.start)..<Int(node.end)], as: UTF8.self))
        case .string: self = .string(tape.string(at: index, in: text))
        case .array:
            var items: [JSONValue] = []
            items.reserveCapacity(Int(node.count))
            var child = index + 1
            for _ in 0..<node.count {
                items.append(JSONValue(tape: tape, index: child, text: text))
                child = Int(tape[child].next)
            }
            self = .array(items)
        case .object:
            var object = JSONObject()
            var child = index + 1
            for _ in 0..<node.count {
                object[tape.string(at: child, in: text)] = JSONValue(tape: tape, index: child + 1, text: text)
                child = Int(tape[child + 1].next)
            }
            self = .object(object)
        }
    }
}

extension JSONTape {
    /// The characters of the string node at `index`.
    package func string(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> String {
        let node = self[index]
        let bytes = UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
        guard node.hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
        let unescaped = ByteBuffer(capacity: bytes.count)
        appendUnescaped(bytes, to: unescaped)
        return String(decoding: unescaped.bytes, as: UTF8.self)
    }
}
