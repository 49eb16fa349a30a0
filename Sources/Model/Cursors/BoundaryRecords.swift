import JSONText

/// The records at the last value so far. They are hashed late, since usually the value moves on and they do not matter.
struct BoundaryRecords {
    typealias Record = UnsafeBufferPointer<UInt8>

    private(set) var hashes: Set<BoundaryHash>
    private let unhashed = ByteBuffer()
    /// The end of each record.
    private var ends: [Int] = []
    /// Holding more costs memory; hashing sooner may waste time.
    private static let maximumBytes = 256 << 10

    init(_ hashes: Set<BoundaryHash>) { self.hashes = hashes }

    /// The value moved on to that of this record.
    mutating func restart(with record: Record) {
        if !hashes.isEmpty { hashes.removeAll(keepingCapacity: true) }
        unhashed.truncate(to: 0)
        ends.removeAll(keepingCapacity: true)
        append(record)
    }

    /// Another record at the same value.
    mutating func add<Failure: Error>(
        _ record: Record, hash: (Record) throws(Failure) -> BoundaryHash?
    ) throws(Failure) {
        if unhashed.count + record.count > BoundaryRecords.maximumBytes { try settle(hash) }
        append(record)
    }

    private mutating func append(_ record: Record) {
        unhashed.append(record)
        ends.append(unhashed.count)
    }

    /// Hashes the records that are not hashed yet.
    mutating func settle<Failure: Error>(_ hash: (Record) throws(Failure) -> BoundaryHash?) throws(Failure) {
        var start = 0
        for end in ends {
            if let hash = try hash(Record(rebasing: unhashed.bytes[start..<end])) { hashes.insert(hash) }
            start = end
        }
        unhashed.removeAll(keeping: BoundaryRecords.maximumBytes)
        ends.removeAll(keepingCapacity: true)
    }
}
