import JSONText
import RecordStreams

/// Tells the messages of a stream apart on the scanned tape, without making objects of records.
struct MessageScanner {
    let tape: JSONTape

    enum Message {
        /// Node of the stream's name and node of the record.
        case record(stream: Int, record: Int)
        /// Any other message that has a type.
        case other(type: String)
        /// An object without a `type`, or no object.
        case none
    }

    /// Looks at the object whose tape was just scanned.
    func message(in text: UnsafeBufferPointer<UInt8>) -> Message {
        guard tape[0].kind == .object else { return .none }
        var type: Int?
        var stream: Int?
        var record: Int?
        var key = 1
        for _ in 0..<tape[0].count {
            let name = bytes(key, text)
            if equals(name, "type") {
                type = key + 1
            } else if equals(name, "stream") {
                stream = key + 1
            } else if equals(name, "record") {
                record = key + 1
            }
            key = Int(tape[key + 1].next)
        }
        guard let type, tape[type].kind == .string else { return .none }
        if let stream, let record, tape[stream].kind == .string, equals(bytes(type, text), "RECORD") {
            return .record(stream: stream, record: record)
        }
        return .other(type: tape.string(at: type, in: text))
    }

    func bytes(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(tape[index].start)..<Int(tape[index].end)])
    }

    @inline(__always)
    private func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != word.utf8Start[index] { return false }
        return true
    }
}
