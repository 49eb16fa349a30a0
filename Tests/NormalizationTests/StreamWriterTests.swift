import JSONText
import RecordStreams
import SystemIO
import TestSupport
import Testing

struct StreamWriterTests {
    @Test(arguments: [
        ("{\"a\":1}", "{\"a\":1}"), ("{\n\"a\":1}", "{ \"a\":1}"), ("\r\n{}\n", "  {} "), ("[1,\r2]", "[1, 2]"),
        ("\n", " "), ("", ""),
    ])
    func `a record stays one line`(record: String, framed: String) throws {
        let folder = try WorkDirectory()
        let writer = StreamWriter(BufferedWriter(try Descriptor.create(folder.path("stream"))))
        let stream = try writer.write(StreamSchema(stream: "t"))
        try Array(record.utf8).withUnsafeBufferPointer { try writer.write(record: $0, to: stream) }
        try writer.writeEnd(exitStatus: 0, more: false)
        let lines = try folder.text("stream").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4)
        #expect(lines[1] == "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":\(framed)}")
        #expect(try JSONValue(parsing: String(lines[2]))["records"] == ["t": 1])
    }

    @Test(arguments: [
        (RecordPlace(.file("a \"b\".jsonl"), line: 1), "\"file\":\"a \\\"b\\\".jsonl\",\"line\":1,\"number\":1"),
        (RecordPlace(.file("x.json"), number: 1_234_567_890), "\"file\":\"x.json\",\"number\":1234567890"),
        (
            RecordPlace(.page(url: "https://h/x?p=2", number: 2), number: 10),
            "\"url\":\"https://h/x?p=2\",\"page\":2,\"number\":10"
        ),
        (RecordPlace(.command("sh x"), line: 100, number: 99), "\"command\":\"sh x\",\"line\":100,\"number\":99"),
    ])
    func `a place is told with the records that were sent`(place: RecordPlace, members: String) throws {
        let folder = try WorkDirectory()
        let writer = StreamWriter(BufferedWriter(try Descriptor.create(folder.path("stream"))))
        let stream = try writer.write(StreamSchema(stream: "t"))
        for _ in 0..<2 {
            try writer.write(place, of: stream)
            try Array("{}".utf8).withUnsafeBufferPointer { try writer.write(record: $0, to: stream) }
        }
        try writer.writeEnd(exitStatus: 0, more: false)
        let lines = try folder.text("stream").split(separator: "\n")
        #expect(lines[1] == "{\"type\":\"PLACE\",\"stream\":\"t\",\(members),\"sent\":0}")
        #expect(lines[3] == "{\"type\":\"PLACE\",\"stream\":\"t\",\(members),\"sent\":1}")
        let message = try JSONValue(parsing: String(lines[3]))
        #expect(StreamPlace(message: message) == StreamPlace(stream: "t", place: place, sent: 1))
    }
}
