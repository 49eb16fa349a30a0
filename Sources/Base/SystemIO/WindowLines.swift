import Glibc

/// Delivers the lines of a window, each as a record, without parsing them.
///
/// The next stage reports a line that is not JSON: it has the whole picture, and a place for rejects.
package struct WindowLines {
    /// The number of bytes at the start of the window that are known not to contain the end of a line.
    private var searched = 0
    /// The number of the first line in the window.
    package private(set) var line: Int

    /// - Parameter line: the number of the first line.
    package init(line: Int = 1) { self.line = line }

    /// Offers every whole line in the window with its number, and at the end of the input the rest after the last
    /// newline. Skips empty lines.
    ///
    /// The window then begins after the last accepted line. Returns false when an offer was refused.
    package mutating func offer(
        _ window: ByteWindow, to take: (_ line: UnsafeBufferPointer<UInt8>, _ number: Int) throws -> Bool
    ) throws -> Bool {
        let bytes = window.bytes
        guard let base = bytes.baseAddress else { return true }
        var position = 0
        var from = searched
        var number = line
        while let newline = memchr(base + from, 0x0A, bytes.count - from) {
            let end = UnsafeRawPointer(newline) - UnsafeRawPointer(base)
            if let line = Self.trimmed(bytes, position, end), try !take(line, number) {
                searched = 0
                self.line = number
                window.consume(position)
                return false
            }
            position = end + 1
            from = position
            number += 1
        }
        line = number
        if window.isAtEnd {
            if let line = Self.trimmed(bytes, position, bytes.count), try !take(line, number) {
                window.consume(position)
                searched = 0
                return false
            }
            position = bytes.count
        }
        window.consume(position)
        searched = bytes.count - position
        return true
    }

    /// The line without surrounding white space; nil when it is empty.
    private static func trimmed(
        _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
    ) -> UnsafeBufferPointer<UInt8>? {
        var start = start
        var end = end
        while start < end, isSpace(bytes[start]) { start += 1 }
        while start < end, isSpace(bytes[end - 1]) { end -= 1 }
        return start < end ? UnsafeBufferPointer(rebasing: bytes[start..<end]) : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0D || byte == 0x09 }
}
