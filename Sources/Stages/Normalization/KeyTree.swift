import JSONText

/// The keys that have been seen in objects at one place of one table: the table's rows themselves, or an object nested
/// in them. Every distinct key is normalized once; after that a record of a known shape costs comparisons of bytes.
final class KeyNode {
    /// Normalized keys that lead from the row to this object.
    let path: [String]
    /// The same keys as they were written, for messages.
    let origin: String
    private(set) var entries: [KeyEntry] = []
    /// Open addressing over `entries`: index + 1, 0 for an empty place. Its size is a power of two.
    private var buckets: [Int32] = Array(repeating: 0, count: 16)

    init(path: [String], origin: String) {
        self.path = path
        self.origin = origin
    }

    /// The entry of a key. `previous` is the entry of the key before it, which remembers what followed it last time.
    @inline(__always)
    func entry(
        _ key: UnsafeBufferPointer<UInt8>, after previous: KeyEntry?, make: (UnsafeBufferPointer<UInt8>) -> KeyEntry
    ) -> KeyEntry {
        if let predicted = previous == nil ? entries.first : previous?.successor, predicted.matches(key) {
            return predicted
        }
        let found = lookUp(key, make)
        previous?.successor = found
        return found
    }

    private func lookUp(
        _ key: UnsafeBufferPointer<UInt8>, _ make: (UnsafeBufferPointer<UInt8>) -> KeyEntry
    ) -> KeyEntry {
        let hash = KeyNode.hash(key)
        var place = hash & (buckets.count - 1)
        while buckets[place] != 0 {
            let entry = entries[Int(buckets[place]) - 1]
            if entry.hash == hash, entry.matches(key) { return entry }
            place = (place + 1) & (buckets.count - 1)
        }
        let entry = make(key)
        entry.hash = hash
        entries.append(entry)
        buckets[place] = Int32(entries.count)
        if entries.count * 2 > buckets.count { rehash() }
        return entry
    }

    private func rehash() {
        buckets = Array(repeating: 0, count: buckets.count * 2)
        for (index, entry) in entries.enumerated() {
            var place = entry.hash & (buckets.count - 1)
            while buckets[place] != 0 { place = (place + 1) & (buckets.count - 1) }
            buckets[place] = Int32(index + 1)
        }
    }

    /// FNV-1a. Keys are few and short; nobody gains by colliding, since a lookup compares bytes.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 1)
    }
}

/// One key of a `KeyNode` and what it leads to.
final class KeyEntry {
    /// The key as it stands in the text, escapes and all. Two spellings of one key are two entries of one column.
    let raw: [UInt8]
    /// The key's characters, after those of the objects it is in.
    let origin: String
    /// Normalized, as a part of column names; of a key below the row, not the whole name.
    let part: String
    /// Place in the table's `slots` of the column that the key's scalars go to.
    let slot: Int
    /// Place in the table's `lists` of the child table that the key's lists go to.
    let list: Int
    fileprivate(set) var hash = 0
    unowned(unsafe) fileprivate(set) var successor: KeyEntry?
    /// Object that this key led to, once it did.
    var object: KeyNode?
    /// The object scan in which the key was last met, and its place among that object's members.
    var seenIn = 0
    var member = 0

    init(raw: [UInt8], origin: String, part: String, slot: Int, list: Int) {
        self.raw = raw
        self.origin = origin
        self.part = part
        self.slot = slot
        self.list = list
    }

    @inline(__always)
    func matches(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        guard raw.count == key.count else { return false }
        return raw.withUnsafeBufferPointer { known in
            var index = 0
            while index < key.count {
                if known[index] != key[index] { return false }
                index += 1
            }
            return true
        }
    }
}
