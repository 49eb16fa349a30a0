import JSONText
import LoadPackages
import Normalization
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO
import TestSupport
import Testing

/// Inputs whose schema keeps changing, with all that can stand between records.
private struct InputGenerator {
    enum Kind: CaseIterable { case native, singer, table, tableFrom }

    let kind: Kind
    var random: SplitMix
    private let folder: WorkDirectory
    private var records: RecordGenerator
    private var counts: [String: Int] = [:]
    private var schemas = 0
    private var states = 0
    private var batches = 0
    private let streams = ["t", "u", "a b"]
    /// Few new keys, so that there is something to do ahead.
    private var calm: [String] = []

    init(_ kind: Kind, seed: UInt64, folder: WorkDirectory) {
        self.kind = kind
        self.folder = folder
        random = SplitMix(state: seed)
        records = RecordGenerator(random: SplitMix(state: seed &* 31 &+ 7))
    }

    private mutating func chance(_ outOf: Int) -> Bool { Int.random(in: 0..<outOf, using: &random) == 0 }

    private mutating func record() -> String {
        // Long stretches of one shape, here and there another one, a new key, a value of another type.
        if calm.isEmpty || chance(60) { calm = (0..<3).map { _ in records.record().serialized() } }
        if chance(25) { return records.record().serialized() }
        if chance(40) { return "{\"late_\(Int.random(in: 0..<30, using: &random))\":1,\"userID\":null,\"user_id\":2}" }
        return calm.randomElement(using: &random) ?? "{}"
    }

    mutating func make(lines count: Int) throws -> String {
        var lines: [String] = []
        switch kind {
        case .native:
            lines.append(header())
            for stream in streams { lines.append(declare(stream)) }
        case .singer: for stream in streams { lines.append(declare(stream)) }
        case .table, .tableFrom: break
        }
        for _ in 0..<count { lines.append(try line()) }
        if kind == .native, !chance(4) { lines.append(end(counts, schemas: schemas, states: states)) }
        let text = lines.map { $0 + (chance(20) ? "\r\n" : "\n") }.joined()
        // Sometimes the input stops inside a line.
        return chance(6) ? String(text.dropLast(20)) : text
    }

    private mutating func declare(_ stream: String) -> String {
        schemas += 1
        return chance(3) ? schema(stream, "{\"columns\":{\"a\":{\"data_type\":\"text\"}}}") : schema(stream)
    }

    private mutating func line() throws -> String {
        let stream = streams.randomElement(using: &random) ?? "t"
        switch kind {
        case .table: return chance(50) ? "[1]" : chance(50) ? "" : record()
        case .tableFrom:
            if chance(50) { return "{\"no\":1}" }
            return
                "{\"kind\":\"\(chance(60) ? "new\(Int.random(in: 0..<4, using: &random))" : stream)\",\"r\":\(record())}"
        case .native, .singer:
            if chance(45) {
                states += 1
                return kind == .native
                    ? state(states, resource: stream) : singerState(states)
            }
            if chance(80) { return declare(stream) }
            if chance(60) { return chance(2) ? "" : "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"a\":01}}" }
            if kind == .singer {
                if chance(90) { return "{\"type\":\"WHATEVER\"}" }
                if chance(90) { return activate(Int.random(in: 1...2, using: &random), stream) }
                if chance(60) { return try batch(stream) }
            }
            counts[stream, default: 0] += 1
            let version = kind == .singer && chance(3) ? ",\"version\":\(Int.random(in: 1...2, using: &random))" : ""
            return "{\"type\":\"RECORD\",\"stream\":\"\(stream)\",\"record\":\(record())\(version)}"
        }
    }

    private mutating func batch(_ stream: String) throws -> String {
        batches += 1
        let path = folder.path("batch\(batches).jsonl")
        let rows = (0..<Int.random(in: 1...5, using: &random)).map { _ in record() + "\n" }.joined()
        try Files.atomicWrite(path, Array(rows.utf8))
        return """
            {"type":"BATCH","stream":"\(stream)","encoding":{"format":"jsonl"},"manifest":["file://\(path)"]}
            """
    }
}

@Suite struct `the number of workers changes nothing` {
    /// All that a run leaves, ids and load ids replaced by the order in which they come.
    private func traces(
        _ text: String, _ kind: InputGenerator.Kind, workers: Int, blockBytes: Int, portion: Int, seed: Int
    ) throws -> [String] {
        let fixture = try Fixture()
        var request = fixture.request(kind == .table ? .table("t") : kind == .tableFrom ? .tableFrom("kind") : .stream)
        let rejects = fixture.folder.path("rejects")
        if seed % 4 != 0 { request.rejects = try LineTarget(rejects) }
        request.rotation = [RotationLimits(), RotationLimits(items: 17), RotationLimits(bytes: 900)][seed % 3]
        request.buffering = [BufferLimits(), BufferLimits(items: 5), BufferLimits(tableBytes: 300)][seed / 3 % 3]
        request.pipeline = kind == .native ? nil : "p"
        request.keepsOrigins = seed % 2 == 0
        var traces: [String] = []
        do {
            let result = try fixture.normalize(
                text, request, workers: workers, blockBytes: blockBytes, portion: portion)
            traces.append("\(result.truncated) \(result.inputStatus) \(result.rejected) \(result.records)")
            for (event, place) in zip(result.events, result.places) {
                guard case .object(var document) = event.document else { continue }
                // The values of ids are drawn at random.
                if document["column"]?.stringValue?.hasPrefix("_dlt") == true { document["value"] = nil }
                traces.append("\(place.map { "\($0)" } ?? "") \(JSONValue.object(document).serialized())")
            }
            for outcome in result.outcomes {
                traces.append("\(outcome.tables) \(outcome.nullOnlyColumns)")
                if let path = outcome.package?.path { traces += try contents(of: path) }
            }
        } catch let error as ProgramError {
            traces.append("\(error.status) \(error.message) \(error.hint ?? "")")
        } catch let error as LineTooLong {
            traces.append("\(error)")
        }
        if Files.exists(rejects) {
            for line in try Files.readAll(rejects).split(separator: 0x0A) {
                guard case .object(var reject) = try JSONValue(parsing: Array(line)) else { continue }
                for key in ["time", "load_id"] { reject[key] = nil }
                traces.append(JSONValue.object(reject).serialized())
            }
        }
        return traces
    }

    private func contents(of path: String) throws -> [String] {
        let package = try PackageReader(path)
        try package.verify()
        var known: [String: Int] = [:]
        var contents = [package.schema.document().serialized(), JSONValue.object(package.state.sources).serialized()]
        for job in package.manifest.jobs {
            contents.append("\(job.table) \(job.file) \(job.rows)")
            let rows = try package.rows(of: job)
            while let row = try rows.next() {
                guard case .object(var object) = try JSONValue(parsing: row.text) else { continue }
                for column in ["_dlt_id", "_dlt_parent_id", "_dlt_load_id"] {
                    guard let id = object[column]?.stringValue else { continue }
                    known[id] = known[id] ?? known.count
                    object[column] = .integer(known[id] ?? -1)
                }
                contents.append(JSONValue.object(object).serialized())
            }
            guard let origins = try package.originReader(of: job) else { continue }
            var count = 0
            while let origin = try origins.next() {
                contents.append(
                    "\(JSONValue.object(origin.source).serialized()) \(origin.number ?? -1) \(origin.line ?? -1)")
                count += 1
            }
            contents.append("\(count == job.rows)")
        }
        return contents
    }

    @Test(arguments: 0..<24) func `over inputs whose schema keeps changing`(seed: Int) throws {
        let folder = try WorkDirectory()
        let kind = InputGenerator.Kind.allCases[seed % 4]
        var generator = InputGenerator(kind, seed: UInt64(seed * 7919 + 13), folder: folder)
        let text = try generator.make(lines: 250)
        let blockBytes = [300, 1000, 5000][seed % 3]
        let alone = try traces(text, kind, workers: 1, blockBytes: 1 << 20, portion: .max, seed: seed)
        for workers in [2, 7] {
            let portion = workers == 2 ? Int.max : 777
            let together = try traces(
                text, kind, workers: workers, blockBytes: blockBytes, portion: portion, seed: seed)
            let difference = firstDifference(alone, together)
            #expect(difference == nil, "seed \(seed), \(workers) workers")
        }
    }

    /// Told instead of both, which would fill pages.
    private func firstDifference(_ left: [String], _ right: [String]) -> String? {
        for index in 0..<max(left.count, right.count) {
            let (one, other) = (
                index < left.count ? left[index] : "nothing", index < right.count ? right[index] : "nothing"
            )
            if one != other { return "\(index): \(one.prefix(300)) / \(other.prefix(300))" }
        }
        return nil
    }

    @Test func `and the comparison notices one changed row`() throws {
        let rows = (1...300).map { "{\"i\":\($0),\"l\":[\($0)]}\n" }
        func traces(_ rows: [String], _ workers: Int) throws -> [String] {
            try self.traces(rows.joined(), .table, workers: workers, blockBytes: 400, portion: .max, seed: 1)
        }
        let alone = try traces(rows, 1)
        #expect(try firstDifference(alone, traces(rows, 3)) == nil)
        #expect(try firstDifference(alone, traces(rows.dropLast() + ["{\"i\":301,\"l\":[300]}\n"], 3)) != nil)
        #expect(try firstDifference(alone, traces([rows[1], rows[0]] + rows[2...], 3)) != nil)
    }

    @Test func `most records of known shapes are taken ahead`() throws {
        let rows = (1...2000).map { "{\"i\":\($0),\"l\":[\($0)]}\n" }.joined()
        let fixture = try Fixture()
        let result = try fixture.normalize(rows, fixture.request(.table("t")), workers: 3, blockBytes: 1000)
        #expect(result.recordsAhead > 1500)
        #expect(try fixture.normalize(rows, fixture.request(.table("u")), workers: 1).recordsAhead == 0)
    }

    @Test(arguments: [1, 2, 7])
    func `the first bad line is told, though later ones are met before`(workers: Int) throws {
        let rows = (1...500).map { $0 == 321 || $0 == 400 || $0 == 499 ? "{\"i\":}" : "{\"i\":\($0)}" }
        let fixture = try Fixture()
        let error = #expect(throws: ProgramError.self) {
            try fixture.normalize(
                rows.map { $0 + "\n" }.joined(), fixture.request(.table("t")), workers: workers, blockBytes: 300)
        }
        #expect(error?.message.contains("line 321 of standard input:") == true, "\(error?.message ?? "")")
        #expect(try fixture.waiting("t").isEmpty)
    }

    @Test(arguments: [1, 2, 7])
    func `a line that is too long is told with its number`(workers: Int) throws {
        let rows = (1...300).map { "{\"i\":\($0),\"s\":\"\(String(repeating: "x", count: $0 == 271 ? 3000 : 10))\"}\n" }
        let fixture = try Fixture()
        var request = fixture.request(.table("t"))
        request.maximumLineBytes = 2000
        let error = #expect(throws: LineTooLong.self) {
            try fixture.normalize(rows.joined(), request, workers: workers, blockBytes: 500)
        }
        #expect(error?.number == 271)
    }
}
