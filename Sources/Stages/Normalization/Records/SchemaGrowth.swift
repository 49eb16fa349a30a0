import Coercion
import DataContracts
import JSONText
import Schemas

/// Lets the schema grow with the records whose turn has come, as far as contracts allow, and reports the changes.
final class SchemaGrowth {
    let tables: RowTables
    let record: RecordAtHand
    let report: (EvolutionEvent) -> Void
    private let coercer: Coercer
    private let detections: [Detection]
    /// Why the contract leaves out the current row.
    var rowViolation: ContractViolation?

    init(
        _ tables: RowTables, _ record: RecordAtHand, _ coercer: Coercer, report: @escaping (EvolutionEvent) -> Void
    ) {
        self.tables = tables
        self.record = record
        self.coercer = coercer
        self.report = { event in record.withLineOnTape { report(event) } }
        detections = (tables.schema.settings["detections"]?.arrayValue ?? []).compactMap {
            $0.stringValue.flatMap(Detection.init(rawValue:))
        }
    }

    private func add(_ column: Column, for cell: RowAtHand.Cell, _ table: RowTable) {
        tables.add(column, to: table)
        if column.has("root_key") {
            // If the data contains a root key, the chain passes one on from now on.
            tables.edit { RootKeyRule.apply(to: &$0, chainOf: table.name) }
        }
        report(
            .columnAdded(
                table: table.name, column: column,
                cause: EvolutionEvent.Cause(
                    key: cell.entry?.pointee.names.origin ?? column.name,
                    value: cell.value.excerpt)))
    }

    /// The type of a column in a table of texts, unless the schema keeps times as texts.
    private func decidedType(of column: String, _ table: RowTable) -> DataType? {
        guard let type = table.cells?[column] else { return nil }
        return type == .timestamp && !detections.contains(.isoTimestamp) ? .text : type
    }

    /// A key leads to a column; another key that does so is a collision.
    func note(key origin: String, slot: Int, _ table: RowTable) {
        guard let first = table.slots[slot].origin else { return table.update(slot: slot) { $0.origin = origin } }
        guard !table.slots[slot].reportedCollision, ExactString(first) != ExactString(origin) else { return }
        table.update(slot: slot) { $0.reportedCollision = true }
        report(
            .nameCollision(table: table.name, column: table.slots[slot].name, keys: [first, origin]))
    }

    /// Lists of a key go to a child table; another key whose lists do so is a collision.
    func note(list origin: String, child: String, _ table: RowTable) {
        guard let first = table.collision(of: origin, child: child) else { return }
        report(.listCollision(table: table.name, child: child, keys: [first, origin]))
    }
}

extension SchemaGrowth: Turn {
    func note(nullIn slot: Int, _ table: RowTable) { table.update(slot: slot) { $0.sawOnlyNull = true } }

    func add(_ table: RowTable) throws -> Bool {
        guard try admits(table) else {
            try leaveOutRow(of: table, with: nil)
            return false
        }
        var properties: JSONObject = ["name": .string(table.name)]
        if let parent = table.parent {
            properties["parent"] = .string(parent)
        } else {
            properties["write_disposition"] = "append"
            properties["resource"] = .string(table.name)
        }
        tables.put(Table(properties: properties))
        report(.tableAdded(table: table.name, parent: table.parent))
        // Whether a chain passes its root key on is known when its root, or the deciding column, arrives.
        if table.parent == nil { tables.edit { RootKeyRule.apply(to: &$0, chainOf: table.name) } }
        return true
    }

    func addColumn(
        for cell: RowAtHand.Cell, _ table: RowTable, isFreeRow: Bool,
        write: (_ type: DataType, _ hasTimezone: Bool) -> Bool
    ) throws -> NewColumn {
        let name = table.slots[cell.slot].name
        guard
            let type = tables.rules.preferredType(of: name) ?? decidedType(of: name, table)
                ?? coercer.infer(cell.value, detections: detections),
            try isFreeRow || admits(columnOf: cell, type, table)
        else { return .leftOut }
        // The user's hints for the column without its type override those from its name and value.
        var column = tables.rules.column(named: name, type, isVariant: false)
        if let hinted = tables.schema[table: table.name]?[column: name] { column.merge(hinted) }
        guard write(type, column.hasTimezone) else { return .unfit(type) }
        add(column, for: cell, table)
        return .added
    }

    func addVariant(
        _ slot: Int, for cell: RowAtHand.Cell, expected: DataType, native: DataType, _ table: RowTable
    ) throws -> Bool {
        // A text that is not a value of its column is kept as written.
        let asWritten: DataType? = table.cells != nil && native == .text ? .text : nil
        guard let type = asWritten ?? coercer.infer(cell.value, detections: detections) else { return true }
        guard try admits(variantOf: cell, expected, native, table) else { return false }
        var column = tables.rules.column(named: table.slots[slot].name, type, isVariant: true)
        column.hints["description"] = .string("Variant of column \(column.name) generated by dlt")
        if let hinted = tables.schema[table: table.name]?[column: column.name] { column.merge(hinted) }
        add(column, for: cell, table)
        return true
    }
}
