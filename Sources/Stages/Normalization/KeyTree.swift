import JSONText

/// The keys that have been seen in objects at one place of one table: the table's rows themselves, or an object nested
/// in them. Every distinct key is normalized once; after that a record of a known shape costs comparisons of bytes.
final class KeyNode {
    /// Normalized keys that lead from the row to this object.
    let path: [String]
    /// The same keys as they were written, for messages.
    let origin: String
    private var entries: [UnsafeMutablePointer<KeyEntry>] = []
    /// Open addressing over `entries`: index + 1, 0 for an empty place. Its size is a power of two.
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
            entry.deinitialize(count: 1)
            entry.deallocate()
        }
    }

    /// The entry of a key that was not the predicted one; nil when it is new.
    @inline(never)
    func lookUp(_ key: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<KeyEntry>? {
        let hash = KeyNode.hash(key)
        var place = hash & (buckets.count - 1)
        while buckets[place] != 0 {
            let entry = entries[Int(buckets[place]) - 1]
            if entry.pointee.hash == hash, entry.pointee.matches(key) { return entry }
            place = (place + 1) & (buckets.count - 1)
        }
        return nil
    }

    func insert(_ made: KeyEntry) -> UnsafeMutablePointer<KeyEntry> {
        let entry = UnsafeMutablePointer<KeyEntry>.allocate(capacity: 1)
        entry.initialize(to: made)
        entry.pointee.hash = KeyNode.hash(made.raw)
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
        var place = entries[index].pointee.hash & (buckets.count - 1)
        while buckets[place] != 0 { place = (place + 1) & (buckets.count - 1) }
        buckets[place] = Int32(index + 1)
    }

    /// FNV-1a. Keys are few and short; nobody gains by colliding, since a lookup compares bytes.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 1)
    }
}

/// One key of a `KeyNode` and what it leads to. Lives as long as its node, at one place; pointers to it are not counted,
/// since counting would cost more than all that is done with them.
struct KeyEntry {
    /// Names of a key, of use when something new is met.
    final class Names {
        /// The key's characters, after those of the objects it is in.
        let origin: String
        /// Normalized, as a part of column names; of a key below the row, not the whole name.
        let part: String

        init(origin: String, part: String) {
            self.origin = origin
            self.part = part
        }
    }

    /// The key as it stands in the text, escapes and all. Two spellings of one key are two entries of one column.
    let raw: UnsafeBufferPointer<UInt8>
    /// Place in the table's `slots` of the column that the key's scalars go to.
    let slot: Int
    /// Place in the table's `lists` of the child table that the key's lists go to.
    let list: Int
    /// The entry of the key that followed last time.
    var successor: UnsafeMutablePointer<KeyEntry>?
    /// The object scan in which the key was last met, and its place among that object's members.
    var seenIn = 0
    var member = 0
    /// The generation in which it was noted that this key's values go to its column.
    var notedIn = 0
    fileprivate var hash = 0
    private let ownedNames: Unmanaged<Names>
    private var ownedObject: Unmanaged<KeyNode>?

    init(raw: UnsafeBufferPointer<UInt8>, names: Names, slot: Int, list: Int) {
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(raw.count, 1))
        _ = memory.initialize(from: raw)
        self.raw = UnsafeBufferPointer(rebasing: memory[..<raw.count])
        self.slot = slot
        self.list = list
        ownedNames = .passRetained(names)
    }

    fileprivate func release() {
        raw.deallocate()
        ownedNames.release()
        ownedObject?.release()
    }

    var names: Names { ownedNames.takeUnretainedValue() }

    /// Object that this key leads to, once it did.
    var object: Unmanaged<KeyNode>? { ownedObject }

    mutating func own(_ object: KeyNode) -> Unmanaged<KeyNode> {
        let owned = Unmanaged.passRetained(object)
        ownedObject = owned
        return owned
    }

    @inline(__always)
    func matches(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        guard raw.count == key.count, let known = raw.baseAddress, let key = key.baseAddress else { return false }
        return isEqual(raw.count, known, key)
    }
}
