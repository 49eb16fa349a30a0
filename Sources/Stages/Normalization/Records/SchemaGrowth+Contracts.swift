import Coercion
import DataContracts
import Identifiers
import JSONText
import Schemas

/// Decisions by the contracts of tables. All of this is on the slow path.
extension SchemaGrowth {
    // MARK: Hints

    /// Checks a stream's hints for its table, which are in `hinted` and not yet in the schema: removes those that the
    /// contract does not allow.
    func admit(_ hinted: inout Schema, of table: RowTable) throws {
        guard let (contract, level) = try? hinted.contract(of: table.name), contract != .evolve else { return }
        table.contract = contract
        if level != .none { table.contractName = "schema_contract" }
        let known = tables.schema[table: table.name]
        // A model describes its table even if all its columns are in child tables, or may hold anything.
        guard let known, known.columns.contains(where: \.isComplete) || known.properties[TableModel.Hint.schema] != nil
        else {
            if try !admits(table) { hinted = tables.schema } else { table.isFirstRun = true }
            return
        }
        guard var given = hinted[table: table.name] else { return }
        for column in given.columns where column.isComplete && !SystemTables.isSystemName(column.name) {
            let old = known[column: column.name]
            if let old, old.isComplete {
                guard contract.dataType != .evolve, let change = SchemaGrowth.change(old, column) else { continue }
                try judge(hint: column.name, .dataType, expected: change.old, got: change.new, table)
                given.put(old)
            } else if contract.columns != .evolve {
                try judge(
                    hint: column.name, .columns, expected: "no new column",
                    got: "a hint of type \(column.dataType?.rawValue ?? "none")", table)
                given.remove(column: column.name)
            }
        }
        hinted.put(given)
    }

    private func judge(
        hint column: String, _ entity: ContractEntity, expected: String, got: String, _ table: RowTable
    ) throws {
        let violation = violation(table, column, entity, expected: expected, got: got)
        if violation.mode == .freeze { throw violation }
        if entity == .columns, violation.mode == .discardRow {
            tables.leaveOutRows(of: table, with: table.slot(of: column))
        }
    }

    /// How two descriptions of a column differ in what dlt calls its type.
    private static func change(_ old: Column, _ new: Column) -> (old: String, new: String)? {
        if old.dataType != new.dataType { return (old.dataType?.rawValue ?? "", new.dataType?.rawValue ?? "") }
        if old.isNullable != new.isNullable {
            return (old.isNullable ? "nullable" : "not nullable", new.isNullable ? "nullable" : "not nullable")
        }
        for key in ["precision", "scale", "timezone"] where old.hints[key] != new.hints[key] {
            func text(_ column: Column) -> String { "\(key) \(column.hints[key]?.serialized() ?? "unset")" }
            return (text(old), text(new))
        }
        return nil
    }

    // MARK: Decisions

    private func violation(
        _ table: RowTable, _ column: String?, _ entity: ContractEntity, expected: String, got: String
    ) -> ContractViolation {
        ContractViolation(
            table: table.name, column: column, entity: entity, mode: table.contract[entity], expected: expected,
            got: got, contract: table.contractName)
    }

    private func missing(_ table: RowTable) -> ContractViolation {
        violation(table, nil, .tables, expected: "no new table", got: "rows for it")
    }

    /// Whether a table that the schema lacks may be added.
    func admits(_ table: RowTable) throws -> Bool {
        guard table.contract.tables != .evolve else { return true }
        if let parent = table.parent.flatMap({ tables[$0] }), table.fragments.starts(with: parent.fragments),
            mayBeAnything(
                tables.naming.shortenFragments(Array(table.fragments.dropFirst(parent.fragments.count))), parent)
        {
            table.mayBeAnything = true
            return true
        }
        let violation = missing(table)
        if violation.mode == .freeze { throw violation }
        tables.leaveOut(table)
        return false
    }

    /// Whether the model leaves open what a column contains, or the object with the column.
    private func mayBeAnything(_ column: String, _ table: RowTable) -> Bool {
        if table.mayBeAnything { return true }
        return (tables.schema[table: table.name]?.columns(with: TableModel.Hint.anything) ?? []).contains {
            column == $0.name || column.hasPrefix($0.name + tables.naming.separator)
        }
    }

    /// Whether a column may be added for the value of a cell.
    func admits(columnOf cell: RowAtHand.Cell, _ type: DataType, _ table: RowTable) throws -> Bool {
        let name = table.slots[cell.slot].name
        guard table.contract.columns != .evolve, !SystemTables.isSystemName(name), !mayBeAnything(name, table) else {
            return true
        }
        let violation = violation(
            table, name, .columns, expected: "no new column", got: "\(type.rawValue) \(cell.value.excerpt)")
        if violation.mode == .discardRow { tables.leaveOutRows(of: table, with: cell.slot) }
        return try passes(violation, cell)
    }

    /// Whether a variant column may be added for the value of a cell.
    func admits(
        variantOf cell: RowAtHand.Cell, _ expected: DataType, _ native: DataType, _ table: RowTable
    ) throws -> Bool {
        let name = table.slots[cell.slot].name
        guard table.contract.dataType != .evolve, !mayBeAnything(name, table) else { return true }
        return try passes(
            violation(
                table, name, .dataType, expected: expected.rawValue, got: "\(native.rawValue) \(cell.value.excerpt)"),
            cell)
    }

    /// Whether the value stays in spite of the violation.
    private func passes(_ violation: ContractViolation, _ cell: RowAtHand.Cell) throws -> Bool {
        var violation = violation
        violation.offset = record.offset(of: cell.value)
        switch violation.mode {
        case .evolve: return true
        case .freeze: throw violation
        case .discardRow: rowViolation = rowViolation ?? violation
        case .discardValue: report(.contractViolated(violation, text: record.json(of: cell.value), isRow: false))
        }
        return false
    }

    // MARK: Rows that are left out

    func leaveOutRow(of table: RowTable, with cell: RowAtHand.Cell?) throws {
        guard let cell else { return leaveOutRow(for: missing(table)) }
        leaveOutRow(
            for: violation(
                table, table.slots[cell.slot].name, .columns, expected: "no new column",
                got: cell.value.native.map { "\($0.rawValue) \(cell.value.excerpt)" } ?? "null"))
    }

    func keepsRow() -> Bool {
        // Every row asks this; a violation is a large value, so nothing is copied when there is none.
        if rowViolation == nil { return true }
        leaveOutViolatingRow()
        return false
    }

    @inline(never)
    private func leaveOutViolatingRow() {
        guard let violation = rowViolation else { return }
        rowViolation = nil
        leaveOutRow(for: violation)
    }

    func leaveOutRow(for violation: ContractViolation) {
        report(.contractViolated(violation, text: record.rowJSON, isRow: true))
    }
}
