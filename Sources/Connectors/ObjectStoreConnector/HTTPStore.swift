import Failures
package import HTTP
package import ObjectStores
import Secrets
import SystemIO

/// Files of web servers; their keys are whole URLs. Nothing can be listed.
///
/// A file is read in ranges. A server that knows no ranges answers the first request with all of it, which is kept in a temporary
/// file.
package final class HTTPStore: ObjectStore {
    private let client: HTTPClient
    /// For questions, while parts are on their way.
    private let asking: HTTPClient
    private var requests: [Int: PartRequest] = [:]
    /// Where whole files go, by their requests, and then by their URLs.
    private var receiving: [Int: BodyFile] = [:]
    private var whole: [String: BodyFile] = [:]
    private var ready: [Int] = []

    package init(_ options: HTTPClientOptions) throws(ObjectFailure) {
        do throws(HTTPFailure) { (client, asking) = (try HTTPClient(options), try HTTPClient(options)) } catch {
            throw ObjectFailure(error, unableTo: "read from web servers")
        }
    }

    package static func object(_ url: String) -> StoredObject { StoredObject(url: Secrets.masked(url: url), key: url) }

    /// Visits the one file, with what the server says of it to a HEAD.
    package func list(_ prefix: String, _ visit: ([StoredObject]) throws -> Void) throws {
        var object = HTTPStore.object(prefix)
        let response: HTTPResponse
        do throws(HTTPFailure) { response = try asking.send(HTTPRequest(method: "HEAD", url: prefix)) } catch {
            throw ObjectFailure(error, unableTo: "read \(object.url)")
        }
        // A server that refuses a HEAD may give the file none the less.
        if response.status == 200 {
            object.tag = response.headers["ETag"]
            object.modified = HTTPStore.modified(response)
            // Without ranges each part would be the whole file.
            if response.headers["Accept-Ranges"]?.lowercased() == "bytes" {
                object.size = response.headers["Content-Length"].flatMap { Int64($0) }
            }
        }
        try visit([object])
    }

    /// Nanoseconds since 1970.
    private static func modified(_ response: HTTPResponse) -> Int64? {
        response.headers["Last-Modified"].flatMap { HTTPDate.parse($0) }.map { $0 * 1_000_000_000 }
    }

    package func begin(_ part: PartRequest, tag: Int) throws {
        requests[tag] = part
        if whole[part.object.key] != nil { return ready.append(tag) }
        var headers = [(name: "Range", value: "bytes=\(part.offset)-\(part.offset + Int64(part.count) - 1)")]
        // Another tag would be a refusal; a weak one never matches.
        if let known = part.object.tag, !known.hasPrefix("W/") { headers.append(("If-Match", known)) }
        var request = HTTPRequest(url: part.object.key, headers: headers)
        let file: BodyFile
        do throws(SystemError) { file = try BodyFile() } catch {
            throw ObjectFailure(.storage, "unable to read \(part.object.url): \(error.description)")
        }
        request.file = file
        receiving[tag] = file
        client.start(request, tag: tag)
    }

    package func next() throws -> (tag: Int, part: Result<ObjectPart, any Error>)? {
        if !ready.isEmpty {
            let tag = ready.removeFirst()
            guard let request = requests.removeValue(forKey: tag), let file = whole[request.object.key] else {
                return nil
            }
            return (tag, Result { try part(of: file, request, request.object) })
        }
        let completion: HTTPCompletion?
        do throws(HTTPFailure) { completion = try client.next() } catch {
            throw ObjectFailure(error, unableTo: "read from web servers")
        }
        guard let completion, let request = requests.removeValue(forKey: completion.tag) else { return nil }
        let file = receiving.removeValue(forKey: completion.tag)
        return (completion.tag, Result { try part(completion.result, request, file) })
    }

    private func part(
        _ result: Result<HTTPResponse, HTTPFailure>, _ request: PartRequest, _ file: BodyFile?
    ) throws -> ObjectPart {
        let response: HTTPResponse
        do throws(HTTPFailure) { response = try result.get() } catch {
            throw ObjectFailure(error, unableTo: "read \(request.object.url)")
        }
        var object = request.object
        let tag = response.headers["ETag"]
        let modified = HTTPStore.modified(response)
        // Each part must belong to the file that was found.
        if response.status < 300, let known = object.tag ?? object.modified.map(String.init),
            known != (object.tag == nil ? modified.map(String.init) : tag)
        {
            throw ObjectFailure.replaced(object.url)
        }
        if response.status < 300 {
            object.tag = tag
            object.modified = modified
        }
        let range = response.headers["Content-Range"].flatMap(ContentRange.init)
        switch response.status {
        case 206:
            guard let range, range.first == request.offset, !response.body.isEmpty else {
                throw ObjectFailure(
                    .unavailable, "unable to read \(object.url): the server answers with another range than asked for")
            }
            // Where nothing else tells versions apart, their sizes may.
            if request.offset > 0, let known = object.size, let size = range.size, known != size {
                throw ObjectFailure.replaced(object.url)
            }
            object.size = range.size
            let end = range.first + Int64(response.body.count)
            let isLast = range.size.map { end >= $0 } ?? (response.body.count < request.count)
            return ObjectPart(object, bytes: response.body, isLast: isLast)
        case 200:
            guard let file, request.offset == 0 else { throw ObjectFailure.replaced(object.url) }
            object.size = file.count
            whole[object.key] = file
            return try part(of: file, request, object)
        // The range begins after the end: of an empty file, or of one whose size was not known.
        case 416 where request.offset == 0 || range?.size == request.offset:
            object.size = request.offset
            return ObjectPart(object, bytes: [], isLast: true)
        default: throw HTTPStore.refused(response, object.url)
        }
    }

    private func part(of file: BodyFile, _ request: PartRequest, _ object: StoredObject) throws -> ObjectPart {
        do throws(SystemError) {
            let bytes = try file.read(at: request.offset, count: request.count)
            let isLast = request.offset + Int64(bytes.count) >= file.count
            if isLast { whole[object.key] = nil }
            return ObjectPart(object, bytes: bytes, isLast: isLast)
        } catch { throw ObjectFailure(.storage, "unable to read \(object.url): \(error.description)") }
    }

    private static func refused(_ response: HTTPResponse, _ url: String) -> ObjectFailure {
        let attempts = response.attempts > 1 ? " (\(response.attempts) attempts)" : ""
        let what = "unable to read \(url): the answer is \(response.status)\(attempts)"
        switch response.status {
        case 401, 403, 407:
            return ObjectFailure(
                .denied, what,
                hint: "a user and a password may stand in the URL; for other credentials: "
                    + "curl -sf -H 'Authorization: …' URL | dlt-extract files - --resource NAME")
        case 404, 410: return ObjectFailure(.noInput, what, hint: "check the URL")
        case 412: return .replaced(url)
        case 408, 429, 500...599: return ObjectFailure(.unavailable, what, hint: ObjectFailure.again)
        default: return ObjectFailure(.unavailable, what)
        }
    }
}

/// `bytes 0-99/1234`, and `bytes */1234` in a refusal.
struct ContentRange: Equatable {
    var first: Int64 = 0
    /// Nil where the server does not say it.
    var size: Int64?

    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        size = Int64(parts[1])
        if parts[0] == "*" { return }
        guard let start = parts[0].split(separator: "-").first.flatMap({ Int64($0) }), start >= 0 else { return nil }
        first = start
    }
}
