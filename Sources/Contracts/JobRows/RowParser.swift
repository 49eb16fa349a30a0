import Destinations
import Digests
import Glibc
import JSONText

/// Parses the text of rows.
///
/// Reads each row once; converts numbers, and notes the positions of strings. A value that the database needs in
/// another form (escapes, timestamps, Base64) is rewritten in place, which always fits because no form is longer than
/// its text. So a row costs no allocation and no copy.
///
/// Everything that changes is in local variables or reached through pointers: every access to a property of a class would be
/// checked.
final class RowParser {
    private struct Place {
        /// `"name":` as rows have it, in `labels`; zeros after it fill a word.
        var labelStart: Int
        var labelCount: Int
        var form: RowForm
        /// The column whose key is expected next: the one that followed last time. If rows are of several kinds, the
        /// one that followed the time before is tried as well.
        var successor: Int
        var otherSuccessor: Int
        /// The last row with a value, to detect duplicates.
        var lastRow: Int
    }

    private typealias Bytes = UnsafeMutablePointer<UInt8>

    private let columns: [RowColumn]
    private let faults: RowFaults
    private let count: Int
    /// One for each column, and one more for the beginning of a row.
    private let places: UnsafeMutablePointer<Place>
    private let labels: Bytes
    private let placeByName: [[UInt8]: Int]
    private let powers = RowNumber.Powers()
    private var rowCount = 0

    init(_ columns: [RowColumn], faults: RowFaults) {
        precondition(columns.count <= Int(UInt16.max), "no destination has more columns than that")
        self.columns = columns
        self.faults = faults
        let count = columns.count
        self.count = count
        places = .allocate(capacity: count + 1)
        var text: [UInt8] = []
        var placeByName: [[UInt8]: Int] = [:]
        for (index, column) in columns.enumerated() {
            let start = text.count
            appendJSONString(column.name, to: &text)
            text.append(UInt8(ascii: ":"))
            let next = (index + 1) % count
            (places + index).initialize(
                to: Place(
                    labelStart: start, labelCount: text.count - start, form: column.form, successor: next,
                    otherSuccessor: next, lastRow: 0))
            text.append(contentsOf: repeatElement(0, count: -text.count & 7))
            placeByName[Array(column.name.utf8)] = index
        }
        (places + count).initialize(
            to: Place(labelStart: 0, labelCount: 0, form: .text, successor: 0, otherSuccessor: 0, lastRow: 0))
        labels = .allocate(capacity: max(text.count, 1))
        labels.initialize(from: text, count: text.count)
        self.placeByName = placeByName
    }

    deinit {
        places.deallocate()
        labels.deallocate()
        powers.deallocate()
    }

    /// Finds the cells of all rows of the batch's block.
    func parse(_ batch: RowBatch) throws {
        let base = batch.text
        let end = batch.textCount
        let first = rowCount
        var row = first
        var position = 0
        var cell = batch.cells
        while position < end {
            row += 1
            let start = position
            try parse(base, &position, &cell, row)
            if base[position] == 0x0A {
                position += 1
            } else if position < end {
                throw faults.damaged("is not JSON at byte \(position - start + 1)", row)
            }
            batch.ends[row - first - 1] = UInt32(truncatingIfNeeded: cell - batch.cells)
        }
        batch.firstRow = first + 1
        batch.rowCount = row - first
        rowCount = row
    }

    /// Reads the row at `position`, and writes its cells at `cell`.
    @inline(__always)
    private func parse(
        _ base: Bytes, _ position: inout Int, _ cell: inout UnsafeMutablePointer<Cell>, _ row: Int
    ) throws {
        guard base[position] == UInt8(ascii: "{") else { throw faults.damaged("is not an object", row) }
        position += 1
        if base[position] == UInt8(ascii: "}") {
            position += 1
            return
        }
        let firstCell = cell
        var previous = count
        while true {
            var place = places[previous].successor
            if count > 0, isLabel(place, base + position) {
                position += places[place].labelCount
            } else {
                let other = places[previous].otherSuccessor
                if count > 0, isLabel(other, base + position) {
                    position += places[other].labelCount
                    places[previous].otherSuccessor = place
                    place = other
                } else {
                    guard let found = try search(base, &position, row) else {
                        guard next(base, &position) else { return }
                        continue
                    }
                    places[previous].otherSuccessor = place
                    place = found
                }
                places[previous].successor = place
            }
            previous = place
            if try value(base, &position, place, cell, row) {
                // The last value of a repeated key counts.
                if places[place].lastRow == row { RowParser.forget(place, firstCell, &cell) }
                places[place].lastRow = row
                cell += 1
            }
            let byte = base[position]
            if byte == UInt8(ascii: ",") {
                position += 1
            } else if byte == UInt8(ascii: "}") {
                position += 1
                return
            } else if !next(base, &position) {
                return
            }
        }
    }

    /// Removes a column's cell from those before `last`, which moves up.
    @inline(never)
    private static func forget(
        _ place: Int, _ first: UnsafeMutablePointer<Cell>, _ last: inout UnsafeMutablePointer<Cell>
    ) {
        var kept = first
        for index in 0...(last - first) where first[index].column != place || first + index == last {
            kept.pointee = first[index]
            kept += 1
        }
        last = kept - 1
    }

    /// Reads the separator of two members, with spaces around it; false after the last one.
    @inline(never)
    private func next(_ base: Bytes, _ position: inout Int) -> Bool {
        position = RowText.skipSpaces(base, from: position)
        let byte = base[position]
        // Anything else is detected where the row must end.
        if byte == UInt8(ascii: "}") { position = RowText.skipSpaces(base, from: position + 1) }
        guard byte == UInt8(ascii: ",") else { return false }
        position = RowText.skipSpaces(base, from: position + 1)
        return true
    }

    /// Compares whole words; bytes after the row belong to its block, or to the zeros after it.
    @inline(__always)
    private func isLabel(_ place: Int, _ text: Bytes) -> Bool {
        let label = UnsafeRawPointer(labels + places[place].labelStart)
        let text = UnsafeRawPointer(text)
        let length = places[place].labelCount
        var index = 0
        while true {
            let difference =
                label.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                ^ text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let rest = length &- index
            // Only the first bytes of the last word belong to the label.
            if rest <= 8 { return difference.littleEndian &<< UInt64(truncatingIfNeeded: 64 &- 8 &* rest) == 0 }
            if difference != 0 { return false }
            index &+= 8
        }
    }

    /// Reads a key that was not expected. Returns nil, after its value, for a key without a column.
    @inline(never)
    private func search(_ base: Bytes, _ position: inout Int, _ row: Int) throws -> Int? {
        let start = RowText.skipSpaces(base, from: position)
        guard base[start] == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1) else {
            throw faults.damaged("is not JSON: expected a key", row)
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
        guard base[colon] == UInt8(ascii: ":") else { throw faults.damaged("is not JSON: expected a colon", row) }
        position = RowText.skipSpaces(base, from: colon + 1)
        // dlt knows columns without a name, databases do not.
        if name.isEmpty, let end = RowText.value(base, from: position) {
            position = end
            return nil
        }
        guard let place = placeByName[name] else {
            let name = String(decoding: name, as: UTF8.self)
            throw faults.damaged("has a value for \"\(name)\", a column that the schema lacks", row)
        }
        return place
    }

    // MARK: Values

    /// Reads the value at `position` and writes it at `cell`; false for null.
    @inline(__always)
    private func value(
        _ base: Bytes, _ position: inout Int, _ place: Int, _ cell: UnsafeMutablePointer<Cell>, _ row: Int
    ) throws -> Bool {
        let start = position
        let first = base[start]
        if first == UInt8(ascii: "n"), RowText.isWord("null", base, at: start) {
            position = start + 4
            return false
        }
        switch places[place].form {
        case .text:
            guard first == UInt8(ascii: "\"") else { throw mismatch(base, start, place, row) }
            guard let end = RowText.string(base, from: start + 1) else { throw faults.damaged("is cut off", row) }
            position = end.offset + 1
            let last = end.hasEscapes ? try unescape(base, start + 1, end.offset, row) : end.offset
            cell.initialize(to: try text(.text, start + 1, last, place, row))
        case .integer:
            guard RowParser.beginsNumber(first), let value = RowNumber.integer(base, &position, powers) else {
                throw mismatch(base, start, place, row)
            }
            cell.initialize(to: Cell(.integer, UInt64(bitPattern: value), column: place))
        case .real:
            guard RowParser.beginsNumber(first), let value = RowNumber.real(base, &position, powers) else {
                throw mismatch(base, start, place, row)
            }
            cell.initialize(to: Cell(.real, value.bitPattern, column: place))
        case .spacedTimestamp:
            guard first == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1), !end.hasEscapes,
                end.offset - start >= 27, base[start + 11] == UInt8(ascii: "T")
            else { throw mismatch(base, start, place, row) }
            position = end.offset + 1
            base[start + 11] = UInt8(ascii: " ")
            cell.initialize(to: try text(.text, start + 1, start + 27, place, row))
        case .bool:
            if first == UInt8(ascii: "t"), RowText.isWord("true", base, at: start) {
                position = start + 4
            } else if first == UInt8(ascii: "f"), RowText.isWord("false", base, at: start) {
                position = start + 5
            } else {
                throw mismatch(base, start, place, row)
            }
            cell.initialize(to: Cell(.integer, first == UInt8(ascii: "t") ? 1 : 0, column: place))
        case .number:
            guard RowParser.beginsNumber(first) else { throw mismatch(base, start, place, row) }
            position = RowText.number(base, from: start)
            cell.initialize(to: try text(.text, start, position, place, row))
        case .json:
            guard let end = RowText.value(base, from: start) else { throw faults.damaged("is cut off", row) }
            position = end
            cell.initialize(to: try text(.text, start, end, place, row))
        case .plain:
            guard first == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1), !end.hasEscapes else {
                throw mismatch(base, start, place, row)
            }
            position = end.offset + 1
            cell.initialize(to: try text(.text, start + 1, end.offset, place, row))
        case .microseconds:
            cell.initialize(to: try time(base, &position, place, row, RowTime.microseconds))
        case .day: cell.initialize(to: try time(base, &position, place, row, RowTime.day))
        case .timeOfDay: cell.initialize(to: try time(base, &position, place, row, RowTime.timeOfDay))
        case .textWithoutZeros:
            guard first == UInt8(ascii: "\"") else { throw mismatch(base, start, place, row) }
            guard let end = RowText.string(base, from: start + 1) else { throw faults.damaged("is cut off", row) }
            position = end.offset + 1
            var last = end.offset
            // A zero can only come from an escape.
            if end.hasEscapes {
                last = RowText.removeZeros(base, from: start + 1, to: try unescape(base, start + 1, last, row))
            }
            cell.initialize(to: try text(.text, start + 1, last, place, row))
        case .binary:
            guard first == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1), !end.hasEscapes,
                let count = Base64.decode(
                    inPlace: UnsafeMutableBufferPointer(start: base + start + 1, count: end.offset - start - 1))
            else { throw mismatch(base, start, place, row) }
            position = end.offset + 1
            cell.initialize(to: try text(.bytes, start + 1, start + 1 + count, place, row))
        }
        return true
    }

    @inline(__always)
    private static func beginsNumber(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 || byte == UInt8(ascii: "-") }

    /// A string that `number` reads, given the position and length of its inside.
    @inline(__always)
    private func time(
        _ base: Bytes, _ position: inout Int, _ place: Int, _ row: Int,
        _ number: (UnsafePointer<UInt8>, Int) -> Int64?
    ) throws -> Cell {
        let start = position
        guard base[start] == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1), !end.hasEscapes,
            let value = number(base + start + 1, end.offset - start - 1)
        else { throw mismatch(base, start, place, row) }
        position = end.offset + 1
        return Cell(.integer, UInt64(bitPattern: value), column: place)
    }

    @inline(__always)
    private func text(_ kind: Cell.Kind, _ start: Int, _ end: Int, _ place: Int, _ row: Int) throws -> Cell {
        let count = UInt32(truncatingIfNeeded: end &- start)
        if Int(count) != end &- start { throw faults.damaged("has a value of more than 4 GiB", row) }
        return Cell(kind, UInt64(truncatingIfNeeded: start), count: count, column: place)
    }

    private func unescape(_ base: Bytes, _ start: Int, _ end: Int, _ row: Int) throws -> Int {
        guard let last = RowText.unescape(base, from: start, to: end) else {
            throw faults.damaged("has a malformed escape", row)
        }
        return last
    }

    private func mismatch(_ base: Bytes, _ start: Int, _ place: Int, _ row: Int) -> DestinationError {
        let end = min(RowText.value(base, from: start) ?? start, start + 60)
        let value = String(decoding: UnsafeBufferPointer(start: base + start, count: end - start), as: UTF8.self)
        return faults.mismatch(value, columns[place], row)
    }
}
