import CompressedIO
import JSONText
import ProgramSupport
import RecordStreams
import SystemIO

/// BATCH messages of Singer: records in files.
extension Normalizer {
    func receiveBatch(_ value: JSONValue, _ line: Int) throws {
        try checkIsOpen(line)
        let batch = try BatchMessage(value, at: origin.line(line))
        guard let lane, let stream = lane.place(of: batch.stream.utf8) else {
            throw ProgramError(
                .data, "unable to read \(origin.line(line)): a BATCH of stream \(batch.stream) precedes its SCHEMA",
                hint: "a filter between the programs must let SCHEMA lines pass")
        }
        let outer = origin
        defer { origin = outer }
        for file in batch.files {
            origin = .origin(.file(file))
            try receiveFile(file, batch.compression, lane, stream, namedBy: outer.line(line))
        }
    }

    private func receiveFile(
        _ path: String, _ compression: Compression?, _ lane: Lane, _ stream: Int, namedBy place: String
    ) throws {
        let file: any ByteSource
        do { file = try CompressedInput.open(Descriptor.openForReading(path), as: compression) } catch let error
            as SystemError
        {
            throw ProgramError(error, hint: "the BATCH in \(place) names it")
        }
        let lines = LineReader(source: file, maximumLineBytes: request.maximumLineBytes)
        do {
            while let line = try lines.next() {
                // A file never makes a reader wait, so nothing else would notice a request to stop.
                if line.number & 0xFF == 0, StopSignal.requested { throw Stopped(hint: nil) }
                try receiveFileLine(line, lane, stream)
            }
        } catch let error as LineTooLong {
            throw ProgramError(
                .data, "unable to read \(path): \(error)",
                hint: "raise --max-memory to at least four times the longest line")
        }
    }

    private func receiveFileLine(_ line: LineReader.Line, _ lane: Lane, _ stream: Int) throws {
        if skipWhitespace(line.bytes, 0) == line.bytes.count { return }
        do throws(JSONSyntaxError) { try tape.scan(line.bytes) } catch {
            return try reject(line, error)
        }
        guard case .object = tape[0].kind else { return try reject(line, "not a JSON object") }
        try normalize(0, lane, stream, line.bytes, line.number)
        if tape.footprint > JSONTape.largestKept { tape.shrink() }
    }
}
