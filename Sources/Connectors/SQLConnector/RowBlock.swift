import JSONText
import TableSources

/// Records on their way from the thread that reads them to the one that writes the stream.
final class RowBlock {
    /// Its table's place among those of the run.
    private(set) var table = 0
    private let bytes = ByteBuffer(capacity: 1 << 16)
    /// Where each record ends.
    private var ends: [Int] = []

    private static let size = 256 << 10

    func begin(_ table: Int) {
        self.table = table
        bytes.removeAll(keeping: 4 * RowBlock.size)
        ends.removeAll(keepingCapacity: true)
    }

    /// Takes rows until the block is full; false after the last one.
    func fill(from rows: any TableRows) throws(TableError) -> Bool {
        while bytes.count < RowBlock.size {
            guard try rows.next(bytes) else { return false }
            ends.append(bytes.count)
        }
        return true
    }

    /// Until `body` returns false.
    func forEachRecord(_ body: (UnsafeBufferPointer<UInt8>) throws -> Bool) rethrows {
        var start = 0
        for end in ends {
            if try !body(UnsafeBufferPointer(rebasing: bytes.bytes[start..<end])) { return }
            start = end
        }
    }
}
