import CSystem
import Encodings
import Glibc

/// Random bytes from the kernel.
package enum Entropy {
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var rest = buffer
        while !rest.isEmpty {
            let count = csystem_random(rest.baseAddress, rest.count)
            if count > 0 { rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...]) }
            // Repeated ids would corrupt a destination, so there is no fallback.
            if count < 0 && errno != EINTR { fatalError("the kernel gives no random bytes: errno \(errno)") }
        }
    }

    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            fill(UnsafeMutableRawBufferPointer(buffer))
            filled = count
        }
    }

    /// 16 hexadecimal digits that no other run has.
    package static func newID() -> String { Hexadecimal.text(bytes(8)) }
}

/// xoshiro256++ seeded by the kernel: a row id costs nanoseconds instead of a system call. Not for secrets.
package struct FastRandom: RandomNumberGenerator, Sendable {
    @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

    package init() {
        self.init(seed: (0, 0, 0, 0))
        // All zeros is the one state that the generator never leaves.
        while state == (0, 0, 0, 0) { withUnsafeMutableBytes(of: &state) { Entropy.fill($0) } }
    }

    /// The same seed gives the same numbers; for tests.
    package init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        state = seed
    }

    @inlinable
    package mutating func next() -> UInt64 {
        let sum = state.0 &+ state.3
        let result = (sum << 23 | sum >> 41) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }
}
