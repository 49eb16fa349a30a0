import JSONText
import SystemIO

/// Input lines that were set aside, each with its place and the reason, as NDJSON.
package final class Rejects {
    private let output: BufferedWriter

    package init(_ path: String) throws {
        output = BufferedWriter(try Descriptor.create(path, mode: 0o600, exclusive: false))
    }

    func write(line: Int, reason: String, text: UnsafeBufferPointer<UInt8>) throws {
        let object: JSONValue = [
            "line": .integer(line), "reason": .string(reason), "text": .string(String(decoding: text, as: UTF8.self)),
        ]
        try output.append(object.serializedBytes() + [0x0A])
        try output.flush()
    }
}
