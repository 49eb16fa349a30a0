import Failures
package import SystemIO

/// Bytes that should be text. Content that the first bytes show to be something else is reported instead of read.
package final class TextSource: ByteSource {
    private var source: any ByteSource
    private let name: String
    private let reader: String
    private var isChecked = false

    /// - Parameters:
    ///   - name: of the input, in messages.
    ///   - reader: the command that reads the converted text from a pipe.
    package init(_ source: any ByteSource, name: String, reader: String) {
        self.source = source
        self.name = name
        self.reader = reader
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try source.read(into: buffer)
        if !isChecked {
            isChecked = true
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self)
            if let content = ForeignContent(bytes) {
                throw CompressedInputError(
                    message: "unable to read \(name): it \(content.isGuess ? "seems to be" : "is") \(content.name)",
                    hint: content.hint(file: "FILE", reader: reader))
            }
        }
        return count
    }

    package var isReady: Bool { source.isReady }
}
