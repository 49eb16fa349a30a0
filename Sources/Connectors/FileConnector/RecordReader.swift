import ProgramSupport
import RecordSources
import SystemIO

/// Where reading stopped inside a file: in front of a record that was not delivered.
struct FilePlace: Equatable {
    /// Records of this file that were delivered.
    var records = 0
    /// Where the next one begins, in bytes after decompression; nil when the file must be read from its beginning to find it.
    var offset: Int64?
    /// The line of `offset`, where lines are counted; nil in memories of programs that did not count them.
    var line: Int?
    /// The next record is an element of the array that is the whole file.
    var isInArray = false
}

/// Reads records out of one file in one format.
protocol RecordReader {
    /// Offers every record from a place on, or from the beginning. Returns the place of the one that was refused, or nil at
    /// the end of the file. `records` of that place is the caller's to fill in.
    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: RecordTaker) throws -> FilePlace?
}

/// Takes a record with the line on which it begins, from 1; 0 where lines are not counted. False: it is refused.
typealias RecordTaker = (_ record: UnsafeBufferPointer<UInt8>, _ line: Int) throws -> Bool

/// JSON Lines: a line, a record.
struct LinesReader: RecordReader {
    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: RecordTaker) throws -> FilePlace? {
        if let offset = place?.offset { _ = try window.skip(to: offset) }
        // Where an older program stopped without counting, lines stay unknown.
        let isCounted = place?.offset == nil || place?.line != nil
        var lines = WindowLines(line: place?.line ?? 1)
        while true {
            if try !lines.offer(window, to: { try take($0, isCounted ? $1 : 0) }) {
                return FilePlace(offset: window.offset, line: isCounted ? lines.line : nil)
            }
            if window.isAtEnd { return nil }
            _ = try window.fill()
        }
    }
}

/// A file that is not what it should be, with the place in it.
struct FileSyntaxError: Error {
    enum Place {
        case byte(Int64)
        case line(Int)
    }

    let place: Place
    let reason: String
    var hint: String?
    /// The bytes are no UTF-8: what they are is another program's to say.
    var isForeignEncoding = false
}
