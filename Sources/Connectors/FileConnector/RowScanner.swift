import JSONText

/// The range of a field in its row; for a quoted field, the text between the quotes.
struct Field {
    var start: UInt32
    var end: UInt32
    var isQuoted: Bool
}

/// Finds the fields of one row.
struct RowScanner {
    let dialect: CSVDialect
    private let delimiter: UInt8
    /// The fields of the last complete row.
    private(set) var fields: [Field] = []
    private(set) var isBlank = false
    /// The number of line ends in it, including those inside quotes.
    private(set) var lines = 0
    /// The line at which the row begins.
    var line = 1
    private var progress = Progress()

    /// What is known about a row that continues after the bytes, so that no read searches the same bytes again.
    private struct Progress {
        /// Where the current field begins, and the offset before which it does not end.
        var field = 0
        var searched = 0
        /// The line at which a quote opened that field.
        var line: Int?
        var seen: UInt64 = 0
    }

    init(_ dialect: CSVDialect) {
        self.dialect = dialect
        delimiter = dialect.delimiter
    }

    /// The line at which the quoted field began that continues after the bytes.
    var openQuoteLine: Int? { progress.searched > 0 ? progress.line : nil }

    /// Length of the row at the start of the bytes, with its line end; nil when it continues after them.
    ///
    /// After a nil the search continues where it stopped; the bytes must then begin as before.
    ///
    /// - Parameter isAll: nothing follows the bytes, so the last row may lack its line end.
    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, isAll: Bool) throws -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        let delimiter = delimiter
        let quote = dialect.quote
        let hasQuotes = dialect.quoting != .off
        if progress.searched == 0 {
            fields.removeAll(keepingCapacity: true)
            lines = 0
        }
        var position = progress.field
        // All bytes at once: the highest bits show whether there is anything to check.
        var seen = progress.seen
        while true {
            progress.field = position
            if hasQuotes, position < count, base[position] == quote, !isLiteral(position) {
                let close: Close
                if dialect.quoting == .closingCells {
                    close = closeOfCell(base, position, count, isAll)
                    progress.searched = max(progress.searched, position)
                } else {
                    if progress.searched <= position {
                        progress.searched = position + 1
                        progress.line = line + lines
                    }
                    close = try endOfQuoted(base, progress.searched, count, isAll, &seen)
                }
                switch close {
                case .unknown:
                    progress.seen = seen
                    return nil
                case .none:
                    literal = position
                    continue
                case .at(let end):
                    if dialect.quoting == .closingCells { passLines(in: position + 1..<end, base, &seen) }
                    append(position + 1, end, isQuoted: true)
                    position = end + 1
                }
            } else {
                let end = endOfPlain(base, max(position, progress.searched), count, &seen)
                progress.searched = end
                progress.line = nil
                if end == count && !isAll {
                    progress.seen = seen
                    return nil
                }
                append(position, end, isQuoted: false)
                position = end
            }
            guard position < count, base[position] == delimiter else { break }
            position += 1
        }
        isBlank = position == 0
        let content = position
        if position < count {
            if base[position] == 0x0D {
                if position + 1 == count && !isAll {
                    // Its newline may follow in the next bytes; the field ends here in both cases.
                    fields.removeLast()
                    progress.seen = seen
                    return nil
                }
                position += position + 1 < count && base[position + 1] == 0x0A ? 2 : 1
            } else {
                position += 1
            }
            lines += 1
        }
        progress = Progress()
        literal = -1
        if seen & 0x8080_8080_8080_8080 != 0, firstInvalidUTF8(base, 0, content) != nil {
            throw FileSyntaxError(place: .line(line), reason: "the row is not UTF-8", isForeignEncoding: true)
        }
        return position
    }

    // MARK: Fields without quotes

    /// The next delimiter or end of a line, or the end of the bytes.
    @inline(__always)
    private func endOfPlain(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ seen: inout UInt64) -> Int {
        var position = start
        while count &- position >= ByteMarks.size {
            let word = ByteMarks.word(base, at: position)
            let marks =
                ByteMarks.equal(to: delimiter, in: word) | ByteMarks.equal(to: 0x0A, in: word)
                | ByteMarks.equal(to: 0x0D, in: word)
            // Bytes after the mark may belong to the row or not: at worst they are checked in vain.
            seen |= word
            if marks != 0 { return position &+ ByteMarks.count(before: marks) }
            position &+= ByteMarks.size
        }
        while position < count {
            let byte = base[position]
            if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
            seen |= UInt64(byte)
            position &+= 1
        }
        return position
    }

    // MARK: Quoted fields

    /// Where a quoted field closes.
    private enum Close {
        case at(Int)
        /// The quote that seems to open it is an ordinary character.
        case none
        /// The field continues after the bytes.
        case unknown
    }

    /// The field whose opening quote proved to be an ordinary character.
    private var literal = -1

    private func isLiteral(_ position: Int) -> Bool { literal == position }

    /// The closing quote of a field after its opening one; anything else is an error.
    private mutating func endOfQuoted(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ isAll: Bool, _ seen: inout UInt64
    ) throws -> Close {
        let quote = dialect.quote
        var position = start
        while true {
            while position < count, base[position] != quote {
                if count &- position >= ByteMarks.size {
                    let word = ByteMarks.word(base, at: position)
                    if ByteMarks.equal(to: quote, in: word) | ByteMarks.equal(to: 0x0A, in: word) == 0 {
                        seen |= word
                        position &+= ByteMarks.size
                        continue
                    }
                }
                if base[position] == 0x0A { lines += 1 }
                seen |= UInt64(base[position])
                position += 1
            }
            // Where the search continues: at the end, or at a quote that may be one of two.
            progress.searched = position
            if position >= count {
                if !isAll { return .unknown }
                throw FileSyntaxError(
                    place: .line(progress.line ?? line), reason: "a quoted field is not closed",
                    hint: "double the quotes that belong to a field, or read them as they are with --quote none; "
                        + "or the file is incomplete")
            }
            guard position + 1 < count else { return isAll ? .at(position) : .unknown }
            switch base[position + 1] {
            case quote: position += 2
            case delimiter, 0x0A, 0x0D: return .at(position)
            default:
                throw FileSyntaxError(
                    place: .line(line + lines),
                    reason: "unexpected text after the closing quote of field \(fields.count + 1)",
                    hint: "double the quotes that belong to a field, or read them as they are with --quote none")
            }
        }
    }

    /// The same where quotes may be ordinary characters: an opening quote counts only if its closing one stands
    /// directly before a delimiter or the end of a line. A field over several lines may not contain a delimiter, or it
    /// would swallow the rows between.
    private func closeOfCell(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ isAll: Bool) -> Close {
        let quote = dialect.quote
        var position = start + 1
        var hasDelimiter = false
        var hasLineEnd = false
        while position < count {
            let byte = base[position]
            if byte == quote {
                guard position + 1 < count else { return isAll ? .at(position) : .unknown }
                let next = base[position + 1]
                if next == delimiter || next == 0x0A || next == 0x0D { return .at(position) }
                guard next == quote else { return .none }
                position += 1
            } else if byte == delimiter {
                hasDelimiter = true
            } else if byte == 0x0A || byte == 0x0D {
                hasLineEnd = true
            }
            if hasDelimiter && hasLineEnd { return .none }
            position += 1
        }
        return isAll ? .none : .unknown
    }

    private mutating func passLines(in range: Range<Int>, _ base: UnsafePointer<UInt8>, _ seen: inout UInt64) {
        for position in range {
            if base[position] == 0x0A { lines += 1 }
            seen |= UInt64(base[position])
        }
    }

    private mutating func append(_ start: Int, _ end: Int, isQuoted: Bool) {
        fields.append(
            Field(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), isQuoted: isQuoted))
    }
}
