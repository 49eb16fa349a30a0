/// SHA-256 (FIPS 180-4), and HMAC with it (RFC 2104), for many short texts under one key.
package struct SHA256 {
    fileprivate typealias State = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

    fileprivate static let start: State = (
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19
    )

    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        let hasher = BlockHasher()
        return bytes.withUnsafeBufferPointer { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { output in
                guard let output = output.baseAddress else { return [] }
                hasher.digest(bytes, after: start, of: 0, into: output)
                return Array(UnsafeBufferPointer(start: output, count: 32))
            }
        }
    }
}

/// HMAC-SHA256 under one key. What the key contributes is computed once, so that a short text costs two blocks.
package final class HMACSHA256 {
    private let inner: SHA256.State
    private let outer: SHA256.State
    private let hasher = BlockHasher()
    private let between = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)

    package init(key: [UInt8]) {
        let key = key.count > 64 ? SHA256.digest(key) : key
        func state(_ mask: UInt8) -> SHA256.State {
            var block = [UInt8](repeating: mask, count: 64)
            for (index, byte) in key.enumerated() { block[index] ^= byte }
            var state = SHA256.start
            let hasher = BlockHasher()
            block.withUnsafeBufferPointer { if let base = $0.baseAddress { hasher.compress(&state, base) } }
            return state
        }
        inner = state(0x36)
        outer = state(0x5C)
    }

    deinit { between.deallocate() }

    /// Writes the 32 bytes of the code of a text.
    package func write(_ text: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) {
        hasher.digest(text, after: inner, of: 64, into: between)
        hasher.digest(UnsafeBufferPointer(start: between, count: 32), after: outer, of: 64, into: output)
    }

    package func code(_ text: [UInt8]) -> [UInt8] {
        text.withUnsafeBufferPointer { text in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { output in
                guard let output = output.baseAddress else { return [] }
                write(text, into: output)
                return Array(UnsafeBufferPointer(start: output, count: 32))
            }
        }
    }
}

/// The compression of blocks, with memory for one schedule.
private final class BlockHasher {
    private let schedule = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
    private let constants = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
    private let block = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)

    init() { constants.initialize(from: BlockHasher.roundConstants, count: 64) }

    deinit {
        schedule.deallocate()
        constants.deallocate()
        block.deallocate()
    }

    /// - Parameter hashed: bytes that `state` has taken before, a multiple of a block.
    func digest(
        _ bytes: UnsafeBufferPointer<UInt8>, after state: SHA256.State, of hashed: Int,
        into output: UnsafeMutablePointer<UInt8>
    ) {
        var state = state
        var position = 0
        if let base = bytes.baseAddress {
            while position + 64 <= bytes.count {
                compress(&state, base + position)
                position += 64
            }
            block.update(from: base + position, count: bytes.count - position)
        }
        let rest = bytes.count - position
        block[rest] = 0x80
        let size = rest < 56 ? 64 : 128
        (block + rest + 1).update(repeating: 0, count: size - rest - 9)
        let bits = UInt64(hashed + bytes.count) &* 8
        UnsafeMutableRawPointer(block + size - 8).storeBytes(of: bits.bigEndian, as: UInt64.self)
        compress(&state, block)
        if size == 128 { compress(&state, block + 64) }
        let words = UnsafeMutableRawPointer(output)
        withUnsafeBytes(of: state) { bytes in
            for index in 0..<8 {
                let word = bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                words.storeBytes(of: word.bigEndian, toByteOffset: index * 4, as: UInt32.self)
            }
        }
    }

    @inline(__always)
    private func rotated(_ value: UInt32, _ bits: UInt32) -> UInt32 { value >> bits | value << (32 &- bits) }

    func compress(_ state: inout SHA256.State, _ block: UnsafePointer<UInt8>) {
        let w = schedule
        let bytes = UnsafeRawPointer(block)
        for index in 0..<16 {
            w[index] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
        }
        for index in 16..<64 {
            let a = w[index &- 15]
            let b = w[index &- 2]
            let s0 = rotated(a, 7) ^ rotated(a, 18) ^ a >> 3
            let s1 = rotated(b, 17) ^ rotated(b, 19) ^ b >> 10
            w[index] = w[index &- 16] &+ s0 &+ w[index &- 7] &+ s1
        }
        var (a, b, c, d, e, f, g, h) = state
        for index in 0..<64 {
            let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let choice = (e & f) ^ (~e & g)
            let first = h &+ s1 &+ choice &+ constants[index] &+ w[index]
            let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let majority = (a & b) ^ (a & c) ^ (b & c)
            h = g
            g = f
            f = e
            e = d &+ first
            d = c
            c = b
            b = a
            a = first &+ s0 &+ majority
        }
        state.0 &+= a
        state.1 &+= b
        state.2 &+= c
        state.3 &+= d
        state.4 &+= e
        state.5 &+= f
        state.6 &+= g
        state.7 &+= h
    }

    private static let roundConstants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
