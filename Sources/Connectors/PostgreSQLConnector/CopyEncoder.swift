import Destinations
import JobRows
import LoadPackages
import RelationalSQL
import Schemas

/// Turns the rows of jobs into COPY data.
///
/// Everything that changes is in local variables or reached through pointers: every access to a property of a class would be
/// checked.
final class CopyEncoder {
    enum Format { case binary, text }

    private typealias Bytes = UnsafeMutablePointer<UInt8>
    private typealias Text = UnsafeBufferPointer<UInt8>

    /// Where a column's value is among the cells of a row; older rows had one, this one has none.
    private struct Slot {
        var cell: Int
        var row: Int
    }

    let columns: [RowColumn]
    private var faults = RowFaults(table: "", file: "")
    private let format: Format
    private let forms: UnsafeMutablePointer<CopyForm>
    private let count: Int
    private let slots: UnsafeMutablePointer<Slot>

    private var output: Bytes
    private var capacity: Int
    private var filled = 0

    /// - Parameter forms: for each column of the rows, in the order of the COPY.
    init(_ insert: RowInsert, forms: [CopyForm], format: Format) {
        columns = zip(insert.columns, forms).map { column, form in
            RowColumn(column.name, form.rowForm(in: format), type: form.typeName ?? column.dataType?.rawValue ?? "text")
        }
        self.format = format
        count = columns.count
        self.forms = .allocate(capacity: max(count, 1))
        self.forms.initialize(from: forms, count: count)
        slots = .allocate(capacity: max(count, 1))
        slots.initialize(repeating: Slot(cell: 0, row: 0), count: count)
        capacity = 256 << 10
        output = .allocate(capacity: capacity)
    }

    deinit {
        forms.deallocate()
        slots.deallocate()
        output.deallocate()
    }

    /// The next rows belong to this job, and are counted from 1.
    func begin(_ job: Manifest.Job) {
        faults = RowFaults(job)
        slots.update(repeating: Slot(cell: 0, row: 0), count: count)
    }

    /// The data before the first row.
    var header: [UInt8] {
        // Signature, flags, length of the header's extension.
        format == .text ? [] : Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }

    /// The data after the last row.
    var trailer: [UInt8] { format == .text ? [] : [0xFF, 0xFF] }

    /// Encodes rows.
    ///
    /// - Parameter send: receives the data in parts.
    func encode(_ rows: RowBatch, send: (UnsafeRawBufferPointer) throws -> Void) throws {
        var cell = rows.cells
        for index in 0..<rows.rowCount {
            let end = rows.cells + Int(rows.ends[index])
            let row = rows.firstRow + index
            reserve(cell, end)
            if format == .binary {
                try writeBinary(cell, end, rows.text, row)
            } else {
                try writeText(cell, end, rows.text, row)
            }
            cell = end
            if filled >= 128 << 10 {
                try send(UnsafeRawBufferPointer(start: output, count: filled))
                filled = 0
            }
        }
        if filled > 0 {
            try send(UnsafeRawBufferPointer(start: output, count: filled))
            filled = 0
        }
    }

    /// Reserves room for a row, so that writing it needs no checks.
    private func reserve(_ first: UnsafeMutablePointer<Cell>, _ end: UnsafeMutablePointer<Cell>) {
        var bytes = 0
        var cell = first
        while cell < end {
            bytes &+= Int(cell.pointee.count)
            cell += 1
        }
        // Text at its longest: each byte escaped as two, and a tab after each field.
        let needed = filled + 2 * bytes + count * BinaryValues.room(forText: 0) + 16
        guard needed > capacity else { return }
        let larger = Bytes.allocate(capacity: needed * 2)
        larger.update(from: output, count: filled)
        output.deallocate()
        output = larger
        capacity = needed * 2
    }

    /// Calls `body` for each column, in order, with its cell or nil.
    @inline(__always)
    private func eachColumn(
        _ first: UnsafeMutablePointer<Cell>, _ end: UnsafeMutablePointer<Cell>, _ row: Int,
        _ body: (Int, UnsafeMutablePointer<Cell>?) throws -> Void
    ) throws {
        if end - first == count, inOrder(first) {
            for place in 0..<count { try body(place, first + place) }
            return
        }
        for index in 0..<end - first { slots[Int(first[index].column)] = Slot(cell: index, row: row) }
        for place in 0..<count { try body(place, slots[place].row == row ? first + slots[place].cell : nil) }
    }

    /// Nearly every row with all columns has them in the order of the columns.
    @inline(__always)
    private func inOrder(_ first: UnsafeMutablePointer<Cell>) -> Bool {
        for place in 0..<count where Int(first[place].column) != place { return false }
        return true
    }

    // MARK: Binary

    private func writeBinary(
        _ first: UnsafeMutablePointer<Cell>, _ end: UnsafeMutablePointer<Cell>, _ text: Bytes, _ row: Int
    ) throws {
        var target = output + filled
        BinaryValues.put(Int16(truncatingIfNeeded: count), target)
        target += 2
        try eachColumn(first, end, row) { place, cell in
            guard let cell else {
                BinaryValues.put(-1 as Int32, target)
                target += 4
                return
            }
            let value = target + 4
            guard let size = binary(cell.pointee, text, forms[place], value) else {
                throw faults.mismatch(cell.pointee, text, columns[place], row)
            }
            BinaryValues.put(Int32(truncatingIfNeeded: size), target)
            target = value + size
        }
        filled = target - output
    }

    /// Writes one value; nil when the column's type cannot hold it.
    @inline(__always)
    private func binary(_ cell: Cell, _ base: Bytes, _ form: CopyForm, _ target: Bytes) -> Int? {
        switch form {
        case .text, .bytea, .json: return put(text(cell, base), target)
        case .jsonb:
            target[0] = 1  // the format's version
            return put(text(cell, base), target + 1) + 1
        case .int8, .float8:
            BinaryValues.put(cell.bits, target)
            return 8
        case .int4:
            guard let number = Int32(exactly: Int64(bitPattern: cell.bits)) else { return nil }
            BinaryValues.put(number, target)
            return 4
        case .int2:
            guard let number = Int16(exactly: Int64(bitPattern: cell.bits)) else { return nil }
            BinaryValues.put(number, target)
            return 2
        case .bool:
            target[0] = UInt8(truncatingIfNeeded: cell.bits)
            return 1
        case .numeric: return BinaryValues.numeric(text(cell, base), target)
        case .timestamp:
            BinaryValues.put(Int64(bitPattern: cell.bits) - BinaryValues.epochDay * 86_400_000_000, target)
            return 8
        case .date:
            BinaryValues.put(Int32(truncatingIfNeeded: Int64(bitPattern: cell.bits) - BinaryValues.epochDay), target)
            return 4
        case .time:
            BinaryValues.put(cell.bits, target)
            return 8
        }
    }

    @inline(__always)
    private func text(_ cell: Cell, _ base: Bytes) -> Text {
        Text(start: base + Int(cell.bits), count: Int(cell.count))
    }

    @inline(__always)
    private func put(_ text: Text, _ target: Bytes) -> Int {
        if let start = text.baseAddress { target.update(from: start, count: text.count) }
        return text.count
    }

    // MARK: Text

    private func writeText(
        _ first: UnsafeMutablePointer<Cell>, _ end: UnsafeMutablePointer<Cell>, _ text: Bytes, _ row: Int
    ) throws {
        var target = output + filled
        try eachColumn(first, end, row) { place, cell in
            if place > 0 {
                target[0] = UInt8(ascii: "\t")
                target += 1
            }
            guard let cell else {
                target[0] = UInt8(ascii: "\\")
                target[1] = UInt8(ascii: "N")
                target += 2
                return
            }
            let value = cell.pointee
            switch value.kind {
            case .bytes: target += hexadecimal(self.text(value, text), target)
            case .text: target += escape(self.text(value, text), target)
            // Only booleans are converted: the server reads numbers itself.
            case .integer, .real:
                let word: StaticString = value.bits == 1 ? "true" : "false"
                target += put(Text(start: word.utf8Start, count: word.utf8CodeUnitCount), target)
            }
        }
        target[0] = 0x0A
        filled = target + 1 - output
    }

    private func hexadecimal(_ bytes: Text, _ target: Bytes) -> Int {
        let digits: StaticString = "0123456789abcdef"
        target[0] = UInt8(ascii: "\\")
        target[1] = UInt8(ascii: "\\")
        target[2] = UInt8(ascii: "x")
        var size = 3
        for byte in bytes {
            target[size] = digits.utf8Start[Int(byte >> 4)]
            target[size + 1] = digits.utf8Start[Int(byte & 15)]
            size += 2
        }
        return size
    }

    /// Escapes the characters that COPY interprets with a backslash.
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
}
