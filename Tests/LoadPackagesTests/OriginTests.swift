import JSONText
import PipelineStates
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import LoadPackages

/// Where rows come from, as packages keep it.
struct OriginTests {
    private let folder: WorkDirectory
    private let spool: Spool

    private struct NoSpool: Error {}

    init() throws {
        folder = try WorkDirectory()
        guard let spool = Spool(dataDirectory: folder.path("data"), pipeline: "p") else { throw NoSpool() }
        self.spool = spool
    }

    private struct Row: Equatable {
        var source: JSONObject
        var number: Int
        var line: Int
    }

    /// Steps of every kind: on by one, over a gap, back, to another file.
    private static func rows(_ count: Int, seed: UInt64 = 1) -> [Row] {
        var random = FastRandom(seed: (seed, 2, 3, 4))
        var row = Row(source: ["file": "f0"], number: 0, line: 0)
        return (0..<count).map { index in
            switch random.next() % 20 {
            case 0: row = Row(source: ["file": .string("f\(index)"), "about": true], number: 1, line: 1)
            case 1: row.line += Int(random.next() % 1000)
            case 2: row.number += Int(random.next() % 100_000)
            case 3: (row.number, row.line) = (Int(random.next() >> 2), Int(random.next() >> 2))
            case 4: row.line = 1
            default: (row.number, row.line) = (row.number + 1, row.line + 1)
            }
            return row
        }
    }

    private func writer(_ rotation: RotationLimits) throws -> PackageWriter {
        let writer = try PackageWriter(spool: spool, after: nil, rotation: rotation, buffering: BufferLimits(items: 9))
        _ = writer.table("a")
        try writer.keepOrigins(of: 0)
        return writer
    }

    private func append(_ rows: some Collection<Row>, to writer: PackageWriter, last: inout JSONObject?) throws {
        for row in rows {
            try Array("{\"_dlt_id\":\"id\(writer.rows(of: 0))\"}\n".utf8).withUnsafeBufferPointer {
                try writer.append($0, to: 0)
            }
            try writer.addOrigin(of: 0, number: row.number, line: row.line) {
                $0 || last != row.source ? row.source : nil
            }
            last = row.source
        }
    }

    private func publish(_ writer: PackageWriter) throws -> String {
        var schema = Schema(name: "p")
        schema.bump()
        let manifest = Manifest(
            loadID: writer.loadID, runKey: nil, pipeline: "p", schemaName: "p", schemaHash: schema.versionHash ?? "",
            identifierLimit: 63, base: Manifest.Base(), jobs: try writer.finish())
        return try writer.publish(manifest, schema: schema, state: nil)
    }

    private func origins(_ path: String) throws -> [Row] {
        let package = try PackageReader(path)
        try package.verify()
        return try package.manifest.jobs.flatMap { job in
            let reader = try #require(try package.originReader(of: job))
            var rows: [Row] = []
            while let origin = try reader.next() {
                rows.append(Row(source: origin.source, number: origin.number ?? -1, line: origin.line ?? -1))
            }
            #expect(rows.count == job.rows)
            return rows
        }
    }

    @Test(arguments: [
        RotationLimits(), RotationLimits(items: 1), RotationLimits(items: 17), RotationLimits(bytes: 300),
    ])
    func `every row has the origin that it was given`(rotation: RotationLimits) throws {
        let rows = Self.rows(400)
        let writer = try writer(rotation)
        var last: JSONObject?
        try append(rows, to: writer, last: &last)
        #expect(try origins(publish(writer)) == rows)
    }

    @Test(arguments: [0, 1, 25, 60]) func `a cut takes the origins of the rows`(kept: Int) throws {
        let (rows, more) = (Self.rows(60), Self.rows(30, seed: 7))
        let writer = try writer(RotationLimits(items: 13))
        var last: JSONObject?
        try append(rows.prefix(kept), to: writer, last: &last)
        let mark = kept == 0 ? PackageWriter.Mark.start : writer.mark()
        try append(rows.dropFirst(kept), to: writer, last: &last)
        try writer.cut(to: mark)
        try append(more, to: writer, last: &last)
        let path = try publish(writer)
        #expect(try origins(path) == rows.prefix(kept) + more)
        #expect(try Files.list(Paths.join(path, "jobs")).count == Files.list(Paths.join(path, "origins")).count)
    }

    @Test func `a usual row takes a byte, and one after a gap two`() throws {
        let writer = try writer(RotationLimits())
        var last: JSONObject?
        // Every hundredth line is left out.
        let rows = (1...1000).filter { $0 % 100 != 0 }.map { Row(source: ["file": "f"], number: $0, line: $0) }
        try append(rows, to: writer, last: &last)
        let package = try PackageReader(publish(writer))
        let file = try #require(package.manifest.origins.first)
        let source = try JobSource(file.file, below: Paths.join(package.path, "origins"))
        var bytes = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
        defer { buffer.deallocate() }
        while case let count = try source.read(into: buffer), count > 0 { bytes += count }
        #expect(bytes == rows.count + 2 + "{\"file\":\"f\"}".utf8.count)
    }

    @Test func `a row is found by its id, and no other row for it`() throws {
        let rows = Self.rows(200)
        let writer = try writer(RotationLimits(items: 30))
        var last: JSONObject?
        try append(rows, to: writer, last: &last)
        let package = try PackageReader(publish(writer))
        for index in [0, 1, 77, 199] {
            let row = rows[index]
            let found = try package.origin(ofRow: "id\(index)", in: "a") { false }
            #expect(found == .found(RowOrigin(source: row.source, number: row.number, line: row.line)))
        }
        #expect(try package.origin(ofRow: "none", in: "a") { false } == .absent)
        #expect(try package.origin(ofRow: "none", in: "b") { false } == .absent)
    }

    @Test func `damage is an error that names the file`() throws {
        let writer = try writer(RotationLimits())
        var last: JSONObject?
        try append(Self.rows(50), to: writer, last: &last)
        let path = try publish(writer)
        let file = Paths.join(path, "origins", "a.0.zst")
        var bytes = try Files.readAll(file)
        bytes[bytes.count / 2] ^= 1
        try Files.atomicWrite(file, bytes)
        let package = try PackageReader(path)
        #expect { try package.verify() } throws: { "\($0)".contains("origins/a.0.zst does not match its checksum") }
        #expect(throws: PackageDamage.self) { try package.originReader(of: package.manifest.jobs[0]) }
        try Files.remove(file)
        #expect { try package.verify() } throws: { "\($0)".contains("origins/a.0.zst is missing") }
    }

    @Test(
        arguments: [
            [1], [0], [0, 2, 123], [0, 2, 123, 125], [0, 2, 123, 125, 0], [0, 2, 91, 93, 1],
            [0, 0xFF, 0xFF, 0xFF, 0x7F],
            [0, 2, 123, 125, 2], [0, 2, 123, 125] + Array(repeating: 0xFF, count: 11),
        ] as [[UInt8]])
    func `bytes that are no origins are an error`(bytes: [UInt8]) {
        let reader = OriginReader(MemorySource(bytes), name: "x")
        #expect(throws: PackageDamage.self) { while try reader.next() != nil {} }
    }
}
