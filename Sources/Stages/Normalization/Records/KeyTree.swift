/// The keys seen in objects at one place of one table: the table's rows themselves, or an object nested in them. Every
/// distinct key is normalized once; after that, a record of a known shape costs comparisons of bytes.
final class KeyNode {
    /// Normalized keys from the row to this object.
    let path: [String]
    /// The same keys as written, for messages.
    let origin: String
    private var entries: [UnsafeMutablePointer<KeyEntry>] = []
    /// Open addressing over `entries`: index + 1, 0 for an empty slot. Its size is a power of two.
    private var buckets: [Int32] = Array(repeating: 0, count: 16)
    /// Predicted for the first key of an object.
    private(set) var first: UnsafeMutablePointer<KeyEntry>?

    init(path: [String], origin: String) {
        self.path = path
        self.origin = origin
    }

    deinit {
        for entry in entries {
            entry.pointee.release()
            UnsafeMutableRawPointer(entry).deallocate()
        }
    }

    /// The entry of a key that was not the predicted one; nil when it is new.
    @inline(never)
    func lookUp(_ key: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<KeyEntry>? {
        let hash = KeyNode.hash(key)
        var place = hash & (buckets.count - 1)
        while buckets[place] != 0 {
            let entry = entries[Int(buckets[place]) - 1]
            if entry.pointee.hash == UInt32(truncatingIfNeeded: hash), entry.pointee.matches(key) { return entry }
            place = (place + 1) & (buckets.count - 1)
        }
        return nil
    }

    func insert(
        _ raw: UnsafeBufferPointer<UInt8>, names: KeyEntry.Names, slot: Int, list: Int
    ) -> UnsafeMutablePointer<KeyEntry> {
        let entry = KeyEntry.make(raw, hash: KeyNode.hash(raw), names: names, slot: slot, list: list)
        entries.append(entry)
        if first == nil { first = entry }
        if entries.count * 2 > buckets.count {
            buckets = Array(repeating: 0, count: buckets.count * 2)
            for index in entries.indices { place(index) }
        } else {
            place(entries.count - 1)
        }
        return entry
    }

    private func place(_ index: Int) {
        var place = Int(entries[index].pointee.hash) & (buckets.count - 1)
        while buckets[place] != 0 { place = (place + 1) & (buckets.count - 1) }
        buckets[place] = Int32(index + 1)
    }

    /// FNV-1a. Keys are few and short; collisions do no harm, since a lookup compares bytes.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        // As many bits as an entry stores.
        return Int(UInt32(truncatingIfNeeded: hash ^ hash >> 32))
    }
}

/// One key of a `KeyNode` and its targets. Lives as long as its node, at one address; pointers to it are not counted,
/// since counting would cost more than everything done with them.
///
/// It fills one line of the processor's cache, and the key's bytes follow it in memory: a wide table has hundreds, and
/// every record needs most of them.
struct KeyEntry: BitwiseCopyable {
    /// Names of a key, for messages and new columns.
    final class Names {
        /// The key's characters, after those of the enclosing objects.
        let origin: String
        /// Normalized, as a part of column names; not the whole name for a key below the row.
        let part: String

        init(origin: String, part: String) {
            self.origin = origin
            self.part = part
        }
    }

    /// The key as written, including its escapes. Two spellings of one key are two entries of one column.
    private let raw: UnsafePointer<UInt8>
    private let rawCount: UInt32
    fileprivate let hash: UInt32
    /// The entry of the key that followed last time.
    var successor: UnsafeMutablePointer<KeyEntry>?
    /// The object scan in which the key last appeared, and its position among that object's members.
    private var seenIn = 0
    private var memberPlace: Int32 = 0
    private let slotPlace: Int32
    private let listPlace: Int32
    private var notedGeneration: Int32 = 0
    private let ownedNames: Unmanaged<Names>
    private var ownedObject: Unmanaged<KeyNode>?

    private static let line = 64

    /// - Parameter raw: is copied.
    fileprivate static func make(
        _ raw: UnsafeBufferPointer<UInt8>, hash: Int, names: Names, slot: Int, list: Int
    ) -> UnsafeMutablePointer<KeyEntry> {
        let size = max(MemoryLayout<KeyEntry>.size, line)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size + raw.count, alignment: line)
        let bytes = (memory + size).assumingMemoryBound(to: UInt8.self)
        if let source = raw.baseAddress { bytes.initialize(from: source, count: raw.count) }
        let entry = memory.bindMemory(to: KeyEntry.self, capacity: 1)
        entry.initialize(to: KeyEntry(raw: bytes, count: raw.count, hash: hash, names: names, slot: slot, list: list))
        return entry
    }

    private init(raw: UnsafePointer<UInt8>, count: Int, hash: Int, names: Names, slot: Int, list: Int) {
        self.raw = raw
        rawCount = UInt32(count)
        self.hash = UInt32(hash)
        slotPlace = Int32(slot)
        listPlace = Int32(list)
        ownedNames = .passRetained(names)
    }

    fileprivate func release() {
        ownedNames.release()
        ownedObject?.release()
    }

    /// The slot in the table's `slots` for the key's scalars.
    @inline(__always)
    var slot: Int { Int(slotPlace) }
    /// The index in the table's `lists` for the key's lists.
    @inline(__always)
    var list: Int { Int(listPlace) }

    /// The position of the key among the members of the object scan `serial`; nil, and it gets `place`, when it is new
    /// there.
    @inline(__always)
    mutating func meet(in serial: Int, place: Int) -> Int? {
        if seenIn == serial { return Int(memberPlace) }
        seenIn = serial
        memberPlace = Int32(truncatingIfNeeded: place)
        return nil
    }

    /// Whether the column of this key's values still has to be noted in this generation.
    @inline(__always)
    func isUnnoted(in generation: Int) -> Bool { notedGeneration != Int32(truncatingIfNeeded: generation) }

    mutating func note(in generation: Int) { notedGeneration = Int32(truncatingIfNeeded: generation) }

    var names: Names { ownedNames.takeUnretainedValue() }

    /// The object for values of this key, if there was one.
    var object: Unmanaged<KeyNode>? { ownedObject }

    mutating func own(_ object: KeyNode) -> Unmanaged<KeyNode> {
        let owned = Unmanaged.passRetained(object)
        ownedObject = owned
        return owned
    }

    @inline(__always)
    func matches(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        guard Int(rawCount) == key.count, let key = key.baseAddress else { return false }
        return isEqual(Int(rawCount), raw, key)
    }
}
