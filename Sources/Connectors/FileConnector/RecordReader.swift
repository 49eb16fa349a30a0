import ProgramSupport
import RecordSources
import SystemIO

/// Where reading stopped inside a file: before a record that was not delivered.
struct FilePlace: Equatable {
    /// The number of records of this file that were delivered.
    var records = 0
    /// The offset of the next record, in bytes after decompression; nil when the file must be read from its beginning
    /// to find it.
    var offset: Int64?
    /// The line at `offset`, if lines are counted; nil in the state of older programs, which did not count them.
    var line: Int?
    /// Whether the next record is an element of an array that is the whole file.
    var isInArray = false
}

/// Reads the records of one file in one format.
protocol RecordReader {
    /// Offers every record from a place on, or from the beginning. Returns the place of the refused record, or nil at
    /// the end of the file. The caller fills in `records` of that place.
    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: @escaping RecordTaker) throws
        -> FilePlace?
}

/// Receives a record with the line on which it begins, from 1; 0 where lines are not counted. Returns false to refuse
/// it.
typealias RecordTaker = (_ record: UnsafeBufferPointer<UInt8>, _ line: Int) throws -> Bool

/// JSON Lines: each line is a record.
struct LinesReader: RecordReader {
    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: @escaping RecordTaker) throws
        -> FilePlace?
    {
        if let offset = place?.offset { _ = try window.skip(to: offset) }
        // If an older program stopped without counting, lines stay unknown.
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

/// A malformed file, with the place of the error.
struct FileSyntaxError: Error {
    enum Place {
        case byte(Int64)
        case line(Int)
    }

    let place: Place
    let reason: String
    var hint: String?
    /// The bytes are not UTF-8: another program has to find out their encoding.
    var isForeignEncoding = false
}
