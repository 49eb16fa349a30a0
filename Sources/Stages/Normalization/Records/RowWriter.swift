import Coercion
import Identifiers
import JSONText
import Schemas

/// Writes the cells of a row as the types of their columns. Values that the schema does not cover take a slow path,
/// through the `Turn`.
final class RowWriter {
    private let record: RecordAtHand
    private let row: RowAtHand
    private let tables: RowTables
    private let turn: any Turn
    private let coercer: Coercer
    private let output: any RowOutput
    /// The buffer of the table whose row is being written.
    private var text = ByteBuffer(capacity: 64)
    /// Whether columns may be added whatever the contract says.
    private var isFreeRow = false

    init(
        _ record: RecordAtHand, _ row: RowAtHand, _ tables: RowTables, _ turn: any Turn, _ coercer: Coercer,
        to output: any RowOutput
    ) {
        self.record = record
        self.row = row
        self.tables = tables
        self.turn = turn
        self.coercer = coercer
        self.output = output
    }

    /// Writes the row of the cells; false when the table's contract leaves it out.
    func write(_ table: RowTable) throws -> Bool {
        isFreeRow = table.isFirstRun
        if !table.isKnown, try !add(table) { return false }
        if table.discardsRows, try leavesOutByKey(table) { return false }
        text = output.buffer(of: table.output)
        let start = text.count
        do { for place in 0..<row.cells.count { try write(row.cells.base + place, table) } } catch {
            text.truncate(to: start)
            throw error
        }
        guard turn.keepsRow() else {
            text.truncate(to: start)
            return false
        }
        // Every member begins with a comma; the first one's makes room for the brace.
        if text.count == start { text.append(UInt8(ascii: "{")) } else { text.set(UInt8(ascii: "{"), at: start) }
        text.append(UInt8(ascii: "}"))
        text.append(0x0A)
        try output.endRow(of: table.output, bytes: text.count - start)
        table.rows += 1
        return true
    }

    // MARK: Cells

    /// By its index, since a copy of every cell would be made for the few that take a slow path.
    @inline(__always)
    private func write(_ cell: UnsafeMutablePointer<RowAtHand.Cell>, _ table: RowTable) throws {
        let column = table.columns.base + cell.pointee.slot
        let type = column.pointee.type
        switch (cell.pointee.value.native, type) {
        // The most frequent cases by far: the bytes are the value.
        case (.text, .text): append(cell.pointee.value.bytes, to: column, quotes: 1)
        case (.bigint, .bigint), (.double, .double), (.bool, .bool):
            append(cell.pointee.value.bytes, to: column, quotes: 0)
        default: try writeOther(cell.pointee, type, table)
        }
    }

    @inline(never)
    private func writeOther(_ cell: RowAtHand.Cell, _ type: DataType?, _ table: RowTable) throws {
        guard cell.value.native != nil else { return try checkNull(cell, table) }
        guard let type else { return try writeNew(cell, table) }
        if try !write(cell.value, slot: cell.slot, type, table) { try writeVariant(cell, type, table) }
    }

    @inline(__always)
    private func append(
        _ value: UnsafeBufferPointer<UInt8>, to column: UnsafeMutablePointer<ColumnState>, quotes: Int
    ) {
        let labelCount = column.pointee.labelCount
        guard let label = column.pointee.label, let bytes = value.baseAddress else { return }
        let total = labelCount + value.count + 2 * quotes
        text.reserve(total)
        let end = text.end
        copy(labelCount, from: label, to: end)
        if quotes > 0 { end[labelCount] = UInt8(ascii: "\"") }
        copy(value.count, from: bytes, to: end + labelCount + quotes)
        if quotes > 0 { end[total - 1] = UInt8(ascii: "\"") }
        text.advance(by: total)
    }

    private func append(label column: UnsafeMutablePointer<ColumnState>) {
        text.append(UnsafeBufferPointer(start: column.pointee.label, count: column.pointee.labelCount))
    }

    /// Appends the member for a value; false when the type cannot take it.
    private func write(_ value: Scalar, slot: Int, _ type: DataType, _ table: RowTable) throws -> Bool {
        if tables.isStrict, value.native != type { return false }
        if let cells = table.cells, !cells.admit(value, as: type, column: table.slots[slot].name, coercer) {
            return false
        }
        switch append(value, slot: slot, type, hasTimezone: table.slots[slot].hasTimezone, table) {
        case .written: return true
        case .null:
            if !table.slots[slot].isNullable { throw nullError(slot, table) }
            return true
        case .impossible: return false
        }
    }

    /// Appends the member for a value, or nothing.
    private func append(
        _ value: Scalar, slot: Int, _ type: DataType, hasTimezone: Bool, _ table: RowTable
    ) -> Coercer.Outcome {
        let start = text.count
        append(label: table.columns.base + slot)
        let outcome = coercer.write(value, as: type, hasTimezone: hasTimezone, to: text)
        switch outcome {
        case .written: break
        case .null, .impossible: text.truncate(to: start)
        }
        return outcome
    }

    private func checkNull(_ cell: RowAtHand.Cell, _ table: RowTable) throws {
        let column = table.columns.base + cell.slot
        if column.pointee.type == nil {
            if column.pointee.noteNull(in: tables.generation) { turn.note(nullIn: cell.slot, table) }
        } else if !column.pointee.isNullable {
            throw nullError(cell.slot, table)
        }
    }

    private func nullError(_ slot: Int, _ table: RowTable) -> RecordError {
        RecordError(
            table: table.name, column: table.slots[slot].name,
            reason: "expected a value, got null in a column that is not nullable",
            hint: "correct the record, or declare the column nullable with --columns")
    }

    // MARK: Values that the schema does not cover

    private func add(_ table: RowTable) throws -> Bool {
        if tables.schema[table: table.name] == nil {
            guard try turn.add(table) else { return false }
            isFreeRow = true
        }
        table.isKnown = true
        return true
    }

    /// The first value of a column decides its type.
    private func writeNew(_ cell: RowAtHand.Cell, _ table: RowTable) throws {
        let made = try turn.addColumn(for: cell, table, isFreeRow: isFreeRow) { type, hasTimezone in
            append(cell.value, slot: cell.slot, type, hasTimezone: hasTimezone, table) != .impossible
        }
        // Only a preferred type can refuse the value from which it was inferred.
        if case .unfit(let type) = made { try writeVariant(cell, type, table) }
    }

    /// A value that its column cannot hold goes to a column of its own type beside it.
    private func writeVariant(_ cell: RowAtHand.Cell, _ expected: DataType, _ table: RowTable) throws {
        guard let native = cell.value.native else { return }
        let slot = variant(of: cell.slot, for: native, table)
        if table.slots[slot].type == nil {
            guard try turn.addVariant(slot, for: cell, expected: expected, native: native, table) else { return }
        }
        if let type = table.slots[slot].type, try write(cell.value, slot: slot, type, table) { return }
        throw RecordError(
            table: table.name, column: table.slots[cell.slot].name,
            reason: "expected \(expected.rawValue), got \(native.rawValue) \(cell.value.excerpt), "
                + "which its variant column \(table.slots[slot].name) cannot take either",
            hint: "correct the record, or give the column another type with --columns")
    }

    private func variant(of slot: Int, for native: DataType, _ table: RowTable) -> Int {
        if let known = table.slots[slot].variants[native] { return known }
        let name = tables.naming.shortenFragments([table.slots[slot].name, "v_\(native.rawValue)"])
        let variant = table.slot(of: name)
        table.update(slot: slot) { $0.variants[native] = variant }
        return variant
    }

    /// Leaves out a row with a key for which a row was left out before. dlt does so before it examines values, so that
    /// even a null is enough.
    private func leavesOutByKey(_ table: RowTable) throws -> Bool {
        for place in 0..<row.cells.count where table.slots[row.cells[place].slot].discardsRow {
            try turn.leaveOutRow(of: table, with: row.cells[place])
            return true
        }
        return false
    }
}

extension Scalar {
    /// The value's JSON, shortened, for messages.
    var excerpt: String {
        let text = String(decoding: bytes, as: UTF8.self)
        let shown = text.count > 60 ? text.prefix(60) + "…" : text
        return native == .text ? "\"\(shown)\"" : shown
    }
}
