package import JSONText
import Zlib

/// What a client sent.
package struct ServerRequest: Sendable {
    package let method: String
    /// Path and query as sent.
    package let target: String
    /// Percent-encoded as sent.
    package let path: String
    /// Decoded, in order.
    package let query: [(name: String, value: String)]
    /// Names in lower case.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// Which connection it came on, from 1.
    package let connection: Int
    /// How often this method and path have been asked for, from 1. A query parameter `run` makes a count of its own.
    package let visit: Int

    /// The first query value of that name.
    package subscript(name: String) -> String? { query.first { $0.name == name }?.value }

    package func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

    package var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The fields of a form.
    package var form: [String: String] {
        Dictionary(parsedQuery(String(decoding: body, as: UTF8.self)).map { ($0.name, $0.value) }) { $1 }
    }
}

/// What is sent back, and how.
package struct ServerReply: Sendable {
    package enum Delivery: Sendable {
        case whole
        /// In chunks of so many bytes.
        case chunked(Int)
        /// So many bytes, each portion that many seconds after the last.
        case drip(bytes: Int, every: Double)
        /// Announced whole; then the connection is closed, or reset, after so many bytes.
        case truncated(after: Int)
        case reset(after: Int)
        /// In chunks, without the last one, and closed.
        case unfinishedChunks
        /// Without a length: the end of the connection is the end of the body.
        case untilClose
        /// Without a status line and headers.
        case bodyOnly
        /// Nothing is ever sent.
        case silence
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Seconds before anything is sent.
    package var delay = 0.0
    package var delivery = Delivery.whole

    package init(_ status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(_ status: Int = 200, text: String, type: String = "text/plain") {
        self.init(status, headers: [("Content-Type", type)], body: Array(text.utf8))
    }

    package static func json(
        _ value: JSONValue, status: Int = 200, headers: [(name: String, value: String)] = []
    ) -> ServerReply {
        ServerReply(status, headers: [("Content-Type", "application/json")] + headers, body: value.serializedBytes())
    }

    package static func redirect(to url: String, status: Int = 302) -> ServerReply {
        ServerReply(status, headers: [("Location", url)])
    }

    package func delivered(_ delivery: Delivery) -> ServerReply {
        var copy = self
        copy.delivery = delivery
        return copy
    }

    package func delayed(_ seconds: Double) -> ServerReply {
        var copy = self
        copy.delay = seconds
        return copy
    }

    package func gzipped() -> ServerReply {
        var copy = self
        copy.body = gzip(body)
        copy.headers.append(("Content-Encoding", "gzip"))
        return copy
    }
}

/// One gzip member: zlib's compressed data with another head and foot (RFC 1950, RFC 1952).
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var checksum = UInt32.max
    for byte in bytes {
        checksum ^= UInt32(byte)
        for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
    }
    let foot = [~checksum, UInt32(truncatingIfNeeded: bytes.count)].flatMap { number in
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + Deflate.zlibCompress(bytes, level: 6).dropFirst(2).dropLast(4)
        + foot
}

func parsedQuery(_ text: some StringProtocol) -> [(name: String, value: String)] {
    text.split(separator: "&").map { item in
        let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (decodedQuery(parts[0]), parts.count > 1 ? decodedQuery(parts[1]) : "")
    }
}

/// The server's own reading, so that a mistake of the client's is not made twice.
func decodedQuery(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "+") {
            bytes.append(0x20)
        } else if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
