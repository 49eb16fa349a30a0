import AWS
import Failures
import HTTP
import LoopbackServer
import ObjectStoreConnector
import ObjectStores
import SystemIO
import TestSupport
import Testing

/// Against a server that checks signatures.
@Suite(.enabled(if: S3Server.isRunning, "\(S3Server.absence)"))
struct S3StoreTests {
    private func store(
        _ bucket: String, endpoint: String? = nil, key: String = S3Server.key, secret: String = S3Server.secret,
        isAnonymous: Bool = false, certificates: String? = nil, attempts: Int = 5
    ) throws -> S3Store {
        let variables = [
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_CONFIG_FILE": "/nowhere",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        ]
        let settings = try AWSSettings(profile: nil) { variables[$0] }
        var options = HTTPClientOptions()
        options.decodesBodies = false
        options.certificateAuthorities = certificates
        options.retry.maximumAttempts = attempts
        options.retry.backoff = 0.02
        return try S3Store(
            bucket: bucket,
            S3Settings(
                endpoint: endpoint ?? S3Server.endpoint, region: nil, style: nil, isAnonymous: isAnonymous, settings),
            AWSCredentialProvider(settings, options) { variables[$0] }, options)
    }

    private func newBucket() throws -> S3Store {
        let store = try store(S3Server.uniqueName())
        try store.create()
        return store
    }

    private func keys(_ store: S3Store, _ prefix: String = "") throws -> [String] {
        var keys: [String] = []
        try store.list(prefix) { keys += $0.map(\.key) }
        return keys
    }

    @Test func `keys of any characters are stored, listed and read`() throws {
        let store = try newBucket()
        let names = [
            "a b/ü.csv", "a b/%2F+&=?#.csv", "a b/'quotes' \"too\" <&>.csv", "a b/日本/~!*().csv", "a b/e\u{301}",
        ]
        for (index, name) in names.enumerated() { try store.put([UInt8(index)], key: name, if: .always) }
        try store.put(Array("elsewhere".utf8), key: "other", if: .always)
        #expect(try Set(keys(store, "a b/").map(Array.init)) == Set(names.map(Array.init)))
        let reader = ObjectReader(store, jobs: 4)
        try store.list("a b/") { page in
            for object in page {
                #expect(object.size == 1 && object.tag != nil && object.modified != nil)
                let index = try #require(names.firstIndex(of: object.key))
                #expect(try whole(reader, object) == [UInt8(index)])
            }
        }
    }

    @Test func `a listing goes on over its pages, and parts are read side by side`() throws {
        let store = try newBucket()
        let names = (0..<1100).map { "n/\(10000 + $0)" }
        for name in names { try store.put(Array(name.utf8), key: name, if: .always) }
        var objects: [StoredObject] = []
        var pages = 0
        try store.list("n/") {
            objects += $0
            pages += 1
        }
        #expect(objects.map(\.key) == names)
        #expect(pages == 2)
        let reader = ObjectReader(store, jobs: 16)
        reader.plan(objects)
        for object in objects { #expect(try whole(reader, object) == Array(object.key.utf8)) }
    }

    @Test func `an object that is replaced or removed after the listing is noticed`() throws {
        let store = try newBucket()
        for name in ["a", "b"] { try store.put(Array("first".utf8), key: name, if: .always) }
        var objects: [StoredObject] = []
        try store.list("") { objects += $0 }
        try store.put(Array("other".utf8), key: "a", if: .always)
        let replaced = #expect(throws: ObjectFailure.self) { try whole(ObjectReader(store, jobs: 1), objects[0]) }
        #expect(replaced?.kind == .temporary)
        try store.remove("b")
        let removed = #expect(throws: ObjectFailure.self) { try whole(ObjectReader(store, jobs: 1), objects[1]) }
        #expect(removed?.message.contains("it was removed since it was listed") == true)
    }

    @Test func `an object is stored only on its condition`() throws {
        let store = try newBucket()
        let first = try store.put([1], key: "a", if: .absent)
        #expect(throws: ConditionFailed.self) { try store.put([2], key: "a", if: .absent) }
        let tag = try #require(first)
        let second = try store.put([3], key: "a", if: .tag(tag))
        #expect(throws: ConditionFailed.self) { try store.put([4], key: "a", if: .tag(tag)) }
        #expect(second != nil && second != first)
    }

    /// What each failure says, and what it is.
    @Test func `a refusal is one sentence`() throws {
        let bucket = try newBucket().bucket
        func failure(_ store: S3Store) -> ObjectFailure? { #expect(throws: ObjectFailure.self) { try keys(store) } }

        let wrong = failure(try store(bucket, secret: "unusual-eight-x7"))
        #expect(wrong?.kind == .denied)
        #expect(wrong?.message == "unable to list s3://\(bucket)/: the secret does not belong to the access key")
        let unknown = failure(try store(bucket, key: "NOBODY"))
        #expect(unknown?.kind == .denied)
        #expect(unknown?.message == "unable to list s3://\(bucket)/: the store does not know the access key")
        let denied = failure(try store(bucket, key: S3Server.readerKey, secret: S3Server.readerSecret))
        #expect(denied?.kind == .denied)
        #expect(denied?.message.hasPrefix("unable to list s3://\(bucket)/: access is denied") == true)
        let anonymous = failure(try store(bucket, isAnonymous: true))
        #expect(anonymous?.kind == .denied)
        let missing = failure(try store("no-such-bucket"))
        #expect(missing?.kind == .noInput)
        #expect(missing?.message == "unable to list s3://no-such-bucket/: there is no bucket no-such-bucket")
        let untrusted = failure(try store(bucket, endpoint: S3Server.secureEndpoint, attempts: 1))
        #expect(untrusted?.kind == .unavailable)
        #expect(untrusted?.message.contains("certificate") == true)
        #expect(untrusted?.hint == "--ca-file FILE names a file of certificates to trust")
        #expect(
            try keys(store(bucket, endpoint: S3Server.secureEndpoint, certificates: S3Server.certificates)).isEmpty)
    }
}

/// Against answers that a server here does not give.
struct S3AnswerTests {
    private func list(
        _ server: LoopbackServer, region: String? = nil, _ bucket: String = "data"
    ) throws -> [StoredObject] {
        let variables = [
            "AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "unusual-nine-x7", "AWS_CONFIG_FILE": "/nowhere",
        ]
        let settings = try AWSSettings(profile: nil) { variables[$0] }
        var options = HTTPClientOptions()
        options.retry.maximumAttempts = 2
        options.retry.backoff = 0.01
        let store = try S3Store(
            bucket: bucket,
            S3Settings(endpoint: server.url, region: region, style: nil, isAnonymous: false, settings),
            AWSCredentialProvider(settings, options) { variables[$0] }, options)
        var objects: [StoredObject] = []
        try store.list("") { objects += $0 }
        return objects
    }

    private static func refusal(_ status: Int, _ code: String, _ more: String = "") -> ServerReply {
        ServerReply(status, text: "<Error><Code>\(code)</Code><Message>no</Message>\(more)</Error>")
    }

    private func failure(_ reply: ServerReply) throws -> ObjectFailure? {
        let server = try LoopbackServer(reply)
        return #expect(throws: ObjectFailure.self) { try list(server) }
    }

    @Test func `a clock that is wrong is said to be`() throws {
        var reply = Self.refusal(403, "RequestTimeTooSkewed")
        reply.headers.append(("Date", "Sun, 06 Nov 1994 08:49:37 GMT"))
        let failure = try failure(reply)
        #expect(failure?.kind == .configuration)
        #expect(failure?.message.contains("minutes fast") == true)
    }

    @Test func `a busy store and one that is not a store are unavailable, a session that has ended is denied`() throws {
        #expect(try failure(Self.refusal(503, "SlowDown"))?.message.hasSuffix("(SlowDown) (2 attempts)") == true)
        #expect(try failure(Self.refusal(503, "SlowDown"))?.kind == .unavailable)
        #expect(try failure(Self.refusal(400, "ExpiredToken"))?.kind == .denied)
        #expect(try failure(ServerReply(text: "<html></html>"))?.hint?.contains("endpoint") == true)
        let endless = """
            <ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>
            """
        #expect(try failure(ServerReply(text: endless))?.message.contains("does not go on") == true)
    }

    @Test func `a bucket of another region names it, and is read there`() throws {
        let server = try LoopbackServer { request in
            request.header("Authorization")?.contains("/eu-south-9/s3/") == true
                ? ServerReply(
                    text: """
                        <ListBucketResult><Contents><Key>a&#x1;b</Key><Size>3</Size><ETag>&quot;x&quot;</ETag>
                        <LastModified>2024-01-15T08:00:00.000Z</LastModified></Contents></ListBucketResult>
                        """)
                : Self.refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-south-9</Region>")
        }
        let found = try #require(try list(server).first)
        #expect(found.key == "a\u{1}b" && found.tag == "\"x\"" && found.modified == 1_705_305_600_000_000_000)
        // One that the user has named is not replaced by another.
        #expect(throws: ObjectFailure.self) { try list(server, region: "us-west-1") }
    }
}
