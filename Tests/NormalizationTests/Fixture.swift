import JSONText
import LoadPackages
import Normalization
import ProgramSupport
import SystemIO
import TestSupport
import Threading

/// A spool, and both ways to normalize into it: the engine itself, and the program.
struct Fixture {
    let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    // MARK: The engine

    struct Result {
        var outcomes: [Normalizer.Outcome] = []
        var events: [EvolutionEvent] = []
        /// Where each event came from.
        var places: [InputPlace?] = []
        var truncated = false
        var inputStatus = 0
        var rejected = 0
        var records = 0
        var recordsAhead = 0
        var path: String? { outcomes.first?.package?.path }
    }

    func request(_ mode: NormalizeRequest.Mode = .stream) -> NormalizeRequest {
        let data = folder.path("data")
        return NormalizeRequest(mode: mode) { pipeline in
            guard let spool = Spool(dataDirectory: data, pipeline: pipeline) else {
                throw ProgramError(.usage, "no pipeline name: \(pipeline)")
            }
            return spool
        }
    }

    @discardableResult
    func normalize(
        _ text: String, _ request: NormalizeRequest, workers: Int = 1, blockBytes: Int = 1 << 20, portion: Int = .max
    ) throws -> Result {
        var result = Result()
        let messages = Messages(program: "test", isQuiet: true)
        let pool = workers > 1 ? WorkerPool(workers: workers) : nil
        defer { pool?.end() }
        let normalizer = Normalizer(request, messages: messages, pool: pool) { event, place in
            result.events.append(event)
            result.places.append(place)
        }
        let blocks = BlockReader(
            source: MemorySource(Array(text.utf8), portion: portion), blockBytes: blockBytes,
            maximumLineBytes: request.maximumLineBytes)
        do {
            try Intake(normalizer, blocks: blocks, pool: pool).run()
            try normalizer.finish { result.outcomes.append($0) }
        } catch {
            normalizer.abandon()
            throw error
        }
        result.truncated = normalizer.truncation != nil
        result.inputStatus = normalizer.inputStatus
        result.rejected = normalizer.rejected
        result.records = normalizer.records
        result.recordsAhead = normalizer.recordsAhead
        return result
    }

    /// Normalizes a record stream.
    @discardableResult
    func stream(_ lines: [String], _ change: (inout NormalizeRequest) -> Void = { _ in }) throws -> Result {
        var request = request()
        change(&request)
        return try normalize(lines.map { $0 + "\n" }.joined(), request)
    }

    /// The error that a stream is refused with; nothing may be left behind.
    func refusal(_ lines: [String], _ change: (inout NormalizeRequest) -> Void = { _ in }) throws -> ProgramError? {
        let before = try waiting("p")
        do { try stream(lines, change) } catch {
            guard let words = ProgramError(of: error) else { throw error }
            return try waiting("p") == before ? words : nil
        }
        return nil
    }

    // MARK: The program

    func program(
        _ arguments: [String], stdin: String, environment: [String: String] = [:]
    ) throws -> ProgramResult {
        try run(
            program: "dlt-normalize", arguments: arguments, stdin: stdin,
            environment: ["DLT_DATA_DIR": folder.path("data")].merging(environment) { $1 },
            currentDirectory: folder.path)
    }

    func shell(_ script: String, stdin: String = "") throws -> ProgramResult {
        try runShell(
            script, stdin: stdin, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
    }

    // MARK: Looking

    func spool(_ pipeline: String = "p") throws -> Spool {
        guard let spool = Spool(dataDirectory: folder.path("data"), pipeline: pipeline) else { throw Missing() }
        return spool
    }

    /// Everything in the folder of waiting packages, half-written ones too.
    func waiting(_ pipeline: String = "p") throws -> [String] {
        let folder = Paths.join(try spool(pipeline).path, "packages")
        return Files.exists(folder) ? try Files.list(folder) : []
    }

    func package(_ result: Result) throws -> PackageReader {
        guard let path = result.path else { throw Missing() }
        let package = try PackageReader(path)
        try package.verify()
        return package
    }

    struct Missing: Error {}

    /// Values of one column of a table, in the order of the rows.
    func values(_ column: String = "i", of table: String = "t", in result: Result) throws -> [String] {
        let package = try package(result)
        var values: [String] = []
        for job in package.manifest.jobs where job.table == table {
            let rows = try package.rows(of: job)
            var count = 0
            while let row = try rows.next() {
                values.append(try JSONValue(parsing: row.text)[column]?.serialized() ?? "null")
                count += 1
            }
            guard count == job.rows else { throw Missing() }
        }
        return values
    }
}

// MARK: - Messages

func header(_ pipeline: String = "p", base: String = "{}") -> String {
    """
    {"type":"HEADER","format":2,"pipeline":"\(pipeline)","source":"s","extract_id":"e","base":\(base)}
    """
}

func schema(_ stream: String = "t", _ hints: String = "{}", keys: String = "[]") -> String {
    """
    {"type":"SCHEMA","stream":"\(stream)","schema":{},"key_properties":\(keys),"dlt":\(hints)}
    """
}

func place(_ file: String, line: Int?, number: Int, sent: Int, _ stream: String = "t") -> String {
    let line = line.map { ",\"line\":\($0)" } ?? ""
    return
        "{\"type\":\"PLACE\",\"stream\":\"\(stream)\",\"file\":\"\(file)\"\(line),\"number\":\(number),\"sent\":\(sent)}"
}

func records(_ numbers: ClosedRange<Int>, _ stream: String = "t", version: Int? = nil) -> [String] {
    let more = version.map { ",\"version\":\($0)" } ?? ""
    return numbers.map { "{\"type\":\"RECORD\",\"stream\":\"\(stream)\",\"record\":{\"i\":\($0)}\(more)}" }
}

func state(_ page: Int, resource: String = "t") -> String {
    """
    {"type":"STATE","seq":\(page),"value":{"sources":{"s":{"resources":{"\(resource)":{"page":\(page)}}}}}}
    """
}

func end(_ records: [String: Int], schemas: Int = 1, states: Int = 0, status: Int = 0, more: Bool = false) -> String {
    var counts = JSONObject()
    for (stream, count) in records { counts[stream] = .integer(count) }
    let status = more ? 10 : status
    return """
        {"type":"END","status":"ok","exit_status":\(status),"more":\(more),"records":\(JSONValue.object(counts).serialized()),\
        "schemas":\(schemas),"states":\(states)}
        """
}

func activate(_ version: Int, _ stream: String = "t") -> String {
    "{\"type\":\"ACTIVATE_VERSION\",\"stream\":\"\(stream)\",\"version\":\(version)}"
}

func singerState(_ value: Int) -> String { "{\"type\":\"STATE\",\"value\":{\"at\":\(value)}}" }
