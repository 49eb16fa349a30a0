import Glibc
package import JSONText
package import SystemIO

/// Writes a native record stream and keeps the counts for END.
///
/// Records are passed as the bytes of one JSON value; they are framed, not re-encoded. The caller keeps the order:
/// HEADER, then SCHEMA before the records of each stream, then END.
package final class StreamWriter {
    private let output: BufferedWriter
    private var order: [String] = []
    private var prefixes: [[UInt8]] = []
    private var records: [Int] = []
    /// The beginning of a PLACE of each stream, up to its numbers.
    private var placePrefixes: [(origin: RecordPlace.Origin, text: [UInt8])?] = []
    private var schemas = 0
    private var states = 0

    package init(_ output: BufferedWriter) { self.output = output }

    package func write(_ header: StreamHeader) throws(SystemError) { try writeLine(header.message) }

    /// Announces a stream and returns the handle for writing its records. A second announcement of the same stream
    /// changes its description and keeps its handle.
    package func write(_ schema: StreamSchema) throws(SystemError) -> Int {
        schemas += 1
        try writeLine(schema.message)
        if let known = order.firstIndex(where: { ExactString($0) == ExactString(schema.stream) }) { return known }
        order.append(schema.stream)
        records.append(0)
        placePrefixes.append(nil)
        var prefix: [UInt8] = []
        StreamWriter.appendRecordPrefix(schema.stream, to: &prefix)
        prefixes.append(prefix)
        return order.count - 1
    }

    /// The text before the records of a stream.
    package static func appendRecordPrefix(_ stream: String, to prefix: inout [UInt8]) {
        prefix.append(contentsOf: "{\"type\":\"RECORD\",\"stream\":".utf8)
        appendJSONString(stream, to: &prefix)
        prefix.append(contentsOf: ",\"record\":".utf8)
    }

    /// Writes one record. `json` is one complete JSON value; line breaks between its tokens become spaces.
    ///
    /// - Parameter version: digits.
    package func write(
        record json: UnsafeBufferPointer<UInt8>, to stream: Int, version: String? = nil
    ) throws(SystemError) {
        records[stream] += 1
        try output.append(prefixes[stream])
        if let base = json.baseAddress {
            let bytes = UnsafeRawBufferPointer(json)
            // Hardly any record contains a line break, and the C library checks that many bytes at a time.
            if memchr(base, 0x0A, json.count) == nil && memchr(base, 0x0D, json.count) == nil {
                try output.append(bytes)
            } else {
                try append(withoutLineBreaks: bytes)
            }
        }
        if let version {
            try output.append(",\"version\":")
            try output.append(Array(version.utf8))
        }
        try output.append("}\n")
    }

    /// Reports that the records of a version are all that the stream has.
    package func write(activated version: String, of stream: Int) throws(SystemError) {
        try writeLine([
            "type": .string(MessageType.activateVersion.rawValue), "stream": .string(order[stream]),
            "version": .number(version),
        ])
    }

    /// Writes a BATCH message as a tap wrote it.
    package func write(batch message: JSONObject) throws(SystemError) { try writeLine(.object(message)) }

    /// Reports the place of the next record of a stream.
    package func write(_ place: RecordPlace, of stream: Int) throws(SystemError) {
        try output.append(prefix(of: place.origin, stream))
        if let line = place.line {
            try output.append(",\"line\":")
            try output.append(decimal: line)
        }
        try output.append(",\"number\":")
        try output.append(decimal: place.number)
        try output.append(",\"sent\":")
        try output.append(decimal: records[stream])
        try output.append("}\n")
    }

    /// Made once for each file: with records over several lines, places are as frequent as records.
    private func prefix(of origin: RecordPlace.Origin, _ stream: Int) -> [UInt8] {
        if let known = placePrefixes[stream], known.origin == origin { return known.text }
        var message: JSONObject = ["type": .string(MessageType.place.rawValue), "stream": .string(order[stream])]
        message.merge(StreamPlace.members(of: origin))
        let text = Array(JSONValue.object(message).serializedBytes().dropLast())
        placePrefixes[stream] = (origin, text)
        return text
    }

    private func append(withoutLineBreaks bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            try output.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            if end < bytes.count { try output.append(" ") }
            start = end + 1
        }
    }

    package func write(state value: JSONValue) throws(SystemError) {
        states += 1
        try writeLine([
            "type": .string(MessageType.state.rawValue), "seq": .integer(states), "value": value,
        ])
    }

    package func writeEnd(exitStatus: Int, more: Bool, complete: [String] = [], endsAtState: Bool = false)
        throws(SystemError)
    {
        var counts = JSONObject()
        for (stream, count) in zip(order, records) { counts[stream] = .integer(count) }
        let end = StreamEnd(
            exitStatus: exitStatus, more: more, records: counts, schemas: schemas, states: states, complete: complete,
            endsAtState: endsAtState)
        try writeLine(end.message)
        try output.flush()
    }

    package func flush() throws(SystemError) { try output.flush() }

    package var recordCount: Int { records.reduce(0, +) }

    private func writeLine(_ message: JSONValue) throws(SystemError) {
        var line = message.serializedBytes()
        line.append(0x0A)
        try output.append(line)
    }
}
