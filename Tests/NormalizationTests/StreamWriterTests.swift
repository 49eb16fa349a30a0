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
}
