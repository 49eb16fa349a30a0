import JSONText
import RecordStreams

/// Distinguishes the messages of a stream on the scanned tape, without creating objects for records.
struct MessageScanner {
    let tape: JSONTape

    enum Message {
        case record(Record)
        /// A RECORD with a malformed envelope.
        case flawedRecord(reason: String)
        /// Any other message that has a type.
        case other(type: String)
        /// An object without a `type`, or no object.
        case none
    }

    /// Nodes of a RECORD.
    struct Record {
        let stream: Int
        let record: Int
        let version: Int?
    }

    /// Classifies the object that was just scanned.
    ///
    /// A native record is bytes of foreign data in a frame of ours, so data that ends the frame early, such as
    /// `{},"stream":"another"`, must not pass for an envelope. The rest of such a frame repeats a key or adds one that
    /// no RECORD has. Singer taps own their envelopes, so their additional keys are accepted.
    func message(in text: UnsafeBufferPointer<UInt8>, isNative: Bool) -> Message {
        guard case .object = tape[0].kind else { return .none }
        var type: Int?
        var stream: Int?
        var record: Int?
        var version: Int?
        var strange: Int?
        var repeated: Int?
        var key = 1
        for _ in 0..<tape[0].count {
            let name = bytes(key, text)
            if equals(name, "type") {
                if type != nil { repeated = key }
                type = key + 1
            } else if equals(name, "stream") {
                if stream != nil { repeated = key }
                stream = key + 1
            } else if equals(name, "record") {
                if record != nil { repeated = key }
                record = key + 1
            } else if equals(name, "version") {
                if version != nil { repeated = key }
                version = key + 1
            } else if !equals(name, "time_extracted") {
                strange = key
            }
            key = Int(tape[key + 1].next)
        }
        guard let type, case .string = tape[type].kind else { return .none }
        guard equals(bytes(type, text), "RECORD") else { return .other(type: tape.string(at: type, in: text)) }
        if let repeated { return .flawedRecord(reason: "the RECORD has two keys \(shown(repeated, text))") }
        if let strange, isNative { return .flawedRecord(reason: "a RECORD has no key \(shown(strange, text))") }
        guard let stream, let record, case .string = tape[stream].kind else {
            return .flawedRecord(reason: "a RECORD needs a stream and a record")
        }
        return .record(Record(stream: stream, record: record, version: version))
    }

    /// The node of a member's value, a string; nil when there is no such member, or the string is empty.
    func member(_ name: String, in text: UnsafeBufferPointer<UInt8>) -> Int? {
        var key = 1
        for _ in 0..<tape[0].count {
            if case .string = tape[key + 1].kind, isName(key, name, text) {
                return tape[key + 1].start == tape[key + 1].end ? nil : key + 1
            }
            key = Int(tape[key + 1].next)
        }
        return nil
    }

    private func isName(_ key: Int, _ name: String, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard tape[key].hasEscapes else { return name.utf8.elementsEqual(bytes(key, text)) }
        return ExactString(tape.string(at: key, in: text)) == ExactString(name)
    }

    private func shown(_ key: Int, _ text: UnsafeBufferPointer<UInt8>) -> String {
        "\"\(tape.string(at: key, in: text).prefix(40))\""
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
