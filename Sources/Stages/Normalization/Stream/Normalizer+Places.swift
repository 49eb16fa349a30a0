import JSONText
import RecordStreams

/// The places of the current records.
extension Normalizer {
    /// The subject of a place: a line of the input, and for a stream's record the stream and its number in it.
    struct AtHand {
        var line = 0
        var stream = 0
        /// Number of the stream's RECORD messages including this one; 0 if it is not a record of the stream.
        var message = 0
        /// Its node on the tape, its text, and its place there.
        var record = 0
        var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        var start: UInt32 = 0
        var end: UInt32 = 0

        /// The JSON of the record; nil without a current record.
        var json: UnsafeBufferPointer<UInt8>? {
            text.count > 0 ? UnsafeBufferPointer(rebasing: text[Int(start)..<Int(end)]) : nil
        }

        /// Whether the tape still matches the text: not after a contract has removed values from the record.
        func isOn(_ tape: JSONTape) -> Bool { text.count > 0 && tape[record].start == start && tape[record].end == end }
    }

    /// nil without a current record.
    var placeAtHand: InputPlace? {
        guard atHand.line > 0 else { return nil }
        if kind == .native, case .input = origin, atHand.message > 0, let lane, atHand.stream < lane.streams.count,
            let place = lane.streams[atHand.stream].places.place(ofMessage: atHand.message)
        {
            return place
        }
        return origin.at(line: atHand.line)
    }

    func receivePlace(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        guard let message = StreamPlace(message: value) else { throw misplaced(line, "a malformed PLACE") }
        guard let lane, let stream = lane.place(of: message.stream.utf8) else {
            throw misplaced(line, "a PLACE of stream \(message.stream) precedes its SCHEMA")
        }
        lane.streams[stream].places.take(message, after: lane.streams[stream].messages)
    }

    /// Recognizes the frame of a RECORD that extract wrote around text that is not JSON, and counts it as a message of
    /// its stream.
    ///
    /// - Returns: the place, and the text inside the frame.
    func unframe(_ line: UnsafeBufferPointer<UInt8>, number: Int) -> (InputPlace, UnsafeBufferPointer<UInt8>)? {
        guard kind == .native, header != nil, let lane else { return nil }
        for stream in lane.streams.indices {
            var frame = [UInt8]()
            StreamWriter.appendRecordPrefix(lane.streams[stream].text, to: &frame)
            guard line.starts(with: frame), line.last == UInt8(ascii: "}") else { continue }
            lane.streams[stream].messages += 1
            atHand = AtHand(line: number, stream: stream, message: lane.streams[stream].messages)
            guard let place = placeAtHand else { return nil }
            return (place, UnsafeBufferPointer(rebasing: line[frame.count..<(line.count - 1)]))
        }
        return nil
    }
}
