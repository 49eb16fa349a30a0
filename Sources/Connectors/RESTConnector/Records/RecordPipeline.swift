import JSONText

/// Passes the records of a page through the steps of a resource, and adds the fields of the parent.
///
/// Without steps and fields, the bytes of the response are passed on unchanged.
final class RecordPipeline {
    private let steps: [ProcessingStep]
    /// One buffer and tape for each step that writes, so that each step reads the output of the one before it.
    private var stages: [(buffer: ByteBuffer, tape: JSONTape)] = []
    private let joined = ByteBuffer()
    private let joinedTape = JSONTape()

    init(_ steps: [ProcessingStep]) {
        self.steps = steps
        stages = steps.map { _ in (ByteBuffer(), JSONTape()) }
    }

    /// Offers the records that result from one record; `take` and the result say whether more are wanted.
    ///
    /// - Parameter members: fields of the parent, written with commas between them. They are added to a record that is
    /// an object before the steps see it.
    func process(
        _ record: JSONPlace, adding members: [UInt8], _ take: (JSONPlace) throws -> Bool
    ) throws -> Bool {
        guard !members.isEmpty, record.kind == .object else { return try process(record, from: 0, take) }
        joined.removeAll()
        let bytes = record.bytes
        joined.append(UnsafeBufferPointer(rebasing: bytes[..<(bytes.count - 1)]))
        if record.node.count > 0 { joined.append(UInt8(ascii: ",")) }
        joined.append(members)
        joined.append(UInt8(ascii: "}"))
        try joinedTape.scan(joined.bytes)
        return try process(JSONPlace(joinedTape, joined.bytes), from: 0, take)
    }

    private func process(_ record: JSONPlace, from first: Int, _ take: (JSONPlace) throws -> Bool) throws -> Bool {
        guard first < steps.count else { return try take(record) }
        let (buffer, tape) = stages[first]
        switch steps[first] {
        case .filter(let conditions):
            return try conditions.allSatisfy { $0.holds(for: record) } ? process(record, from: first + 1, take) : true
        case .map(let change):
            buffer.removeAll()
            change.write(record, to: buffer)
            try tape.scan(buffer.bytes)
            return try process(JSONPlace(tape, buffer.bytes), from: first + 1, take)
        case .expand(let expansion):
            for element in expansion.elements(of: record) {
                buffer.removeAll()
                expansion.write(element, of: record, to: buffer)
                try tape.scan(buffer.bytes)
                if try !process(JSONPlace(tape, buffer.bytes), from: first + 1, take) { return false }
            }
            return true
        }
    }
}
