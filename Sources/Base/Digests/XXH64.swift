import Encodings

/// XXH64, the fast checksum of job files in a load package. Must not protect anything that an adversary may choose.
///
/// From the algorithm's description: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
package struct XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private let seed: UInt64
    private var accumulators: (UInt64, UInt64, UInt64, UInt64)
    /// The beginning of an incomplete stripe of 32 bytes: `pendingCount` bytes.
    private var pending = InlineArray<32, UInt8>(repeating: 0)
    private var pendingCount = 0
    private var total: UInt64 = 0

    package init(seed: UInt64 = 0) {
        self.seed = seed
        accumulators = (seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        total &+= UInt64(bytes.count)
        var offset = 0
        if pendingCount > 0 {
            while pendingCount < 32, offset < bytes.count {
                pending[pendingCount] = bytes[offset]
                pendingCount += 1
                offset += 1
            }
            guard pendingCount == 32 else { return }
            withUnsafeBytes(of: pending) { Self.consume($0, 0, &accumulators) }
            pendingCount = 0
        }
        while bytes.count - offset >= 32 {
            Self.consume(bytes, offset, &accumulators)
            offset += 32
        }
        while offset < bytes.count {
            pending[pendingCount] = bytes[offset]
            pendingCount += 1
            offset += 1
        }
    }

    /// The digest of the bytes so far; more may follow.
    package func digest() -> UInt64 {
        var hash: UInt64
        if total >= 32 {
            let (a, b, c, d) = accumulators
            hash = rotated(a, 1) &+ rotated(b, 7) &+ rotated(c, 12) &+ rotated(d, 18)
            for accumulator in [a, b, c, d] {
                hash = (hash ^ Self.round(0, accumulator)) &* Self.prime1 &+ Self.prime4
            }
        } else {
            hash = seed &+ Self.prime5
        }
        hash &+= total
        withUnsafeBytes(of: pending) { bytes in
            var offset = 0
            while pendingCount - offset >= 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                hash = rotated(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if pendingCount - offset >= 4 {
                let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash = rotated(hash ^ (UInt64(word) &* Self.prime1), 23) &* Self.prime2 &+ Self.prime3
                offset += 4
            }
            while offset < pendingCount {
                hash = rotated(hash ^ (UInt64(bytes[offset]) &* Self.prime5), 11) &* Self.prime1
                offset += 1
            }
        }
        hash = (hash ^ (hash >> 33)) &* Self.prime2
        hash = (hash ^ (hash >> 29)) &* Self.prime3
        return hash ^ (hash >> 32)
    }

    /// The digest as `xxhsum` prints it: 16 lower-case hexadecimal digits.
    package func hexDigest() -> String {
        Self.hex(digest())
    }

    package static func hex(_ digest: UInt64) -> String {
        Swift.withUnsafeBytes(of: digest.bigEndian) { Hexadecimal.text($0) }
    }

    @inline(__always)
    private static func consume(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ accumulators: inout (UInt64, UInt64, UInt64, UInt64)
    ) {
        func lane(_ index: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
        }
        accumulators.0 = round(accumulators.0, lane(0))
        accumulators.1 = round(accumulators.1, lane(1))
        accumulators.2 = round(accumulators.2, lane(2))
        accumulators.3 = round(accumulators.3, lane(3))
    }

    @inline(__always)
    private static func round(_ accumulator: UInt64, _ lane: UInt64) -> UInt64 {
        rotated(accumulator &+ lane &* prime2, 31) &* prime1
    }
}

@inline(__always)
private func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
    (word &<< count) | (word &>> (64 &- count))
}
