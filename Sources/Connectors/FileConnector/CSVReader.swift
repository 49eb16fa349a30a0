import JSONText
import RecordSources
import SystemIO

/// Comma-separated values by RFC 4180, a header first; each row becomes a JSON object.
///
/// Typing is that of the text: an empty field is null, an unquoted JSON number a number, an unquoted `true` or `false` a
/// boolean, all else a string. A row with fewer fields than the header has nulls for the rest, as Python's csv and
/// sqlite-utils have it; one with more is an error, because what those do with the rest is to lose it.
struct CSVReader: RecordReader {
    private var scanner: RowScanner
    private var json = RowText(header: [])

    init(delimiter: UInt8) { scanner = RowScanner(delimiter: delimiter) }

    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: RecordTaker) throws -> FilePlace? {
        guard try readHeader(window) else { return nil }
        if let place, let offset = place.offset {
            guard try window.skip(to: offset) else { return nil }
            scanner.line = place.line ?? scanner.line
        }
        while let row = try nextRow(window) {
            let record = json.record(of: row, scanner.fields)
            if try !take(record, scanner.line) { return FilePlace(offset: window.offset, line: scanner.line) }
            pass(row, window)
        }
        return nil
    }

    /// The next row that is not a blank line, which is then at the window's first byte.
    private mutating func nextRow(_ window: ByteWindow) throws -> UnsafeBufferPointer<UInt8>? {
        while true {
            guard let row = try wholeRow(window) else { return nil }
            if scanner.isBlank {
                pass(row, window)
                continue
            }
            if scanner.fields.count > json.columns {
                throw FileSyntaxError(
                    place: .line(scanner.line),
                    reason: "the row has \(scanner.fields.count) fields, the header has \(json.columns)",
                    hint: "quote fields that hold the delimiter, or set the right one with --delimiter")
            }
            return row
        }
    }

    private mutating func wholeRow(_ window: ByteWindow) throws -> UnsafeBufferPointer<UInt8>? {
        while true {
            if window.bytes.isEmpty && window.isAtEnd { return nil }
            if let length = try scanner.scan(window.bytes, isAll: window.isAtEnd) {
                return UnsafeBufferPointer(rebasing: window.bytes[..<length])
            }
            _ = try window.fill()
        }
    }

    private mutating func pass(_ row: UnsafeBufferPointer<UInt8>, _ window: ByteWindow) {
        window.consume(row.count)
        scanner.line += scanner.lines
    }

    // MARK: Header

    private mutating func readHeader(_ window: ByteWindow) throws -> Bool {
        while let row = try wholeRow(window) {
            if scanner.isBlank {
                pass(row, window)
                continue
            }
            json = RowText(header: try names(in: row))
            pass(row, window)
            return true
        }
        return false
    }

    private func names(in row: UnsafeBufferPointer<UInt8>) throws -> [[UInt8]] {
        var places: [[UInt8]: Int] = [:]
        var names: [[UInt8]] = []
        for (index, field) in scanner.fields.enumerated() {
            var name: [UInt8] = []
            var position = Int(field.start)
            while position < field.end {
                name.append(row[position])
                // In quotes every quote stands there twice.
                position += field.isQuoted && row[position] == UInt8(ascii: "\"") ? 2 : 1
            }
            // Tables written with an index have no name for it.
            if name.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { name = Array("column_\(index + 1)".utf8) }
            if let other = places.updateValue(index, forKey: name) {
                throw FileSyntaxError(
                    place: .line(scanner.line),
                    reason: "columns \(other + 1) and \(index + 1) have the same name, "
                        + "`\(String(decoding: name, as: UTF8.self))`",
                    hint: "give each column of the header a name of its own")
            }
            names.append(name)
        }
        return names
    }
}

/// Where a field is in its row; of a quoted one, what is between the quotes.
private struct Field {
    var start: UInt32
    var end: UInt32
    var isQuoted: Bool
}

/// Finds the fields of one row.
private struct RowScanner {
    let delimiter: UInt8
    /// Of the last row that was found whole.
    private(set) var fields: [Field] = []
    private(set) var isBlank = false
    /// Ends of lines in it, those inside quotes too.
    private(set) var lines = 0
    /// The line at which the row begins.
    var line = 1
    private var progress = Progress()

    /// How much is known of a row that went on beyond the bytes: what was searched once is not searched again with every read.
    private struct Progress {
        /// Where the field under way begins, and before which place it does not end.
        var field = 0
        var searched = 0
        /// The line at which that field was opened by a quote.
        var line = 0
        var seen: UInt64 = 0
    }

    init(delimiter: UInt8) { self.delimiter = delimiter }

    /// Length of the row at the start of the bytes, with its line end; nil when it goes on beyond them.
    ///
    /// After a nil it goes on where it stopped; the bytes then begin as they did.
    ///
    /// - Parameter isAll: nothing comes behind the bytes, so the last row may lack its line end.
    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, isAll: Bool) throws -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        let delimiter = delimiter
        if progress.searched == 0 {
            fields.removeAll(keepingCapacity: true)
            lines = 0
        }
        var position = progress.field
        // All bytes at once: the highest bits tell whether there is anything to check.
        var seen = progress.seen
        while true {
            progress.field = position
            if position < count, base[position] == UInt8(ascii: "\"") {
                if progress.searched <= position {
                    progress.searched = position + 1
                    progress.line = line + lines
                }
                let end = try endOfQuoted(base, progress.searched, count, isAll, &seen)
                guard let end else {
                    progress.seen = seen
                    return nil
                }
                append(position + 1, end, isQuoted: true)
                position = end + 1
            } else {
                let end = endOfPlain(base, max(position, progress.searched), count, &seen)
                progress.searched = end
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
                    // Its newline may come with the next bytes; the field ends here then too.
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
        if seen & 0x8080_8080_8080_8080 != 0, firstInvalidUTF8(base, 0, content) != nil {
            throw FileSyntaxError(
                place: .line(line), reason: "the row is not UTF-8",
                hint: "convert the file first, such as with `iconv -f latin1 -t utf-8`")
        }
        return position
    }

    /// The next delimiter or end of a line, or the end of the bytes.
    @inline(__always)
    private func endOfPlain(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ seen: inout UInt64) -> Int {
        var position = start
        while count &- position >= ByteMarks.size {
            let word = ByteMarks.word(base, at: position)
            let marks =
                ByteMarks.equal(to: delimiter, in: word) | ByteMarks.equal(to: 0x0A, in: word)
                | ByteMarks.equal(to: 0x0D, in: word)
            // What stands behind the mark belongs to the row or to none: at worst it is checked in vain.
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

    /// The closing quote of a field whose opening one was passed.
    private mutating func endOfQuoted(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ isAll: Bool, _ seen: inout UInt64
    ) throws -> Int? {
        var position = start
        while true {
            while position < count, base[position] != UInt8(ascii: "\"") {
                if count &- position >= ByteMarks.size {
                    let word = ByteMarks.word(base, at: position)
                    if ByteMarks.equal(to: UInt8(ascii: "\""), in: word) | ByteMarks.equal(to: 0x0A, in: word) == 0 {
                        seen |= word
                        position &+= ByteMarks.size
                        continue
                    }
                }
                if base[position] == 0x0A { lines += 1 }
                seen |= UInt64(base[position])
                position += 1
            }
            // Where the search is taken up again: at the end, or at a quote that may be one of two.
            progress.searched = position
            if position >= count {
                if !isAll { return nil }
                throw FileSyntaxError(
                    place: .line(progress.line), reason: "a quoted field is not closed",
                    hint: "double the quotes that belong to a field, or the file is incomplete")
            }
            guard position + 1 < count else { return isAll ? position : nil }
            switch base[position + 1] {
            case UInt8(ascii: "\""): position += 2
            case delimiter, 0x0A, 0x0D: return position
            default:
                throw FileSyntaxError(
                    place: .line(line + lines),
                    reason: "something follows the closing quote of field \(fields.count + 1)",
                    hint: "double the quotes that belong to a field")
            }
        }
    }

    private mutating func append(_ start: Int, _ end: Int, isQuoted: Bool) {
        fields.append(
            Field(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), isQuoted: isQuoted))
    }
}

/// Writes rows as JSON objects.
private final class RowText {
    /// What stands in front of each value: comma or brace, name, colon; one behind the other.
    private let keys: UnsafeMutablePointer<UInt8>
    /// Where each of them ends.
    private let keyEnds: UnsafeMutablePointer<Int>
    let columns: Int
    /// Bytes of all keys, a closing brace, and a null for each.
    private let fixedBytes: Int
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int

    init(header names: [[UInt8]]) {
        var text: [UInt8] = []
        columns = names.count
        keyEnds = .allocate(capacity: max(columns, 1))
        for (index, name) in names.enumerated() {
            text.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            text.append(UInt8(ascii: "\""))
            name.withUnsafeBufferPointer { appendJSONEscaped($0, to: &text) }
            text.append(contentsOf: "\":".utf8)
            (keyEnds + index).initialize(to: text.count)
        }
        keys = .allocate(capacity: max(text.count, 1))
        keys.initialize(from: text, count: text.count)
        fixedBytes = text.count + columns * 4 + 1
        capacity = 4096
        memory = .allocate(capacity: capacity)
    }

    deinit {
        keys.deallocate()
        keyEnds.deallocate()
        memory.deallocate()
    }

    /// Valid until the next call.
    func record(of row: UnsafeBufferPointer<UInt8>, _ fields: [Field]) -> UnsafeBufferPointer<UInt8> {
        // The longest escape takes six bytes for one. With room for that, nothing is checked byte by byte.
        let needed = fixedBytes + row.count * 6 + fields.count * 2
        if needed > capacity {
            memory.deallocate()
            capacity = max(needed, capacity * 2)
            memory = .allocate(capacity: capacity)
        }
        let start = memory
        guard let base = row.baseAddress else { return UnsafeBufferPointer(start: start, count: 0) }
        var output = start
        var keyStart = 0
        for index in 0..<columns {
            let keyBytes = keyEnds[index] - keyStart
            output.update(from: keys + keyStart, count: keyBytes)
            output += keyBytes
            keyStart += keyBytes
            guard index < fields.count else {
                put("null", &output)
                continue
            }
            let field = fields[index]
            let bytes = UnsafeBufferPointer(start: base + Int(field.start), count: Int(field.end - field.start))
            if field.isQuoted {
                putText(bytes, isQuoted: true, &output)
            } else if bytes.isEmpty {
                put("null", &output)
            } else if isJSONScalar(bytes) {
                (output).update(from: base + Int(field.start), count: bytes.count)
                output += bytes.count
            } else {
                putText(bytes, isQuoted: false, &output)
            }
        }
        output.pointee = UInt8(ascii: "}")
        return UnsafeBufferPointer(start: start, count: output - start + 1)
    }

    @inline(__always)
    private func put(_ text: StaticString, _ output: inout UnsafeMutablePointer<UInt8>) {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        output += text.utf8CodeUnitCount
    }

    /// Writes a string; of a quoted field the doubled quotes become one.
    @inline(__always)
    private func putText(
        _ bytes: UnsafeBufferPointer<UInt8>, isQuoted: Bool, _ result: inout UnsafeMutablePointer<UInt8>
    ) {
        var output = result
        func write(_ byte: UInt8) {
            output.pointee = byte
            output += 1
        }
        // A field lies in its row, even one that is empty.
        guard let base = bytes.baseAddress else { return }
        write(UInt8(ascii: "\""))
        let count = bytes.count
        var position = 0
        while position < count {
            // There is room for six bytes of each, so whole words may be written of which only the beginning counts.
            while count &- position >= ByteMarks.size {
                let word = ByteMarks.word(base, at: position)
                let marks =
                    ByteMarks.equal(to: UInt8(ascii: "\""), in: word)
                    | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
                    | ByteMarks.below(0x20, in: word)
                UnsafeMutableRawPointer(output).storeBytes(of: word.littleEndian, as: UInt64.self)
                let plain = marks == 0 ? ByteMarks.size : ByteMarks.count(before: marks)
                output += plain
                position &+= plain
                if marks != 0 { break }
            }
            if position == count { break }
            let byte = base[position]
            position &+= 1
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                write(byte)
                continue
            }
            write(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""):
                write(byte)
                if isQuoted { position += 1 }
            case UInt8(ascii: "\\"): write(byte)
            case 0x0A: write(UInt8(ascii: "n"))
            case 0x0D: write(UInt8(ascii: "r"))
            case 0x09: write(UInt8(ascii: "t"))
            default:
                for digit in "u00".utf8 { write(digit) }
                write(UInt8(ascii: "0") + byte >> 4)
                write(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
            }
        }
        write(UInt8(ascii: "\""))
        result = output
    }
}

/// Exactly a JSON number, `true` or `false`.
private func isJSONScalar(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    switch bytes[0] {
    case UInt8(ascii: "t"): return bytes.elementsEqual("true".utf8)
    case UInt8(ascii: "f"): return bytes.elementsEqual("false".utf8)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
    default: return false
    }
    var position = 0
    func digits() -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 <= 9 { position += 1 }
        return position - start
    }
    if bytes[0] == UInt8(ascii: "-") { position = 1 }
    let startsWithZero = position < bytes.count && bytes[position] == UInt8(ascii: "0")
    let whole = digits()
    if whole == 0 || startsWithZero && whole > 1 { return false }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
        position += 1
        if digits() == 0 { return false }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
        position += 1
        if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
            position += 1
        }
        if digits() == 0 { return false }
    }
    return position == bytes.count
}
