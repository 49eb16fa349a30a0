import JSONText
import SystemIO

/// What was set aside, each with its place and the reason, as NDJSON: whole input lines, or rows and values that a contract
/// has left out.
package final class Rejects {
    private let output: BufferedWriter

    package init(_ path: String) throws {
        output = BufferedWriter(try Descriptor.create(path, mode: 0o600, exclusive: false))
    }

    /// - Parameter details: what programs may want to know beside the reason.
    func write(
        at place: InputPlace?, reason: String, text: UnsafeBufferPointer<UInt8>, details: JSONObject = [:]
    ) throws {
        var object = details
        if let place { object.merge(place.members) }
        object["reason"] = .string(reason)
        object["text"] = .string(String(decoding: text, as: UTF8.self))
        try output.append(JSONValue.object(object).serializedBytes() + [0x0A])
        try output.flush()
    }
}
