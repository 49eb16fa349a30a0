import Glibc
import JSONText
import RecordStreams
import SystemIO

/// Records that may be delivered only when all of them are there; beyond a few megabytes they wait in a file.
final class HeldRecords {
    private static let memoryLimit = 8 << 20

    private let buffer = ByteBuffer(capacity: 1 << 16)
    private var output: Descriptor?
    private var input: Descriptor?
    private(set) var count = 0
    /// Where records were found, each from one of them on; in their order.
    private var places: [(record: Int, resource: Int, place: RecordPlace)] = []

    /// The next record of a resource was found there.
    func isAt(_ place: RecordPlace, of resource: Int) { places.append((count, resource, place)) }

    /// Keeps one record: its length, the number of its resource, its bytes.
    func append(_ record: UnsafeBufferPointer<UInt8>, of resource: Int) throws {
        var head = (UInt32(truncatingIfNeeded: record.count), UInt32(truncatingIfNeeded: resource))
        withUnsafeBytes(of: &head) { buffer.append($0.bindMemory(to: UInt8.self)) }
        buffer.append(record)
        count += 1
        if buffer.count >= Self.memoryLimit { try spill() }
    }

    private func spill() throws {
        if output == nil {
            let folder = Environment.get("TMPDIR").map { $0.isEmpty ? "/tmp" : $0 } ?? "/tmp"
            var random = FastRandom()
            let path = Paths.join(folder, "dlt-extract-\(getpid())-\(String(random.next(), radix: 36))")
            output = try Descriptor.create(path, mode: 0o600, exclusive: true)
            input = try Descriptor.openForReading(path)
            // Nobody else needs its name, and it goes away with us.
            try Files.remove(path)
        }
        try output?.writeAll(UnsafeRawBufferPointer(buffer.bytes))
        buffer.removeAll()
    }

    /// Hands over everything in order, as long as more is wanted; with the first record of a page where that was found.
    func deliver(
        _ take: (UnsafeBufferPointer<UInt8>, _ resource: Int, _ place: RecordPlace?) throws -> Bool
    ) throws {
        var next = 0
        var waiting: [Int: RecordPlace] = [:]
        var number = 0
        try deliver { record, resource in
            while next < places.count, places[next].record <= number {
                waiting[places[next].resource] = places[next].place
                next += 1
            }
            number += 1
            return try take(record, resource, waiting.isEmpty ? nil : waiting.removeValue(forKey: resource))
        }
    }

    private func deliver(_ take: (UnsafeBufferPointer<UInt8>, _ resource: Int) throws -> Bool) throws {
        if output == nil { return try Self.deliver(buffer.bytes, take) }
        try spill()
        let window = ByteBuffer(capacity: Self.memoryLimit)
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try block.withUnsafeMutableBytes { bytes in try input?.read(into: bytes) ?? 0 }
            if count == 0 { return }
            block.withUnsafeBufferPointer { window.append(UnsafeBufferPointer(rebasing: $0[..<count])) }
            var used = 0
            while let (record, resource, next) = Self.record(in: window.bytes, at: used) {
                if try !take(record, resource) { return }
                used = next
            }
            let rest = Array(window.bytes(from: used))
            window.removeAll()
            window.append(rest)
        }
    }

    private static func deliver(
        _ bytes: UnsafeBufferPointer<UInt8>, _ take: (UnsafeBufferPointer<UInt8>, Int) throws -> Bool
    ) throws {
        var position = 0
        while let (record, resource, next) = record(in: bytes, at: position) {
            if try !take(record, resource) { return }
            position = next
        }
    }

    private static func record(
        in bytes: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (UnsafeBufferPointer<UInt8>, resource: Int, next: Int)? {
        guard position + 8 <= bytes.count else { return nil }
        let head = UnsafeRawBufferPointer(bytes)
        let length = Int(head.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        let resource = Int(head.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
        let end = position + 8 + length
        guard end <= bytes.count else { return nil }
        return (UnsafeBufferPointer(rebasing: bytes[position + 8..<end]), resource, end)
    }
}
