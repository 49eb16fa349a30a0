import Coercion
import Destinations
import Digests
import Glibc
import JSONText
import JobRows
import LoadPackages
import Schemas

/// Turns the rows of one job into COPY's data, straight from their text.
///
/// A row is looked at twice: to find where its values are, since rows leave columns out and may have them in any order, and to
/// write them in the order of the columns. It costs no allocation, but where escapes must be resolved in place.
///
/// Everything that changes is behind pointers or local: a property of a class would be guarded on every access.
final class CopyEncoder {
    enum Format { case binary, text }

    private enum Kind {
        case absent, string, escaped, number, yes, no, document

        @inline(__always)
        var isQuoted: Bool { self == .string || self == .escaped }
    }

    /// Where the value of a column is in the row; for strings the inside of the quotes.
    private struct Span {
        var start: Int
        var end: Int
        var kind: Kind
        /// The row that this is about; columns of an older one are absent.
        var row: Int
    }

    private struct Place {
        /// `"name":` as rows have it, in `labels`.
        var labelStart: Int
        var labelCount: Int
        /// The column whose key is expected next: what followed the last time.
        var successor: Int
    }

    private typealias Bytes = UnsafeMutablePointer<UInt8>
    private typealias Text = UnsafeBufferPointer<UInt8>

    private let insert: RowInsert
    private let columns: [Column]
    private let format: Format
    private let forms: UnsafeMutablePointer<CopyForm>
    private let count: Int
    /// One for each column, and one more for the beginning of a row.
    private let places: UnsafeMutablePointer<Place>
    private let spans: UnsafeMutablePointer<Span>
    private let labels: Bytes
    private let placeByName: [[UInt8]: Int]
    private var rowCount = 0

    private var output: Bytes
    private var capacity: Int
    private var filled = 0

    /// - Parameters:
    ///   - columns: those with a name, in the order of the COPY.
    ///   - forms: for each column.
    init(_ insert: RowInsert, columns: [Column], forms: [CopyForm], format: Format) {
        self.insert = insert
        self.columns = columns
        self.format = format
        count = columns.count
        self.forms = .allocate(capacity: max(count, 1))
        self.forms.initialize(from: forms, count: count)
        places = .allocate(capacity: count + 1)
        spans = .allocate(capacity: max(count, 1))
        spans.initialize(repeating: Span(start: 0, end: 0, kind: .absent, row: 0), count: count)
        var text: [UInt8] = []
        var placeByName: [[UInt8]: Int] = [:]
        for (index, column) in columns.enumerated() {
            let start = text.count
            appendJSONString(column.name, to: &text)
            text.append(UInt8(ascii: ":"))
            (places + index).initialize(
                to: Place(labelStart: start, labelCount: text.count - start, successor: (index + 1) % count))
            placeByName[Array(column.name.utf8)] = index
        }
        (places + count).initialize(to: Place(labelStart: 0, labelCount: 0, successor: 0))
        labels = .allocate(capacity: max(text.count, 1))
        labels.initialize(from: text, count: text.count)
        self.placeByName = placeByName
        capacity = 256 << 10
        output = .allocate(capacity: capacity)
    }

    deinit {
        forms.deallocate()
        places.deallocate()
        spans.deallocate()
        labels.deallocate()
        output.deallocate()
    }

    /// What stands before the first row.
    var header: [UInt8] {
        // Signature, flags, length of the header's extension.
        format == .text ? [] : Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }

    /// What stands behind the last row.
    var trailer: [UInt8] { format == .text ? [] : [0xFF, 0xFF] }

    /// Encodes all rows of a block of whole lines, which it rewrites; returns how many they were.
    ///
    /// - Parameters:
    ///   - block: with readable zeros behind it, as `BlockReader` hands it out.
    ///   - send: takes the data, in portions.
    func encode(_ block: UnsafeRawBufferPointer, send: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        guard let start = block.baseAddress else { return 0 }
        // The reader's memory is its own and hands each block out once, so nobody sees that it changes.
        let base = Bytes(mutating: start.assumingMemoryBound(to: UInt8.self))
        let first = rowCount
        var row = first
        var position = 0
        while position < block.count {
            row += 1
            let end = try locate(base, position, row)
            reserve(end - position)
            if format == .binary { try writeBinary(base, row) } else { try writeText(base, row) }
            position = end
            if filled >= 128 << 10 {
                try send(UnsafeRawBufferPointer(start: output, count: filled))
                filled = 0
            }
        }
        if filled > 0 {
            try send(UnsafeRawBufferPointer(start: output, count: filled))
            filled = 0
        }
        rowCount = row
        return row - first
    }

    /// Makes room for a row whose text has so many bytes, so that writing it need not ask.
    private func reserve(_ bytes: Int) {
        // Text at its longest: each byte escaped by two, each field with a tab.
        let needed = filled + 2 * bytes + count * BinaryValues.room(forText: 0) + 16
        guard needed > capacity else { return }
        let larger = Bytes.allocate(capacity: needed * 2)
        larger.update(from: output, count: filled)
        output.deallocate()
        output = larger
        capacity = needed * 2
    }

    // MARK: Finding the values

    /// Notes where the values of the line at `start` are; returns where the next line begins.
    private func locate(_ base: Bytes, _ start: Int, _ row: Int) throws -> Int {
        guard base[start] == UInt8(ascii: "{") else { throw damaged("is not an object", row) }
        var position = start + 1
        var previous = count
        if base[position] == UInt8(ascii: "}") {
            position += 1
        } else {
            while true {
                var place = places[previous].successor
                let length = places[place].labelCount
                if count > 0, isLabel(place, length, base + position) {
                    position += length
                } else {
                    guard let found = try search(base, &position, row) else {
                        guard next(base, &position) else { break }
                        continue
                    }
                    place = found
                    places[previous].successor = place
                }
                previous = place
                let found = try span(base, position, row)
                spans[place] = found
                position = found.end + (found.kind.isQuoted ? 1 : 0)
                let byte = base[position]
                if byte == UInt8(ascii: ",") {
                    position += 1
                } else if byte == UInt8(ascii: "}") {
                    position += 1
                    break
                } else if !next(base, &position) {
                    break
                }
            }
        }
        if base[position] == 0x0A { return position + 1 }
        guard base[position] == 0 else { throw damaged("is not JSON at byte \(position - start + 1)", row) }
        return position
    }

    @inline(__always)
    private func span(_ base: Bytes, _ start: Int, _ row: Int) throws -> Span {
        switch base[start] {
        case UInt8(ascii: "\""):
            guard let end = RowText.string(base, from: start + 1) else { throw damaged("is cut off", row) }
            return Span(start: start + 1, end: end.offset, kind: end.hasEscapes ? .escaped : .string, row: row)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            return Span(start: start, end: RowText.number(base, from: start), kind: .number, row: row)
        case UInt8(ascii: "t") where RowText.isWord("true", base, at: start):
            return Span(start: start, end: start + 4, kind: .yes, row: row)
        case UInt8(ascii: "f") where RowText.isWord("false", base, at: start):
            return Span(start: start, end: start + 5, kind: .no, row: row)
        case UInt8(ascii: "n") where RowText.isWord("null", base, at: start):
            return Span(start: start, end: start + 4, kind: .absent, row: row)
        default:
            guard let end = RowText.value(base, from: start) else { throw damaged("is cut off", row) }
            return Span(start: start, end: end, kind: .document, row: row)
        }
    }

    /// Goes past what separates two members, with spaces around it; false behind the last one.
    private func next(_ base: Bytes, _ position: inout Int) -> Bool {
        position = RowText.skipSpaces(base, from: position)
        let byte = base[position]
        // Anything else is noticed where the row must end.
        if byte == UInt8(ascii: "}") { position = RowText.skipSpaces(base, from: position + 1) }
        guard byte == UInt8(ascii: ",") else { return false }
        position = RowText.skipSpaces(base, from: position + 1)
        return true
    }

    /// Compares up to the first difference, and so never reads past the end of the line.
    @inline(__always)
    private func isLabel(_ place: Int, _ length: Int, _ text: Bytes) -> Bool {
        let label = labels + places[place].labelStart
        var index = 0
        while index < length {
            if label[index] != text[index] { return false }
            index += 1
        }
        return true
    }

    /// Reads a key that was not expected. Returns nil, past its value, for one that no database has a column for.
    @inline(never)
    private func search(_ base: Bytes, _ position: inout Int, _ row: Int) throws -> Int? {
        let start = RowText.skipSpaces(base, from: position)
        guard base[start] == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1) else {
            throw damaged("is not JSON: expected a key", row)
        }
        var name = Array(UnsafeBufferPointer(start: base + start + 1, count: end.offset - start - 1))
        if end.hasEscapes {
            name.append(0)
            let length = name.count - 1
            name = name.withUnsafeMutableBufferPointer { text in
                guard let first = text.baseAddress, let end = RowText.unescape(first, from: 0, to: length) else {
                    return []
                }
                return Array(text[..<end])
            }
        }
        let colon = RowText.skipSpaces(base, from: end.offset + 1)
        guard base[colon] == UInt8(ascii: ":") else { throw damaged("is not JSON: expected a colon", row) }
        position = RowText.skipSpaces(base, from: colon + 1)
        // dlt knows columns without a name, databases do not.
        if name.isEmpty, let end = RowText.value(base, from: position) {
            position = end
            return nil
        }
        guard let place = placeByName[name] else {
            let name = String(decoding: name, as: UTF8.self)
            throw damaged("has a value for \"\(name)\", a column that the schema lacks", row)
        }
        return place
    }

    // MARK: Binary

    private func writeBinary(_ base: Bytes, _ row: Int) throws {
        var target = output + filled
        BinaryValues.put(Int16(truncatingIfNeeded: count), target)
        target += 2
        for place in 0..<count {
            let span = spans[place]
            guard span.row == row, span.kind != .absent else {
                BinaryValues.put(-1 as Int32, target)
                target += 4
                continue
            }
            let value = target + 4
            let size = try binary(base, span, forms[place], value)
            guard let size else { throw mismatch(base, span, place, row) }
            BinaryValues.put(Int32(truncatingIfNeeded: size), target)
            target = value + size
        }
        filled = target - output
    }

    /// Writes one value; nil when it is none of the column's type.
    @inline(__always)
    private func binary(_ base: Bytes, _ span: Span, _ form: CopyForm, _ target: Bytes) throws -> Int? {
        let text = Text(start: base + span.start, count: span.end - span.start)
        switch (span.kind, form) {
        case (.string, .text):
            return put(text, target)
        case (.escaped, .text):
            guard let plain = unescaped(base, span) else { return nil }
            return put(Text(start: base + span.start, count: plain), target)
        case (.number, .int8):
            guard let number = NumberToken.int64(text) else { return nil }
            BinaryValues.put(number, target)
            return 8
        case (.number, .float8):
            guard let number = DoubleText.value(text) else { return nil }
            BinaryValues.put(number.bitPattern, target)
            return 8
        case (.string, .timestamp):
            guard let time = BinaryValues.timestamp(text) else { return nil }
            BinaryValues.put(time, target)
            return 8
        case (.yes, .bool), (.no, .bool):
            target[0] = span.kind == .yes ? 1 : 0
            return 1
        case (.number, .int4):
            guard let number = NumberToken.int64(text).flatMap({ Int32(exactly: $0) }) else { return nil }
            BinaryValues.put(number, target)
            return 4
        case (.number, .int2):
            guard let number = NumberToken.int64(text).flatMap({ Int16(exactly: $0) }) else { return nil }
            BinaryValues.put(number, target)
            return 2
        case (.number, .numeric): return BinaryValues.numeric(text, target)
        case (.string, .date):
            guard let day = BinaryValues.date(text) else { return nil }
            BinaryValues.put(day, target)
            return 4
        case (.string, .time):
            guard let time = BinaryValues.time(text) else { return nil }
            BinaryValues.put(time, target)
            return 8
        case (.string, .bytea):
            guard let bytes = Base64.decode(UnsafeRawBufferPointer(text)) else { return nil }
            return bytes.withUnsafeBufferPointer { put($0, target) }
        case (_, .jsonb):
            target[0] = 1  // the format's version
            return put(whole(base, span), target + 1) + 1
        case (_, .json):
            return put(whole(base, span), target)
        default: return nil
        }
    }

    @inline(__always)
    private func put(_ text: Text, _ target: Bytes) -> Int {
        if let start = text.baseAddress { target.update(from: start, count: text.count) }
        return text.count
    }

    /// A value with its quotes.
    private func whole(_ base: Bytes, _ span: Span) -> Text {
        let quote = span.kind.isQuoted ? 1 : 0
        return Text(start: base + span.start - quote, count: span.end - span.start + 2 * quote)
    }

    /// Resolves the escapes of a string in place and takes out the character U+0000, which PostgreSQL's text cannot hold and
    /// dlt leaves out too. Returns how many bytes are left.
    private func unescaped(_ base: Bytes, _ span: Span) -> Int? {
        guard let end = RowText.unescape(base, from: span.start, to: span.end) else { return nil }
        guard memchr(base + span.start, 0, end - span.start) != nil else { return end - span.start }
        var kept = span.start
        for index in span.start..<end where base[index] != 0 {
            base[kept] = base[index]
            kept += 1
        }
        return kept - span.start
    }

    // MARK: Text

    private func writeText(_ base: Bytes, _ row: Int) throws {
        var target = output + filled
        for place in 0..<count {
            if place > 0 {
                target[0] = UInt8(ascii: "\t")
                target += 1
            }
            let span = spans[place]
            guard span.row == row, span.kind != .absent else {
                target[0] = UInt8(ascii: "\\")
                target[1] = UInt8(ascii: "N")
                target += 2
                continue
            }
            guard let size = text(base, span, forms[place], target) else { throw mismatch(base, span, place, row) }
            target += size
        }
        target[0] = 0x0A
        filled = target + 1 - output
    }

    private func text(_ base: Bytes, _ span: Span, _ form: CopyForm, _ target: Bytes) -> Int? {
        let text = Text(start: base + span.start, count: span.end - span.start)
        switch (span.kind, form) {
        case (.string, .text), (.string, .timestamp), (.string, .date), (.string, .time):
            return escape(text, target)
        case (.escaped, .text):
            guard let plain = unescaped(base, span) else { return nil }
            return escape(Text(start: base + span.start, count: plain), target)
        case (.number, .int8), (.number, .float8), (.number, .numeric), (.yes, .bool), (.no, .bool):
            return escape(text, target)
        case (.string, .bytea):
            guard let bytes = Base64.decode(UnsafeRawBufferPointer(text)) else { return nil }
            let digits = Array("0123456789abcdef".utf8)
            var size = 3
            target.update(from: [UInt8(ascii: "\\"), UInt8(ascii: "\\"), UInt8(ascii: "x")], count: 3)
            for byte in bytes {
                target[size] = digits[Int(byte >> 4)]
                target[size + 1] = digits[Int(byte & 15)]
                size += 2
            }
            return size
        case (_, .json): return escape(whole(base, span), target)
        default: return nil
        }
    }

    /// What COPY takes for more than itself gets a backslash.
    private func escape(_ text: Text, _ target: Bytes) -> Int {
        var size = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"): put(byte)
            case 0x0A: put(UInt8(ascii: "n"))
            case 0x0D: put(UInt8(ascii: "r"))
            case 0x09: put(UInt8(ascii: "t"))
            default:
                target[size] = byte
                size += 1
            }
        }
        return size

        func put(_ byte: UInt8) {
            target[size] = UInt8(ascii: "\\")
            target[size + 1] = byte
            size += 2
        }
    }

    // MARK: Errors

    private func damaged(_ reason: String, _ row: Int) -> DestinationError {
        DestinationError(
            .data, "unable to insert into table \"\(insert.table)\": row \(row) of \(insert.job.file) \(reason)")
    }

    private func mismatch(_ base: Bytes, _ span: Span, _ place: Int, _ row: Int) -> DestinationError {
        let value = String(decoding: whole(base, span).prefix(60), as: UTF8.self)
        let type =
            switch forms[place] {
            case .int2: "smallint"
            case .int4: "integer"
            default: columns[place].dataType?.rawValue ?? "text"
            }
        return damaged("has \(value) in column \"\(columns[place].name)\", which is \(type)", row)
    }
}
