package import AWS
import Crypto
import Failures
package import HTTP
package import ObjectStores
import SystemIO

/// A bucket of S3, or of a service that speaks its protocol.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>
package final class S3Store: WritableObjectStore {
    package let bucket: String
    private var settings: S3Settings
    private let credentials: AWSCredentialProvider
    private let client: HTTPClient
    /// For questions, while parts are on their way.
    private let asking: HTTPClient
    private var requests: [Int: PartRequest] = [:]

    package init(
        bucket: String, _ settings: S3Settings, _ credentials: AWSCredentialProvider, _ options: HTTPClientOptions
    ) throws(ObjectFailure) {
        self.bucket = bucket
        self.settings = settings
        self.credentials = credentials
        var options = options
        // The signature holds for one host alone.
        options.maximumRedirects = 0
        do throws(HTTPFailure) { (client, asking) = (try HTTPClient(options), try HTTPClient(options)) } catch {
            throw ObjectFailure(error, unableTo: "read s3://\(bucket)")
        }
    }

    // MARK: Listing

    package func list(_ prefix: String, _ visit: ([StoredObject]) throws -> Void) throws {
        let what = "list s3://\(bucket)/\(prefix)"
        var continuation: String?
        repeat {
            var query = [(name: "list-type", value: "2"), (name: "prefix", value: prefix)]
            if let continuation { query.append(("continuation-token", continuation)) }
            let response = try send("GET", "", query: query, unableTo: what)
            guard let page = S3Listing(response.body, bucket: bucket) else {
                throw ObjectFailure(
                    .unavailable, "unable to \(what): the answer is not a listing of S3",
                    hint: "check the endpoint: is it the one for S3?")
            }
            // A service that repeats a page would never end.
            if let next = page.continuation, next == continuation {
                throw ObjectFailure(.unavailable, "unable to \(what): the listing does not go on")
            }
            try visit(page.objects)
            continuation = page.continuation
        } while continuation != nil
    }

    // MARK: Reading

    package func begin(_ part: PartRequest, tag: Int) throws {
        requests[tag] = part
        var headers = [(name: "Range", value: "bytes=\(part.offset)-\(part.offset + Int64(part.count) - 1)")]
        if let known = part.object.tag { headers.append(("If-Match", known)) }
        client.start(
            try request("GET", part.object.key, headers: headers, unableTo: "read \(part.object.url)"), tag: tag)
    }

    package func next() throws -> (tag: Int, part: Result<ObjectPart, any Error>)? {
        let completion: HTTPCompletion?
        do throws(HTTPFailure) { completion = try client.next() } catch {
            throw ObjectFailure(error, unableTo: "read s3://\(bucket)")
        }
        guard let completion, let request = requests.removeValue(forKey: completion.tag) else { return nil }
        return (completion.tag, Result { try part(completion.result, request) })
    }

    private func part(_ result: Result<HTTPResponse, HTTPFailure>, _ request: PartRequest) throws -> ObjectPart {
        let what = "read \(request.object.url)"
        let response: HTTPResponse
        do throws(HTTPFailure) { response = try result.get() } catch { throw ObjectFailure(error, unableTo: what) }
        guard response.status == 206 || response.status == 200 && request.offset == 0 else {
            throw S3Refusal(response).failure(unableTo: what, bucket: bucket, object: request.object.url)
        }
        // Some services forget the condition.
        let tag = response.headers["ETag"]
        if let known = request.object.tag, let tag, known != tag { throw ObjectFailure.replaced(request.object.url) }
        let end = request.offset + Int64(response.body.count)
        guard response.body.count == request.count || end == request.object.size else {
            throw ObjectFailure(
                .unavailable,
                "unable to \(what): the store answers with \(response.body.count) bytes instead of \(request.count)",
                hint: ObjectFailure.again)
        }
        return ObjectPart(request.object, bytes: response.body, isLast: end == request.object.size)
    }

    // MARK: Writing

    @discardableResult
    package func put(_ bytes: [UInt8], key: String, if condition: PutCondition) throws -> String? {
        var headers = [(name: "Content-Type", value: "application/octet-stream")]
        switch condition {
        case .always: break
        case .absent: headers.append(("If-None-Match", "*"))
        case .tag(let tag): headers.append(("If-Match", tag))
        }
        let what = "write s3://\(bucket)/\(key)"
        let response = try answer(to: request("PUT", key, headers: headers, body: bytes, unableTo: what), what)
        if response.status == 412 { throw ConditionFailed() }
        guard response.status == 200 else {
            throw S3Refusal(response).failure(unableTo: what, bucket: bucket, object: nil)
        }
        return response.headers["ETag"]
    }

    /// Removes an object; one that is not there is no error.
    package func remove(_ key: String) throws { try change("DELETE", key, "remove s3://\(bucket)/\(key)") }

    /// Makes the bucket.
    package func create() throws { try change("PUT", "", "make the bucket \(bucket)") }

    private func change(_ method: String, _ key: String, _ what: String) throws {
        let response = try answer(to: request(method, key, unableTo: what), what)
        guard [200, 204].contains(response.status) else {
            throw S3Refusal(response).failure(unableTo: what, bucket: bucket, object: nil)
        }
    }

    // MARK: Requests

    /// Sends a request alone. A bucket in another region than assumed names its own, and is asked there.
    private func send(
        _ method: String, _ key: String, query: [(name: String, value: String)] = [], unableTo what: String
    ) throws -> HTTPResponse {
        let response = try answer(to: request(method, key, query: query, unableTo: what), what)
        if response.status == 200 { return response }
        let refusal = S3Refusal(response)
        if !settings.isRegionKnown, let region = refusal.region, region != settings.region {
            settings.region = region
            let second = try answer(to: request(method, key, query: query, unableTo: what), what)
            if second.status == 200 { return second }
            throw S3Refusal(second).failure(unableTo: what, bucket: bucket, object: nil)
        }
        throw refusal.failure(unableTo: what, bucket: bucket, object: nil)
    }

    private func answer(to request: HTTPRequest, _ what: String) throws -> HTTPResponse {
        do throws(HTTPFailure) { return try asking.send(request) } catch {
            throw ObjectFailure(error, unableTo: what)
        }
    }

    private func request(
        _ method: String, _ key: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8]? = nil, unableTo what: String
    ) throws -> HTTPRequest {
        guard let url = settings.url(bucket, key: key, query: query) else {
            throw ObjectFailure(.usage, "unable to \(what): `\(bucket)` cannot be the name of a bucket")
        }
        var headers = headers
        if !settings.isAnonymous {
            let now = Clock.nowMicroseconds()
            let keys: AWSCredentials
            do throws(AWSFailure) { keys = try credentials.credentials(at: now) } catch {
                throw ObjectFailure(error.kind, "unable to \(what): \(error.reason)", hint: error.hint)
            }
            let signature = SignatureV4(region: settings.region)
            do throws(CryptoError) {
                headers += try signature.headers(method, url, headers, body: body ?? [], keys, at: now)
            } catch { throw ObjectFailure(.unusable, "unable to \(what): \(error.description)") }
        }
        return HTTPRequest(method: method, url: url.text, headers: headers, body: body)
    }
}
