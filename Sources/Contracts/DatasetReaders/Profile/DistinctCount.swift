import Digests
import Glibc

/// How many different values there are: counted as long as they are few, estimated by HyperLogLog from then on.
package struct DistinctCount {
    private var hashes: Set<UInt64> = []
    /// The largest rank of each register; nil as long as all hashes are kept.
    private var registers: [UInt8]?
    private let most: Int

    private static let bits = 14

    /// - Parameter most: values that are counted exactly.
    init(exactlyUpTo most: Int) { self.most = most }

    package var isEstimate: Bool { registers != nil }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var digest = XXH64()
        digest.update(bytes)
        let hash = digest.digest()
        guard registers == nil else { return note(hash) }
        hashes.insert(hash)
        guard hashes.count > most else { return }
        registers = Array(repeating: 0, count: 1 << DistinctCount.bits)
        for hash in hashes { note(hash) }
        hashes = []
    }

    private mutating func note(_ hash: UInt64) {
        let register = Int(hash >> UInt64(64 - DistinctCount.bits))
        let rest = hash << UInt64(DistinctCount.bits) | 1 << UInt64(DistinctCount.bits - 1)
        let rank = UInt8(rest.leadingZeroBitCount + 1)
        if let known = registers?[register], known < rank { registers?[register] = rank }
    }

    package var count: Int {
        guard let registers else { return hashes.count }
        let size = Double(registers.count)
        let sum = registers.reduce(0.0) { $0 + 1 / Double(1 << UInt64($1)) }
        let estimate = 0.7213 / (1 + 1.079 / size) * size * size / sum
        // Few values leave registers empty, whose number says more.
        let empty = registers.count { $0 == 0 }
        if estimate <= 2.5 * size, empty > 0 { return Int((size * log(size / Double(empty))).rounded()) }
        return Int(estimate.rounded())
    }
}
