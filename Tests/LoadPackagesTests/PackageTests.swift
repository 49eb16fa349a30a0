import JSONText
import LoadPackages
import PipelineStates
import Schemas
import SystemIO
import TestSupport
import Testing

private struct NoSpool: Error {}

/// A spool of its own and rows that are the same every time.
private struct Bench {
    let folder: WorkDirectory
    let spool: Spool

    init() throws {
        folder = try WorkDirectory()
        guard let spool = Spool(dataDirectory: folder.path("data"), pipeline: "p") else { throw NoSpool() }
        self.spool = spool
    }

    static func rows(_ count: Int, seed: UInt64 = 1) -> [(table: Int, row: String)] {
        var random = FastRandom(seed: (seed, 2, 3, 4))
        return (0..<count).map { index in
            let text = String(random.next(), radix: 36) + String(repeating: "x", count: Int(random.next() % 90))
            return (Int(random.next() % 3), "{\"i\":\(index),\"v\":\"\(text)\"}\n")
        }
    }

    func writer(_ rotation: RotationLimits = RotationLimits(), _ buffering: BufferLimits = BufferLimits()) throws
        -> PackageWriter
    {
        let writer = try PackageWriter(spool: spool, after: nil, rotation: rotation, buffering: buffering)
        for name in ["a", "b", "c"] { _ = writer.table(name) }
        return writer
    }

    func append(_ rows: some Sequence<(table: Int, row: String)>, to writer: PackageWriter) throws {
        for (table, row) in rows {
            try Array(row.utf8).withUnsafeBufferPointer { try writer.append($0, to: table) }
        }
    }

    func publish(_ writer: PackageWriter, state: StateTree? = nil) throws -> String {
        var schema = Schema(name: "p")
        schema.bump()
        let jobs = try writer.finish()
        let manifest = Manifest(
            loadID: writer.loadID, runKey: nil, pipeline: "p", schemaName: "p", schemaHash: schema.versionHash ?? "",
            identifierLimit: 63, base: Manifest.Base(), jobs: jobs)
        return try writer.publish(manifest, schema: schema, state: state)
    }

    /// What is in the files: each job's name and its rows.
    func contents(_ path: String) throws -> [String] {
        let reader = try PackageReader(path)
        try reader.verify()
        return try reader.manifest.jobs.map { job in
            var text = "\(job.file) \(job.rows): "
            let lines = try reader.rows(of: job)
            var count = 0
            while let line = try lines.next() {
                text += line.text + "\n"
                count += 1
            }
            #expect(count == job.rows)
            return text
        }
    }
}

struct PackageTests {
    private static let rotations = [
        RotationLimits(), RotationLimits(items: 1), RotationLimits(items: 7), RotationLimits(bytes: 1),
        RotationLimits(bytes: 1000), RotationLimits(items: 13, bytes: 1500),
    ]
    private static let bufferings = [
        BufferLimits(items: 1), BufferLimits(items: 10), BufferLimits(tableBytes: 100), BufferLimits(totalBytes: 300),
        BufferLimits(tableBytes: 1, totalBytes: 1),
    ]

    @Test(arguments: rotations.indices)
    func `the same rows are cut into the same files however they are buffered`(index: Int) throws {
        let rotation = Self.rotations[index]
        let rows = Bench.rows(120)
        func make(_ buffering: BufferLimits) throws -> [String] {
            let bench = try Bench()
            let writer = try bench.writer(rotation, buffering)
            try bench.append(rows, to: writer)
            return try bench.contents(bench.publish(writer))
        }
        let expected = try make(BufferLimits())
        for buffering in Self.bufferings { #expect(try make(buffering) == expected) }
        // All rows are there, in order, and no file is larger than it may be.
        let all = expected.joined().split(separator: "\n").count
        #expect(all == 120)
        for job in expected {
            let lines = job.drop { $0 != ":" }.dropFirst(2).split(separator: "\n")
            #expect(lines.count <= rotation.items)
            // The row that reaches the limit is the last one.
            #expect(lines.dropLast().reduce(0) { $0 + Int64($1.utf8.count) + 1 } < rotation.bytes)
        }
    }

    @Test(arguments: rotations.indices, [0, 25, 60])
    func `cutting back to a mark is never having written`(index: Int, kept: Int) throws {
        let rows = Bench.rows(60)
        for buffering in [BufferLimits(), BufferLimits(items: 10), BufferLimits(totalBytes: 300)] {
            let (cut, never) = (try Bench(), try Bench())
            let writer = try cut.writer(Self.rotations[index], buffering)
            try cut.append(rows.prefix(kept), to: writer)
            let mark = kept == 0 ? PackageWriter.Mark.start : writer.mark()
            try cut.append(rows.dropFirst(kept), to: writer)
            try writer.cut(to: mark)
            let other = try never.writer(Self.rotations[index], buffering)
            try never.append(rows.prefix(kept), to: other)
            let (left, right) = (try cut.publish(writer), try never.publish(other))
            #expect(try cut.contents(left) == never.contents(right))
            // No file of what was cut off lies about.
            let files = try Files.list(Paths.join(left, "jobs"))
            #expect(try files == Files.list(Paths.join(right, "jobs")))
        }
    }

    @Test(arguments: rotations.indices)
    func `what is written after a cut follows the mark`(index: Int) throws {
        let (first, lost, second) = (Bench.rows(40), Bench.rows(50, seed: 2), Bench.rows(30, seed: 3))
        let (cut, never) = (try Bench(), try Bench())
        let writer = try cut.writer(Self.rotations[index], BufferLimits(items: 9))
        try cut.append(first, to: writer)
        let mark = writer.mark()
        for _ in 0..<2 {
            try cut.append(lost, to: writer)
            try writer.cut(to: mark)
        }
        try cut.append(second, to: writer)
        let other = try never.writer(Self.rotations[index])
        try never.append(first + second, to: other)
        #expect(try cut.contents(cut.publish(writer)) == never.contents(never.publish(other)))
    }

    // MARK: Damage

    /// Not synchronized to the disk: that would take most of the time.
    private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        let file = try Descriptor.create(path)
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
    }

    private func isDamaged(_ path: String) -> Bool {
        do {
            let reader = try PackageReader(path)
            try reader.verify()
            for job in reader.manifest.jobs {
                let lines = try reader.rows(of: job)
                while try lines.next() != nil {}
            }
            return false
        } catch { return true }
    }

    @Test func `any changed bit of a job is noticed`() throws {
        let bench = try Bench()
        let writer = try bench.writer()
        try bench.append(Bench.rows(20), to: writer)
        let path = try bench.publish(writer)
        #expect(!isDamaged(path))
        for job in try PackageReader(path).manifest.jobs {
            let file = Paths.join(path, "jobs", job.file)
            let bytes = try Files.readAll(file)
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(index % 8)
                try overwrite(file, damaged)
                #expect(isDamaged(path), "\(job.file): bit of byte \(index)")
            }
            for length in stride(from: 0, to: bytes.count, by: 7) {
                try overwrite(file, Array(bytes[..<length]))
                #expect(isDamaged(path), "\(job.file): cut at \(length)")
            }
            try overwrite(file, bytes + [0])
            #expect(isDamaged(path), "\(job.file): longer")
            try Files.remove(file)
            #expect(isDamaged(path), "\(job.file): missing")
            try overwrite(file, bytes)
            #expect(!isDamaged(path))
        }
    }

    private static let documents = ["manifest.json", "schema.json", "state.json"]
    private static let state = StateTree(sources: ["s": ["resources": ["r": ["cursor": 17]]]])

    @Test(arguments: documents)
    func `any changed bit of a document is noticed`(name: String) throws {
        let bench = try Bench()
        let writer = try bench.writer()
        try bench.append(Bench.rows(3), to: writer)
        let file = Paths.join(try bench.publish(writer, state: Self.state), name)
        let path = Paths.parent(file)
        let bytes = try Files.readAll(file)
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(index % 8)
            try overwrite(file, damaged)
            #expect(isDamaged(path), "bit of byte \(index)")
        }
        try overwrite(file, bytes)
        #expect(!isDamaged(path))
    }

    @Test func `a package under another name is noticed`() throws {
        let bench = try Bench()
        let writer = try bench.writer()
        try bench.append(Bench.rows(3), to: writer)
        let path = try bench.publish(writer)
        let other = Paths.join(Paths.parent(path), "1700000000.000000000000000000000001")
        try Files.rename(path, to: other)
        #expect(isDamaged(other))
    }

    @Test func `committed files are checked, unless their checksum was taken out`() throws {
        let bench = try Bench()
        try bench.spool.prepare()
        try bench.spool.commit(PipelineHome(destination: "sqlite:////x.db", dataset: "main", identifierLimit: 63))
        let file = Paths.join(bench.spool.path, "pipeline.json")
        let text = String(decoding: try Files.readAll(file), as: UTF8.self)
        try overwrite(file, Array(text.replacing("x.db", with: "y.db").utf8))
        #expect(throws: PackageDamage.self) { try bench.spool.home() }
        let lines = text.replacing("x.db", with: "y.db").split(separator: "\n").filter { !$0.contains("checksum") }
        try overwrite(file, Array(lines.joined(separator: "\n").replacing("63,", with: "63").utf8))
        #expect(try bench.spool.home().destination == "sqlite:////y.db")
    }

    @Test(arguments: documents)
    func `a document that is cut off or missing is noticed`(name: String) throws {
        let bench = try Bench()
        let writer = try bench.writer()
        try bench.append(Bench.rows(20), to: writer)
        let file = Paths.join(try bench.publish(writer, state: Self.state), name)
        let path = Paths.parent(file)
        let bytes = try Files.readAll(file)
        for length in stride(from: 0, to: bytes.count - 1, by: 11) {
            try overwrite(file, Array(bytes[..<length]))
            #expect(isDamaged(path), "cut at \(length)")
        }
        try Files.remove(file)
        #expect(isDamaged(path))
    }

    @Test func `a changed schema is noticed`() throws {
        let bench = try Bench()
        let writer = try bench.writer()
        try bench.append(Bench.rows(5), to: writer)
        let path = try bench.publish(writer)
        let file = Paths.join(path, "schema.json")
        let text = String(decoding: try Files.readAll(file), as: UTF8.self)
        for (old, new) in [
            ("bigint", "double"), ("_dlt_loads", "_dlt_Loads"), ("snake_case", "direct"), ("\"text\"", "\"json\""),
        ] {
            let changed = text.replacing(old, with: new)
            try #require(changed != text)
            try overwrite(file, Array(changed.utf8))
            #expect(isDamaged(path), "\(old) -> \(new)")
        }
    }

    // MARK: Load ids

    @Test func `ids only grow, and a writer that died leaves nothing`() throws {
        let bench = try Bench()
        var last: LoadID?
        for round in 0..<20 {
            let writer = try PackageWriter(spool: bench.spool, after: LoadID("9999999999.\(round)"))
            #expect(last.map { $0 < writer.loadID } ?? true)
            #expect(try writer.loadID > #require(LoadID("9999999999.\(round)")))
            #expect(writer.loadID.text.utf8.count == 35)
            if round % 3 == 0 {
                writer.abandon()
            } else {
                last = writer.loadID
                _ = try bench.publish(writer)
            }
        }
        #expect(try bench.spool.packages(.waiting).count == 13)
        #expect(try bench.folder.list("data/spool/p/packages").allSatisfy { !$0.hasPrefix(".") })
    }

    @Test func `a load is later than the one before by its time, not only by its digits of identity`() throws {
        let bench = try Bench()
        for _ in 0..<20 {
            let base = try #require(LoadID("9999999999.000007000000000000000000"))
            let writer = try PackageWriter(spool: bench.spool, after: base)
            #expect(writer.loadID.microseconds == base.microseconds + 1)
            writer.abandon()
        }
    }

    @Test func `a run key decides the identity and nothing else does`() {
        #expect(LoadID.identity(runKey: "a") == LoadID.identity(runKey: "a"))
        #expect(LoadID.identity(runKey: "a") != LoadID.identity(runKey: "b"))
        #expect(LoadID.identity(runKey: "").utf8.count == 18)
        for text in ["1700000000.123456", "1700000000.1", "1.0"] { #expect(LoadID(text)?.text == text) }
        for text in ["", ".", "1.", ".1", "1", "a.b", "1.2.3", "-1.2", "1.2 ", "١.٢"] {
            #expect(LoadID(text) == nil, "\(text)")
        }
    }
}
