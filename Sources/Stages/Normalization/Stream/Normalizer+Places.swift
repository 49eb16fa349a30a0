import JSONText
import RecordStreams

/// Where the records at hand were found.
extension Normalizer {
    /// What a place is asked of: a line of the input, and of a stream's record the stream and its number in it.
    struct AtHand {
        var line = 0
        var stream = 0
        /// Number of the stream's RECORD messages with this one; 0 when it is no record of the stream.
        var message = 0
        /// Its node on the tape, the text that it stands in, and its place there.
        var record = 0
        var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        var start: UInt32 = 0
        var end: UInt32 = 0

        /// The JSON of the record; nil when none is at hand.
        var json: UnsafeBufferPointer<UInt8>? {
            text.count > 0 ? UnsafeBufferPointer(rebasing: text[Int(start)..<Int(end)]) : nil
        }

        /// The tape still holds what the text does: not when a contract has taken values out of the record.
        func isOn(_ tape: JSONTape) -> Bool { text.count > 0 && tape[record].start == start && tape[record].end == end }
    }

    /// nil where no record is at hand.
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
            throw misplaced(line, "a PLACE of stream \(message.stream) before its SCHEMA")
        }
        lane.streams[stream].places.take(message, after: lane.streams[stream].messages)
    }

    /// Recognizes the frame of a RECORD that extract wrote around what is not JSON, and takes it for a message of its stream.
    ///
    /// - Returns: the place, and the text inside of the frame.
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
