import Failures
import HTTP
import LoopbackServer
import ObjectStoreConnector
import ObjectStores
import SystemIO
import TestSupport
import Testing

/// Everything of an object, part by part.
func whole(_ reader: ObjectReader, _ object: StoredObject) throws -> [UInt8] {
    let source = try reader.open(object)
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1000)
    while true {
        let read = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
        if read == 0 { return all }
        all += buffer[..<read]
    }
}

struct HTTPStoreTests {
    private static let content = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }

    /// Answers as a server of files does that knows ranges.
    private static func ranged(_ request: ServerRequest, _ content: [UInt8], tag: String? = nil) -> ServerReply {
        var headers: [(name: String, value: String)] = []
        if let tag { headers.append(("ETag", tag)) }
        if let tag, let condition = request.header("If-Match"), condition != tag { return ServerReply(412) }
        guard
            let range = request.header("Range")?.dropFirst("bytes=".count).split(separator: "-").compactMap({ Int($0) }
            ),
            range.count == 2
        else { return ServerReply(200, headers: headers, body: content) }
        guard range[0] < content.count else {
            return ServerReply(416, headers: headers + [("Content-Range", "bytes */\(content.count)")])
        }
        let end = min(range[1], content.count - 1)
        headers.append(("Content-Range", "bytes \(range[0])-\(end)/\(content.count)"))
        return ServerReply(206, headers: headers, body: Array(content[range[0]...end]))
    }

    private func reader(_ jobs: Int = 3) throws -> ObjectReader {
        var options = HTTPClientOptions()
        options.decodesBodies = false
        options.retry.backoff = 0.01
        return ObjectReader(try HTTPStore(options), jobs: jobs, partBytes: 1000)
    }

    @Test func `a file is read in ranges, and a server without ranges gives it whole`() throws {
        for content in [Self.content, Array(Self.content[..<1000]), [1], []] {
            let server = try LoopbackServer { request in
                request.path == "/ranges"
                    ? Self.ranged(request, content, tag: "\"1\"") : ServerReply(200, body: content)
            }
            for path in ["/ranges", "/whole"] {
                let object = HTTPStore.object(server.url + path)
                #expect(try whole(reader(), object) == content, "\(path) \(content.count)")
            }
            #expect(server.requests.filter { $0.path == "/whole" }.count == 1)
        }
    }

    @Test func `a connection that breaks is taken up again at the same part`() throws {
        let server = try LoopbackServer { request in
            let reply = Self.ranged(request, Self.content)
            return request.visit % 2 == 0 ? reply.delivered(.reset(after: 200)) : reply
        }
        #expect(try whole(reader(1), HTTPStore.object(server.url + "/a")) == Self.content)
    }

    @Test func `a file that is replaced while it is read is noticed`() throws {
        // By a tag that is checked by the server, or by us; by the time; and by the size.
        let replies: [@Sendable (ServerRequest) -> ServerReply] = [
            { Self.ranged($0, Self.content, tag: $0.visit > 2 ? "\"2\"" : "\"1\"") },
            {
                var reply = Self.ranged($0, Self.content)
                reply.headers.append(("ETag", $0.visit > 2 ? "W/\"2\"" : "W/\"1\""))
                return reply
            },
            {
                var reply = Self.ranged($0, Self.content)
                reply.headers.append(("Last-Modified", "Sun, 06 Nov 1994 08:49:3\($0.visit > 2 ? 8 : 7) GMT"))
                return reply
            },
            { $0.visit > 2 ? ServerReply(200, body: Self.content) : Self.ranged($0, Self.content) },
            { Self.ranged($0, $0.visit > 2 ? Self.content + [1] : Self.content) },
        ]
        for reply in replies {
            let server = try LoopbackServer(handler: reply)
            let failure = #expect(throws: ObjectFailure.self) {
                try whole(reader(1), HTTPStore.object(server.url + "/a"))
            }
            #expect(failure?.kind == .temporary)
            #expect(failure?.message.contains("it was replaced since this run found it") == true)
        }
    }

    @Test(
        arguments: [(401, FailureKind.denied), (403, .denied), (404, .noInput), (410, .noInput), (418, .unavailable)])
    func `a refusal says its status`(status: Int, kind: FailureKind) throws {
        let server = try LoopbackServer(ServerReply(status))
        let failure = #expect(throws: ObjectFailure.self) {
            try whole(reader(), HTTPStore.object(server.url + "/a?sig=geheim"))
        }
        #expect(failure?.kind == kind)
        #expect(failure?.message == "unable to read \(server.url)/a?sig=***: the answer is \(status)")
    }
}
