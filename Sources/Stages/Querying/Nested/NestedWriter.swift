import JSONText

/// Whole records: one a line, or an array of them.
struct NestedWriter {
    private let output: OutputWriter
    private let isArray: Bool
    private let most: Int?

    init(_ output: OutputWriter, isArray: Bool, atMost most: Int?) {
        self.output = output
        self.isArray = isArray
        self.most = most
    }

    /// Whether there are more records than were asked for.
    func write(_ reader: NestedReader) throws -> Bool {
        var count = 0
        var isCut = false
        if isArray { output.buffer.append(UInt8(ascii: "[")) }
        try reader.read { record, _ in
            if let most, count == most {
                isCut = true
                return false
            }
            if isArray { output.buffer.append(count == 0 ? "\n" as StaticString : ",\n") }
            output.buffer.append(record)
            if !isArray { output.buffer.append(UInt8(ascii: "\n")) }
            count += 1
            try output.flushIfFull()
            return true
        }
        if isArray { output.buffer.append(count == 0 ? "]\n" as StaticString : "\n]\n") }
        return isCut
    }
}
