import Coercion
import DataContracts
import Identifiers
import JSONText
import Schemas

/// The second half of a row's way: its cells are written as the types of their columns, and what the schema lacks is added.
extension RecordNormalizer {
    /// Writes the row of the cells; false when the table's contract leaves it out.
    func write(_ table: RowTable) throws -> Bool {
        isFreeRow = table.isFirstRun
        if !table.isKnown, try !add(table) { return false }
        if table.discardsRows, try leavesOutByKey(table) { return false }
        row = output.buffer(of: table.output)
        let start = row.count
        do { for place in 0..<cells.count { try write(cells.base + place, table) } } catch {
            row.truncate(to: start)
            throw error
        }
        if rowViolation != nil {
            row.truncate(to: start)
            leaveOutRow()
            return false
        }
        // Every member begins with a comma; the first one's makes room for the bracket.
        if row.count == start { row.append(UInt8(ascii: "{")) } else { row.set(UInt8(ascii: "{"), at: start) }
        row.append(UInt8(ascii: "}"))
        row.append(0x0A)
        try output.endRow(of: table.output, bytes: row.count - start)
        table.rows += 1
        return true
    }

    /// By its place, since a copy of every cell would be made for the few that go a slow way.
    @inline(__always)
    private func write(_ cell: UnsafeMutablePointer<Cell>, _ table: RowTable) throws {
        let column = table.columns.base + cell.pointee.slot
        let type = column.pointee.type
        switch (cell.pointee.value.native, type) {
        // By far the most frequent cases: the bytes are the value.
        case (.text, .text): append(cell.pointee.value.bytes, to: column, quotes: 1)
        case (.bigint, .bigint), (.double, .double), (.bool, .bool):
            append(cell.pointee.value.bytes, to: column, quotes: 0)
        default: try writeOther(cell.pointee, type, table)
        }
    }

    @inline(never)
    private func writeOther(_ cell: Cell, _ type: DataType?, _ table: RowTable) throws {
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
        row.reserve(total)
        let end = row.end
        copy(labelCount, from: label, to: end)
        if quotes > 0 { end[labelCount] = UInt8(ascii: "\"") }
        copy(value.count, from: bytes, to: end + labelCount + quotes)
        if quotes > 0 { end[total - 1] = UInt8(ascii: "\"") }
        row.advance(by: total)
    }

    private func append(label column: UnsafeMutablePointer<ColumnState>) {
        row.append(UnsafeBufferPointer(start: column.pointee.label, count: column.pointee.labelCount))
    }

    /// Appends the member for a value; false when the type cannot take it.
    private func write(_ value: Scalar, slot: Int, _ type: DataType, _ table: RowTable) throws -> Bool {
        let start = row.count
        if isStrict, value.native != type { return false }
        append(label: table.columns.base + slot)
        switch coercer.write(value, as: type, hasTimezone: table.slots[slot].hasTimezone, to: row) {
        case .written: return true
        case .null:
            row.truncate(to: start)
            if !table.slots[slot].isNullable { throw nullError(slot, table) }
            return true
        case .impossible:
            row.truncate(to: start)
            return false
        }
    }

    private func checkNull(_ cell: Cell, _ table: RowTable) throws {
        let column = table.columns.base + cell.slot
        if column.pointee.type == nil {
            if column.pointee.noteNull(in: generation) { noteNull(slot: cell.slot, table) }
        } else if !column.pointee.isNullable {
            throw nullError(cell.slot, table)
        }
    }

    private func nullError(_ slot: Int, _ table: RowTable) -> RecordError {
        RecordError(
            line: line, table: table.name, column: table.slots[slot].name,
            reason: "expected a value, got null in a column that is not nullable",
            hint: "correct the record, or declare the column nullable with --columns")
    }

    // MARK: Evolution

    /// The first value of a column decides its type.
    private func writeNew(_ cell: Cell, _ table: RowTable) throws {
        if isAhead { throw OutOfTurn(isChange: table.contract.columns == .evolve) }
        let name = table.slots[cell.slot].name
        guard let inferred = rules.preferredType(of: name) ?? coercer.infer(cell.value, detections: detections) else {
            return
        }
        let hinted = schema[table: table.name]?[column: name]
        guard try admits(columnOf: cell, inferred, table) else { return }
        // What the user said of the column without its type wins over what its name and value say.
        var column = rules.column(named: name, inferred, isVariant: false)
        if let hinted { column.merge(hinted) }
        let hasTimezone = column.hasTimezone
        let start = row.count
        append(label: table.columns.base + cell.slot)
        switch coercer.write(cell.value, as: inferred, hasTimezone: hasTimezone, to: row) {
        case .written: add(column, cell, table)
        case .null:
            row.truncate(to: start)
            add(column, cell, table)
        case .impossible:
            // Only a preferred type can refuse the value that it was inferred with.
            row.truncate(to: start)
            try writeVariant(cell, inferred, table)
        }
    }

    /// A value that its column cannot take goes to a column of its own type beside it.
    private func writeVariant(_ cell: Cell, _ expected: DataType, _ table: RowTable) throws {
        guard let native = cell.value.native else { return }
        let slot: Int
        if let known = table.slots[cell.slot].variants[native] {
            slot = known
        } else {
            let name = naming.shortenFragments([table.slots[cell.slot].name, "v_\(native.rawValue)"])
            slot = table.slot(of: name)
            table.update(slot: cell.slot) { $0.variants[native] = slot }
        }
        let variant = Cell(slot: slot, value: cell.value, entry: cell.entry)
        if let type = table.slots[slot].type {
            if try write(cell.value, slot: slot, type, table) { return }
        } else if isAhead {
            throw OutOfTurn(isChange: table.contract.dataType == .evolve)
        } else if let type = coercer.infer(cell.value, detections: detections) {
            guard try admits(variantOf: cell, expected, native, table) else { return }
            var column = rules.column(named: table.slots[slot].name, type, isVariant: true)
            column.hints["description"] = .string("Variant of column \(column.name) generated by dlt")
            if let hinted = schema[table: table.name]?[column: column.name] { column.merge(hinted) }
            add(column, variant, table)
            if try write(cell.value, slot: slot, type, table) { return }
        }
        throw RecordError(
            line: line, table: table.name, column: table.slots[cell.slot].name,
            reason: "expected \(expected.rawValue), got \(native.rawValue) \(excerpt(cell.value)), "
                + "which its variant column \(table.slots[slot].name) cannot take either",
            hint: "correct the record, or give the column another type with --columns")
    }

    private func add(_ column: Column, _ cell: Cell, _ table: RowTable) {
        schema.update(table: table.name) { $0.complete(column) }
        table.adopt(column)
        if column.has("root_key") {
            // A root key that comes with the data makes the chain pass one on from now on.
            edit { RootKeyRule.apply(to: &$0, chainOf: table.name) }
        }
        report(
            .columnAdded(
                table: table.name, column: column,
                cause: EvolutionEvent.Cause(
                    line: line, key: cell.entry?.pointee.names.origin ?? column.name, value: excerpt(cell.value)
                )))
    }

    func excerpt(_ value: Scalar) -> String {
        let text = String(decoding: value.bytes, as: UTF8.self)
        let shown = text.count > 60 ? text.prefix(60) + "…" : text
        return value.native == .text ? "\"\(shown)\"" : shown
    }

    /// Adds a table to the schema; false when the contract leaves it out, with the row that asked for it.
    private func add(_ table: RowTable) throws -> Bool {
        guard schema[table: table.name] == nil else {
            table.isKnown = true
            return true
        }
        if isAhead { throw OutOfTurn(isChange: table.contract.tables == .evolve) }
        guard try admits(table) else {
            try leaveOut(rowOf: table)
            return false
        }
        table.isKnown = true
        isFreeRow = true
        var properties: JSONObject = ["name": .string(table.name)]
        if let parent = table.parent {
            properties["parent"] = .string(parent)
        } else {
            properties["write_disposition"] = "append"
            properties["resource"] = .string(table.name)
        }
        schema.put(Table(properties: properties))
        report(.tableAdded(table: table.name, parent: table.parent))
        // What makes a chain pass its root key on is known when its root comes, or comes with a column.
        if table.parent == nil { edit { RootKeyRule.apply(to: &$0, chainOf: table.name) } }
        return true
    }

    // MARK: Tables

    func child(_ table: RowTable, _ list: Int) -> RowTable {
        if let child = table.lists[list].child { return child }
        let fragments = table.fragments + table.lists[list].path
        let child = rowTable(naming.shortenFragments(fragments), fragments: fragments, parent: table.name)
        table.set(child: child, ofList: list)
        return child
    }

    func rowTable(_ name: String, fragments: [String], parent: String?) -> RowTable {
        let key = ExactString(name)
        if let known = tables[key] { return known }
        let table = RowTable(
            name: name, fragments: fragments, parent: parent, isNested: parent != nil, output: output.table(name),
            schema: schema[table: name])
        if hasFilters { table.filters = ColumnFilters(of: fragments, in: schema, naming) }
        tables[key] = table
        refresh(table)
        return table
    }

    /// The table of one that another normalizer made of the same schema.
    func own(_ other: RowTable) -> RowTable {
        rowTable(other.name, fragments: other.fragments, parent: other.parent)
    }

    /// Reads again what the schema says of a table.
    func refresh(_ table: RowTable) {
        let stored = schema[table: table.name]
        for column in stored?.columns ?? [] { table.adopt(column) }
        if let stored {
            table.isKnown = true
            table.isNested = stored.parent != nil
        }
        refreshContract(of: table, stored)
        adopt(adoptedLeftOut, table)
        table.identity = RootKeyRule.identity(of: table.name, in: schema)
        table.propagated = RootKeyRule.propagation(from: table.name, isRoot: !table.isNested, in: schema).map {
            (slot: table.slot(of: $0.column), name: $0.name)
        }
    }
}
