import JSONText
import LoadPackages
import Normalization
import ProgramSupport
import SystemIO
import TestSupport
import Threading

extension FuzzTarget {
    /// Any bytes become an error, or a package whose rows are counted right and are JSON.
    static let records = FuzzTarget(name: "records") { bytes in
        var input = FuzzInput(bytes)
        let mode = input.option(below: 3)
        _ = try NormalizerRun(input.bytes, mode: mode, pool: nil, blockBytes: 1 << 16)
    }

    /// As `records`; and several workers make of the bytes what one does.
    static let workers = FuzzTarget(name: "workers") { bytes in
        var input = FuzzInput(bytes)
        let mode = input.option(below: 3)
        let blockBytes = 16 << input.option(below: 5)
        // Blocks are normalized ahead once the first ones have settled the schema.
        let text = mode == 0 ? input.bytes : Array(repeatElement(input.bytes, count: 3).joined())
        let alone = try NormalizerRun(text, mode: mode, pool: nil, blockBytes: blockBytes)
        let pool = WorkerPool(workers: 3)
        defer { pool.end() }
        let together = try NormalizerRun(text, mode: mode, pool: pool, blockBytes: blockBytes)
        try require(alone == together, "by one worker \(alone), by three \(together)")
    }
}

/// What came of some input: the rows of each table, or why there are none.
private struct NormalizerRun: Equatable, CustomStringConvertible {
    var tables: [String: [JSONValue]] = [:]
    var failure: String?

    init(_ bytes: [UInt8], mode: Int, pool: WorkerPool?, blockBytes: Int) throws {
        let folder = try WorkDirectory()
        let modes: [NormalizeRequest.Mode] = [.stream, .table("t"), .tableFrom("kind")]
        var request = NormalizeRequest(mode: modes[mode]) { pipeline in
            guard let spool = Spool(dataDirectory: folder.path, pipeline: pipeline) else {
                throw ProgramError(.usage, "no pipeline name")
            }
            return spool
        }
        // A stream names its own.
        if mode > 0 { request.pipeline = "p" }
        let normalizer = Normalizer(
            request, messages: Messages(program: "fuzz", isQuiet: true), pool: pool
        ) { _, _ in }
        let blocks = BlockReader(
            source: MemorySource(bytes), blockBytes: blockBytes, maximumLineBytes: request.maximumLineBytes)
        var paths: [String] = []
        do {
            try Intake(normalizer, blocks: blocks, pool: pool).run()
            try normalizer.finish { if let path = $0.package?.path { paths.append(path) } }
        } catch {
            normalizer.abandon()
            failure = "\(error)"
        }
        for path in paths { try read(path) }
    }

    private mutating func read(_ path: String) throws {
        let package = try PackageReader(path)
        try package.verify()
        for job in package.manifest.jobs {
            let rows = try package.rows(of: job)
            var count = 0
            while let row = try rows.next() {
                count += 1
                let text = Array(row.bytes)
                try require(StrictJSON.accepts(text) != false, "a row is not JSON: \(row.text)")
                guard case .object(let object) = try JSONValue(parsing: text) else {
                    throw FuzzTarget.Finding(description: "a row is not an object: \(row.text)")
                }
                // Ids are drawn at random.
                var known = JSONObject()
                for (key, value) in object.members where !key.hasPrefix("_dlt_") { known[key] = value }
                tables[job.table, default: []].append(.object(known))
            }
            try require(count == job.rows, "\(job.file) has \(count) rows instead of \(job.rows)")
        }
    }

    var description: String {
        failure ?? tables.sorted { $0.key < $1.key }.map { "\($0): \(JSONValue.array($1).serialized())" }.joined()
    }
}
