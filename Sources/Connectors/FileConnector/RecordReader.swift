import ProgramSupport
import RecordSources
import SystemIO

/// Where reading stopped inside a file: in front of a record that was not delivered.
struct FilePlace: Equatable {
    /// Records of this file that were delivered.
    var records = 0
    /// Where the next one begins, in bytes after decompression; nil when the file must be read from its beginning to find it.
    var offset: Int64?
    /// The line of `offset`, where lines are counted.
    var line: Int?
    /// The next record is an element of the array that is the whole file.
    var isInArray = false
}

/// Reads records out of one file in one format.
protocol RecordReader {
    /// Offers every record from a place on, or from the beginning. Returns the place of the one that was refused, or nil at
    /// the end of the file. `records` of that place is the caller's to fill in.
    mutating func read(
        _ window: ByteWindow, from place: FilePlace?, offering take: (UnsafeBufferPointer<UInt8>) throws -> Bool
    ) throws -> FilePlace?
}

/// JSON Lines: a line, a record.
struct LinesReader: RecordReader {
    mutating func read(
        _ window: ByteWindow, from place: FilePlace?, offering take: (UnsafeBufferPointer<UInt8>) throws -> Bool
    ) throws -> FilePlace? {
        if let offset = place?.offset { _ = try window.skip(to: offset) }
        var lines = WindowLines()
        while true {
            if try !lines.offer(window, to: take) { return FilePlace(offset: window.offset) }
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
}
