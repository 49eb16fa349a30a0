import Digests
import JSONText
import SystemIO

/// Makes row ids: 10 bytes, 14 characters of unpadded Base64.
struct RowIDs {
    private static let bytes = 10

    private var random = FastRandom()
    private let input = ByteBuffer()

    mutating func random(into output: ByteBuffer) {
        var bytes = (random.next(), random.next())
        withUnsafeBytes(of: &bytes) { RowIDs.encode(UnsafeRawBufferPointer(rebasing: $0[..<RowIDs.bytes]), output) }
    }

    /// Digest of `{parent id}_{table}_{index}`.
    func child(of parent: UnsafeBufferPointer<UInt8>, table: String, index: Int, into output: ByteBuffer) {
        input.removeAll()
        input.append(parent)
        input.append(UInt8(ascii: "_"))
        input.append(table)
        input.append(UInt8(ascii: "_"))
        input.append(number: index)
        digest(input.bytes, into: output)
    }

    func digest(_ bytes: UnsafeBufferPointer<UInt8>, into output: ByteBuffer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: RowIDs.bytes) { digest in
            guard let start = digest.baseAddress else { return }
            SHAKE128.digest(UnsafeRawBufferPointer(bytes), count: RowIDs.bytes, into: start)
            RowIDs.encode(UnsafeRawBufferPointer(digest), output)
        }
    }

    private static func encode(_ bytes: UnsafeRawBufferPointer, _ output: ByteBuffer) {
        output.append(atMost: 16) { Base64.encode(bytes, padding: false, into: $0) }
    }
}
