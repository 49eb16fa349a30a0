import SystemIO
import Zstd

/// The uncompressed bytes of a job file. If its frames do not end with the file, the file was truncated.
final class JobSource: ByteSource {
    private let file: Descriptor
    private let decompressor: Decompressor
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var available = 0..<0
    /// The last output filled the reader's buffer, so the decompressor may hold more without new input.
    private var mayHoldMore = false

    init(_ name: String, below folder: String) throws {
        file = try Descriptor.openRegular(name, below: folder)
        decompressor = try Decompressor()
    }

    init(_ file: consuming Descriptor) throws {
        self.file = file
        decompressor = try Decompressor()
    }

    deinit { input.deallocate() }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            if available.isEmpty && !mayHoldMore {
                let count = try file.read(into: input)
                if count == 0 {
                    do { try decompressor.finish() } catch {
                        throw PackageDamage("\(file.name) is cut off")
                    }
                    return 0
                }
                available = 0..<count
            }
            do {
                let step = try decompressor.decompress(
                    input: UnsafeRawBufferPointer(rebasing: input[available]), output: buffer)
                available = available.lowerBound + step.consumed..<available.upperBound
                mayHoldMore = step.produced == buffer.count
                if step.produced > 0 { return step.produced }
            } catch {
                throw PackageDamage("\(file.name) cannot be decompressed: \(error)")
            }
        }
    }
}
