import CDigests

/// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), for many short texts under one key.
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

/// HMAC-SHA256 under one key. The key's share is computed once, so that a short text costs two blocks.
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

    /// Writes the 32-byte code of a text.
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

/// Splits texts into blocks, with memory for the last one.
private final class BlockHasher {
    private let block = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)

    deinit { block.deallocate() }

    /// - Parameter hashed: the number of bytes that `state` already covers, a multiple of a block.
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

    func compress(_ state: inout SHA256.State, _ block: UnsafePointer<UInt8>) {
        withUnsafeMutableBytes(of: &state) { words in
            guard let words = words.assumingMemoryBound(to: UInt32.self).baseAddress else { return }
            cdigests_sha256(words, block)
        }
    }
}
