import Glibc
import JSONText
import RecordSources
import RecordStreams
import SystemIO

/// Records that may be delivered only when all of them have arrived; after a few megabytes they are stored in a file.
final class HeldRecords {
    private static let memoryLimit = 8 << 20

    private let buffer = ByteBuffer(capacity: 1 << 16)
    private var output: Descriptor?
    private var input: Descriptor?
    private(set) var count = 0
    /// The chains, by the numbers that records carry.
    private var sequences: [RecordSequence] = []
    private var numbers: [ObjectIdentifier: Int] = [:]

    /// The places of records, each valid from one record on; in their order.
    private var places: [(record: Int, resource: Int, place: RecordPlace)] = []

    /// Notes the place of the next record of a resource.
    func isAt(_ place: RecordPlace, of resource: Int) { places.append((count, resource, place)) }

    struct Origin {
        let resource: Int
        let sequence: RecordSequence
    }

    /// Keeps one record: its length, the numbers of its resource and of its chain, its bytes.
    func append(_ record: UnsafeBufferPointer<UInt8>, of resource: Int, in sequence: RecordSequence) throws {
        let chain = number(of: sequence)
        var head = (
            UInt32(truncatingIfNeeded: record.count), UInt32(truncatingIfNeeded: resource),
            UInt32(truncatingIfNeeded: chain)
        )
        withUnsafeBytes(of: &head) { buffer.append($0.bindMemory(to: UInt8.self)) }
        buffer.append(record)
        count += 1
        if buffer.count >= Self.memoryLimit { try spill() }
    }

    private func number(of sequence: RecordSequence) -> Int {
        if let number = numbers[ObjectIdentifier(sequence)] { return number }
        numbers[ObjectIdentifier(sequence)] = sequences.count
        sequences.append(sequence)
        return sequences.count - 1
    }

    private func spill() throws {
        if output == nil {
            let folder = Environment.get("TMPDIR").map { $0.isEmpty ? "/tmp" : $0 } ?? "/tmp"
            var random = FastRandom()
            let path = Paths.join(folder, "dlt-extract-\(getpid())-\(String(random.next(), radix: 36))")
            output = try Descriptor.create(path, mode: 0o600, exclusive: true)
            input = try Descriptor.openForReading(path)
            // No other program needs its name, and it disappears with this process.
            try Files.remove(path)
        }
        try output?.writeAll(UnsafeRawBufferPointer(buffer.bytes))
        buffer.removeAll()
    }

    /// Delivers everything in order, as long as more is wanted; reports the place of a page with its first record.
    func deliver(_ take: (UnsafeBufferPointer<UInt8>, Origin, _ place: RecordPlace?) throws -> Bool) throws {
        var next = 0
        var waiting: [Int: RecordPlace] = [:]
        var number = 0
        try deliver { record, origin in
            while next < places.count, places[next].record <= number {
                waiting[places[next].resource] = places[next].place
                next += 1
            }
            number += 1
            return try take(record, origin, waiting.isEmpty ? nil : waiting.removeValue(forKey: origin.resource))
        }
    }

    private func deliver(_ take: (UnsafeBufferPointer<UInt8>, Origin) throws -> Bool) throws {
        if output == nil { return try deliver(buffer.bytes, take) }
        try spill()
        let window = ByteBuffer(capacity: Self.memoryLimit)
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try block.withUnsafeMutableBytes { bytes in try input?.read(into: bytes) ?? 0 }
            if count == 0 { return }
            block.withUnsafeBufferPointer { window.append(UnsafeBufferPointer(rebasing: $0[..<count])) }
            var used = 0
            while let (record, origin, next) = record(in: window.bytes, at: used) {
                if try !take(record, origin) { return }
                used = next
            }
            let rest = Array(window.bytes(from: used))
            window.removeAll()
            window.append(rest)
        }
    }

    private func deliver(
        _ bytes: UnsafeBufferPointer<UInt8>, _ take: (UnsafeBufferPointer<UInt8>, Origin) throws -> Bool
    ) throws {
        var position = 0
        while let (record, origin, next) = record(in: bytes, at: position) {
            if try !take(record, origin) { return }
            position = next
        }
    }

    private static let headLength = 12

    private func record(
        in bytes: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (UnsafeBufferPointer<UInt8>, origin: Origin, next: Int)? {
        let start = position + Self.headLength
        guard start <= bytes.count else { return nil }
        let head = UnsafeRawBufferPointer(bytes)
        func number(_ place: Int) -> Int {
            Int(head.loadUnaligned(fromByteOffset: position + place * 4, as: UInt32.self))
        }
        let end = start + number(0)
        guard end <= bytes.count else { return nil }
        return (
            UnsafeBufferPointer(rebasing: bytes[start..<end]),
            Origin(resource: number(1), sequence: sequences[number(2)]), end
        )
    }
}
