import JSONText
import RecordSources

/// Comma-separated values by RFC 4180, a header first; each row becomes a JSON object.
///
/// Typing is that of the text: an empty field is null, an unquoted JSON number a number, an unquoted `true` or `false` a
/// boolean, all else a string. A row with fewer fields than the header has nulls for the rest, as Python's csv and
/// sqlite-utils have it; one with more is an error, because what those do with the rest is to lose it.
struct CSVReader: RecordReader {
    let delimiter: UInt8

    private var header: [[UInt8]] = []
    private var line = 1
    /// The row under way, as JSON.
    private let json = ByteBuffer()
    /// A field with doubled quotes, without the doubling.
    private let unquoted = ByteBuffer()
    private var escaped: [UInt8] = []

    init(delimiter: UInt8) { self.delimiter = delimiter }

    mutating func read(
        _ window: ByteWindow, from place: FilePlace?, offering take: (UnsafeBufferPointer<UInt8>) throws -> Bool
    ) throws -> FilePlace? {
        guard try readHeader(window) else { return nil }
        if let place, let offset = place.offset {
            guard try window.skip(to: offset) else { return nil }
            line = place.line ?? line
        }
        while let row = try nextRow(window) {
            if row.isBlank {
                window.consume(row.length)
                line += row.lines
                continue
            }
            let taken = try take(json.bytes)
            if !taken { return FilePlace(offset: window.offset, line: line) }
            window.consume(row.length)
            line += row.lines
        }
        return nil
    }

    private struct Row {
        var length: Int
        var lines: Int
        var isBlank: Bool
    }

    private enum Scan {
        case row(Row)
        case needsMore
    }

    // MARK: Header

    private mutating func readHeader(_ window: ByteWindow) throws -> Bool {
        while true {
            var names: [[UInt8]] = []
            var row: Row?
            while row == nil {
                names = []
                let scan = try scanRow(window) { field, bytes in
                    if field == names.count { names.append(bytes) }
                }
                switch scan {
                case .row(let found): row = found
                case .needsMore: _ = try window.fill()
                }
            }
            guard let row else { return false }
            if row.isBlank && row.length == 0 { return false }
            let place = line
            window.consume(row.length)
            line += row.lines
            if row.isBlank { continue }
            header = try keys(of: names, line: place)
            return true
        }
    }

    /// Column names as the beginnings of JSON members.
    private func keys(of names: [[UInt8]], line: Int) throws -> [[UInt8]] {
        var columns: [[UInt8]: Int] = [:]
        var keys: [[UInt8]] = []
        for (index, bytes) in names.enumerated() {
            // Tables written with an index have no name for it.
            let isBlank = bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            let name = isBlank ? Array("column_\(index + 1)".utf8) : bytes
            if let other = columns.updateValue(index, forKey: name) {
                throw FileSyntaxError(
                    place: .line(line),
                    reason: "columns \(other + 1) and \(index + 1) have the same name, "
                        + "`\(String(decoding: name, as: UTF8.self))`",
                    hint: "give each column of the header a name of its own")
            }
            var key: [UInt8] = [UInt8(ascii: "\"")]
            name.withUnsafeBufferPointer { appendJSONEscaped($0, to: &key) }
            keys.append(key + Array("\":".utf8))
        }
        return keys
    }

    /// A field of the header, whole; used for that one line only.
    private mutating func scanRow(_ window: ByteWindow, _ name: (Int, [UInt8]) -> Void) throws -> Scan {
        try scan(window) { reader, index, bytes, isQuoted in
            if isQuoted {
                reader.unquote(bytes)
                name(index, Array(reader.unquoted.bytes))
            } else {
                name(index, Array(bytes))
            }
        }
    }

    // MARK: Rows

    private mutating func nextRow(_ window: ByteWindow) throws -> Row? {
        while true {
            json.removeAll(keeping: 1 << 20)
            json.append(UInt8(ascii: "{"))
            var fields = 0
            let scan = try scan(window) { reader, index, bytes, isQuoted in
                fields = index + 1
                if index < reader.header.count { reader.appendField(index, bytes, isQuoted) }
            }
            switch scan {
            case .needsMore: _ = try window.fill()
            case .row(let row):
                if row.length == 0 { return nil }
                if row.isBlank { return row }
                if fields > header.count {
                    throw FileSyntaxError(
                        place: .line(line), reason: "the row has \(fields) fields, the header has \(header.count)",
                        hint: "quote fields that hold the delimiter, or set the right one with --delimiter")
                }
                for index in fields..<header.count {
                    json.append(UInt8(ascii: ","))
                    json.append(header[index])
                    json.append("null")
                }
                json.append(UInt8(ascii: "}"))
                return row
            }
        }
    }

    private mutating func appendField(_ index: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ isQuoted: Bool) {
        if index > 0 { json.append(UInt8(ascii: ",")) }
        json.append(header[index])
        if isQuoted {
            unquote(bytes)
            appendText(unquoted.bytes)
        } else if bytes.isEmpty {
            json.append("null")
        } else if isJSONScalar(bytes) {
            json.append(bytes)
        } else {
            appendText(bytes)
        }
    }

    private mutating func appendText(_ bytes: UnsafeBufferPointer<UInt8>) {
        json.append(UInt8(ascii: "\""))
        if bytes.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            escaped.removeAll(keepingCapacity: true)
            appendJSONEscaped(bytes, to: &escaped)
            json.append(escaped)
        } else {
            json.append(bytes)
        }
        json.append(UInt8(ascii: "\""))
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

    /// The inside of a quoted field with its doubled quotes made single.
    private mutating func unquote(_ bytes: UnsafeBufferPointer<UInt8>) {
        unquoted.removeAll(keeping: 1 << 20)
        var start = 0
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\"") {
                unquoted.append(UnsafeBufferPointer(rebasing: bytes[start...position]))
                position += 1
                start = position + 1
            }
            position += 1
        }
        if start < bytes.count { unquoted.append(UnsafeBufferPointer(rebasing: bytes[start...])) }
    }

    // MARK: Scanning

    /// Scans the row at the window's first byte and hands over its fields: of a quoted one what is between the quotes.
    ///
    /// `needsMore` means that the row does not end in the window; what was handed over is then to be forgotten. At the end
    /// of the input a row of no length is the end.
    private mutating func scan(
        _ window: ByteWindow,
        _ field: (inout CSVReader, Int, UnsafeBufferPointer<UInt8>, Bool) -> Void
    ) throws -> Scan {
        let bytes = window.bytes
        let count = bytes.count
        if count == 0 { return window.isAtEnd ? .row(Row(length: 0, lines: 0, isBlank: true)) : .needsMore }
        guard let base = bytes.baseAddress else { return .needsMore }
        var position = 0
        var index = 0
        var lines = 0
        var highBits: UInt8 = 0
        while true {
            let start = position
            if position < count, base[position] == UInt8(ascii: "\"") {
                let opened = line + lines
                position += 1
                while true {
                    while position < count, base[position] != UInt8(ascii: "\"") {
                        if base[position] == 0x0A { lines += 1 }
                        highBits |= base[position]
                        position += 1
                    }
                    if position >= count {
                        if !window.isAtEnd { return .needsMore }
                        throw FileSyntaxError(
                            place: .line(opened), reason: "a quoted field is not closed",
                            hint: "double the quotes that belong to a field, or the file is incomplete")
                    }
                    if position + 1 == count && !window.isAtEnd { return .needsMore }
                    guard position + 1 < count, base[position + 1] == UInt8(ascii: "\"") else { break }
                    position += 2
                }
                field(&self, index, UnsafeBufferPointer(rebasing: bytes[(start + 1)..<position]), true)
                position += 1
                if position < count, base[position] != delimiter, base[position] != 0x0A, base[position] != 0x0D {
                    throw FileSyntaxError(
                        place: .line(line + lines), reason: "something follows the closing quote of field \(index + 1)",
                        hint: "double the quotes that belong to a field")
                }
            } else {
                while position < count, base[position] != delimiter, base[position] != 0x0A, base[position] != 0x0D {
                    highBits |= base[position]
                    position += 1
                }
                if position == count && !window.isAtEnd { return .needsMore }
                field(&self, index, UnsafeBufferPointer(rebasing: bytes[start..<position]), false)
            }
            if position < count, base[position] == delimiter {
                position += 1
                index += 1
                continue
            }
            break
        }
        let content = position
        if position < count {
            if base[position] == 0x0D {
                if position + 1 == count && !window.isAtEnd { return .needsMore }
                position += position + 1 < count && base[position + 1] == 0x0A ? 2 : 1
            } else {
                position += 1
            }
            lines += 1
        }
        if highBits >= 0x80, firstInvalidUTF8(base, 0, content) != nil {
            throw FileSyntaxError(
                place: .line(line), reason: "the row is not UTF-8",
                hint: "convert the file first, such as with `iconv -f latin1 -t utf-8`")
        }
        return .row(Row(length: position, lines: lines, isBlank: content == 0))
    }
}
