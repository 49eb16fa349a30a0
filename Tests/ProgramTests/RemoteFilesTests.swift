import AWS
import HTTP
import JSONText
import LoopbackServer
import ObjectStoreConnector
import ObjectStores
import SystemIO
import TestSupport
import Testing

/// dlt-extract over a web server.
struct WebFilesTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private static func rows(_ count: Int, _ word: String = "x") -> [UInt8] {
        Array((0..<count).map { "{\"n\":\($0),\"w\":\"\(word)\"}\n" }.joined().utf8)
    }

    @Test func `a file of a web server is read as one of this machine, packed or not`() throws {
        let server = try LoopbackServer { request in
            switch request.path {
            case "/data/users.csv": ServerReply(text: "id,name\n1,é\n", type: "text/csv")
            // Sent as it lies there: packed.
            case "/data/users.csv.gz": ServerReply(text: "id,name\n1,é\n").gzipped()
            case "/data": .redirect(to: "/data/users.csv")
            default: ServerReply(404)
            }
        }
        for path in ["/data/users.csv", "/data/users.csv.gz?version=2", "/data"] {
            let read = try extract("files", server.url + path, in: folder)
            #expect(read.result.status == 0, "\(read.result)")
            #expect(read.records == ["{\"id\":1,\"name\":\"é\"}"])
            #expect(read.messages.first?["pipeline"]?.stringValue == (path == "/data" ? "data" : "users"))
        }
        let missing = try extract("files", server.url + "/other.csv", in: folder)
        #expect(missing.result.status == 66)
        #expect(missing.result.stderr.contains("unable to read \(server.url)/other.csv: the answer is 404"))
    }

    @Test func `new reads a file again when its tag or its time has changed, and no secret goes into the state`() throws
    {
        let version = Locked(1)
        let server = try LoopbackServer { request in
            let number = version.withLock { $0 }
            var headers: [(name: String, value: String)] = []
            if request.path == "/tag.jsonl" { headers.append(("ETag", "\"\(number)\"")) }
            if request.path == "/time.jsonl" {
                headers.append(("Last-Modified", "Sun, 06 Nov 1994 08:49:3\(number) GMT"))
            }
            return ServerReply(200, headers: headers, body: Self.rows(2, "v\(number)"))
        }
        let url = server.url + "/tag.jsonl?sig=\(PlantedSecret.make("sas"))"
        func read() throws -> ReadStream {
            let read = try extract("files", "--new", "--resource", "r", url, server.url + "/time.jsonl", in: folder)
            #expect(read.result.status == 0, "\(read.result)")
            try commit(read, in: folder)
            return read
        }
        #expect(try read().records.count == 4)
        #expect(try read().records.isEmpty)
        version.withLock { $0 = 2 }
        let again = try read()
        #expect(again.records.count == 4)
        #expect(again.result.stdout.contains("sig=***"))
        let unmarked = try extract("files", "--new", server.url + "/none.jsonl", in: folder)
        #expect(unmarked.result.stderr.contains("neither ETag nor Last-Modified"))
    }

    @Test func `URLs that differ only in a secret are different files, which are not remembered`() throws {
        let server = try LoopbackServer { request in
            ServerReply(200, headers: [("ETag", "\"1\"")], body: Self.rows(1, request.target))
        }
        let urls = ["1", "2"].map { server.url + "/a.jsonl?code=\($0)" }
        let all = try extract("files", urls[0], urls[1], in: folder)
        #expect(all.records.count == 2 && Set(all.records).count == 2, "\(all.result)")
        let new = try extract("files", "--new", urls[0], urls[1], in: folder)
        #expect(new.result.status == 64, "\(new.result)")
        #expect(new.result.stderr.contains("two of these URLs differ only in what is hidden"), "\(new.result)")
        // The first of them, known or not, does not stand for the second.
        #expect(new.records.isEmpty)
    }

    @Test func `keys in the URL of a bucket are refused, and not repeated`() throws {
        let secret = PlantedSecret.make("key")
        for key in [secret, "a/\(secret)"] {
            let read = try extract("files", "s3://AKIA:\(key)@bucket/a.csv", in: folder)
            #expect(read.result.status == 64, "\(read.result)")
            #expect(!read.result.stderr.contains(secret), "\(read.result)")
        }
    }

    @Test func `a run that stops inside a file goes on there`() throws {
        let server = try LoopbackServer { request in
            ServerReply(200, headers: [("ETag", "\"1\"")], body: Self.rows(10))
        }
        var seen: [String] = []
        for expected in [10, 10, 0] as [Int32] {
            let read = try extract("files", "--new", "--chunk-size", "4", server.url + "/a.jsonl", in: folder)
            #expect(read.result.status == expected, "\(read.result)")
            seen += read.records
            try commit(read, in: folder)
        }
        #expect(seen.count == 10 && Set(seen).count == 10)
    }

    @Test(
        arguments: [
            (["gs://b/x.csv"], "unable to read gs://b/x.csv: files of `gs://` are not read"),
            (["s3://"], "unable to read s3://: it names no bucket"),
            (["s3://b/x", "--jobs", "0"], "'--jobs' takes a number"),
            (["s3://b/x", "--endpoint", "store"], "unable to use the endpoint store"),
            (["s3://b/x", "--anonymous", "--profile", "p"], "Use either '--anonymous' or '--profile'"),
        ])
    func `places that are not read, and wrong options, are wrong usage`(arguments: [String], message: String) throws {
        let read = try run(
            argv: [Paths.join(buildFolder, "dlt-extract"), "files"] + arguments, stdin: [],
            environment: ["DLT_DATA_DIR": folder.path("data")],
            currentDirectory: folder.path)
        #expect(read.status == 64, "\(read)")
        #expect(read.stderr.contains(message), "\(read)")
    }
}

/// dlt-extract over a server that checks signatures.
@Suite(.enabled(if: S3Server.isRunning, "\(S3Server.absence)"))
struct BucketTests {
    private let folder: WorkDirectory
    private let store: S3Store

    init() throws {
        folder = try WorkDirectory()
        let variables = S3Server.environment
        let settings = try AWSSettings(profile: nil) { variables[$0] }
        store = try S3Store(
            bucket: S3Server.uniqueName(),
            S3Settings(endpoint: nil, region: nil, style: nil, isAnonymous: false, settings),
            AWSCredentialProvider(settings, HTTPClientOptions()) { variables[$0] }, HTTPClientOptions())
        try store.create()
    }

    private func put(_ key: String, _ text: String) throws { try store.put(Array(text.utf8), key: key, if: .always) }

    private func extract(_ arguments: String..., environment: [String: String] = [:]) throws -> ReadStream {
        try ReadStream(
            run(
                argv: [Paths.join(buildFolder, "dlt-extract"), "files"] + arguments, stdin: [],
                environment: ["DLT_DATA_DIR": folder.path("data")].merging(S3Server.environment) { $1 }
                    .merging(environment) { $1 },
                currentDirectory: folder.path))
    }

    @Test func `objects are found by name, folder and pattern`() throws {
        for key in [
            "logs/a.jsonl", "logs/2024/b c.jsonl", "logs/2024/ü%2F+.jsonl", "logs/.hidden/d.jsonl", "logs/readme.md",
            "logs.jsonl",
        ] { try put(key, "{\"k\":\"\(key)\"}\n") }
        let bucket = "s3://\(store.bucket)"
        func keys(_ path: String) throws -> [String] {
            let read = try extract(bucket + path, "--resource", "r")
            #expect(read.result.status == 0, "\(read.result)")
            return try read.all("RECORD").map { try #require($0["record"]?["k"]?.stringValue) }.sorted()
        }
        #expect(try keys("/logs/a.jsonl") == ["logs/a.jsonl"])
        for folder in ["/logs", "/logs/"] {
            #expect(try keys(folder) == ["logs/2024/b c.jsonl", "logs/2024/ü%2F+.jsonl", "logs/a.jsonl"])
        }
        #expect(try keys("/logs/*.jsonl") == ["logs/a.jsonl"])
        #expect(try keys("/logs/*/*%2F*") == ["logs/2024/ü%2F+.jsonl"])
        #expect(try keys("/**/*.jsonl").count == 4)
        #expect(try keys("/{logs,other}.jsonl") == ["logs.jsonl"])
        #expect(try keys("/logs/*.md") == ["logs/readme.md"])
        let none = try extract(bucket + "/logs/*.csv")
        #expect(none.result.status == 66)
        #expect(none.result.stderr.contains("no object matches"))
    }

    @Test func `new objects and changed ones are read, in a pipe to a table`() throws {
        for day in 1...3 { try put("d/\(day).csv", "day,n\n\(day),1\n") }
        let bucket = "s3://\(store.bucket)/d/"
        func load() throws -> ProgramResult {
            try runShell(
                "dlt-extract files --new '\(bucket)' --resource days | dlt-normalize | dlt-load sqlite:///x.db",
                environment: ["DLT_DATA_DIR": folder.path("data")].merging(S3Server.environment) { $1 },
                currentDirectory: folder.path)
        }
        #expect(try load().status == 0)
        try put("d/2.csv", "day,n\n2,22\n")
        try put("d/4.csv", "day,n\n4,1\n")
        let second = try load()
        #expect(second.status == 0)
        #expect(second.stderr.contains("2 new files (2 delivered before)"), "\(second)")
        let rows = try runShell("sqlite3 x.db 'SELECT day, n FROM days ORDER BY 1, 2'", currentDirectory: folder.path)
        #expect(rows.lines == ["1|1", "2|1", "2|22", "3|1", "4|1"])
        let modified = try extract("--by-modification", bucket, "--resource", "m")
        #expect(modified.records.count == 4)
    }

    @Test func `what is not allowed ends with its status and names the remedy`() throws {
        try put("a.jsonl", "{}\n")
        let url = "s3://\(store.bucket)/a.jsonl"
        func expect(_ status: Int32, _ text: String, _ environment: [String: String], _ options: String...) throws {
            let read = try ReadStream(
                run(
                    argv: [Paths.join(buildFolder, "dlt-extract"), "files", url] + options, stdin: [],
                    environment: ["DLT_DATA_DIR": folder.path("data")].merging(S3Server.environment) { $1 }
                        .merging(environment) { $1 },
                    currentDirectory: folder.path))
            #expect(read.result.status == status, "\(read.result)")
            #expect(read.result.stderr.contains(text), "\(read.result)")
            #expect(read.endStatus == Int(status))
        }
        try expect(77, "the secret does not belong to the access key", ["AWS_SECRET_ACCESS_KEY": "wrong"])
        try expect(
            77, "access is denied",
            ["AWS_ACCESS_KEY_ID": S3Server.readerKey, "AWS_SECRET_ACCESS_KEY": S3Server.readerSecret])
        try expect(77, "access is denied", [:], "--anonymous")
        try expect(78, "there are no credentials", ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
        try expect(78, "the profile nobody is in neither", [:], "--profile", "nobody")
        try expect(69, "certificate", ["AWS_ENDPOINT_URL_S3": S3Server.secureEndpoint])
        try expect(
            0, "", ["AWS_ENDPOINT_URL_S3": S3Server.secureEndpoint, "AWS_CA_BUNDLE": S3Server.certificates])
        try expect(
            0, "", ["AWS_ENDPOINT_URL_S3": S3Server.secureEndpoint], "--ca-file", S3Server.certificates)
    }
}
