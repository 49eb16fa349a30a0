import Coercion
import DataContracts
import Identifiers
import JSONText
import Schemas

/// What the contracts of tables have to say. All of it is on the slow path, but for records of tables that have a model.
extension RecordNormalizer {
    // MARK: Settings

    /// Reads again what may become of a table.
    func refreshContract(of table: RowTable, _ stored: Table?) {
        // A nested table that is new is under its parent's contract.
        let name = stored == nil ? table.parent ?? table.name : table.name
        guard let (contract, level) = try? schema.contract(of: name) else { return }
        table.contract = contract
        table.contractName =
            switch level {
            case .table(let name): "schema_contract of table \(name)"
            case .schema: "schema_contract of schema \(schema.name)"
            case .none: ""
            }
        guard let stored, stored.parent == nil, stored.properties[TableModel.Hint.schema] != nil else { return }
        if let model = table.model, model.isOf(stored) { return }
        // Whoever put the model into the schema has compiled it before.
        table.model = try? RecordModel(stored, tape: tape)
    }

    /// Judges the hints that a stream brings for its table, which are in `hinted` and not yet in the schema: what the contract
    /// does not allow is taken out of them.
    func admit(_ hinted: inout Schema, of table: RowTable) throws {
        guard let (contract, level) = try? hinted.contract(of: table.name), contract != .evolve else { return }
        table.contract = contract
        if level != .none { table.contractName = "schema_contract" }
        let known = schema[table: table.name]
        guard let known, known.columns.contains(where: \.isComplete) else {
            if try !admits(table) { hinted = schema } else { table.isFirstRun = true }
            return
        }
        guard var given = hinted[table: table.name] else { return }
        for column in given.columns where column.isComplete && !SystemTables.isSystemName(column.name) {
            let old = known[column: column.name]
            if let old, old.isComplete {
                guard contract.dataType != .evolve, let change = RecordNormalizer.change(old, column) else { continue }
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
        if entity == .columns, violation.mode == .discardRow { discardRows(with: table.slot(of: column), table) }
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
            got: got,
            line: line, contract: table.contractName)
    }

    /// A table that the schema lacks may come.
    func admits(_ table: RowTable) throws -> Bool {
        guard table.contract.tables != .evolve else { return true }
        if let parent = table.parent.flatMap({ tables[ExactString($0)] }),
            table.fragments.starts(with: parent.fragments),
            mayBeAnything(naming.shortenFragments(Array(table.fragments.dropFirst(parent.fragments.count))), parent)
        {
            table.mayBeAnything = true
            return true
        }
        let violation = violation(table, nil, .tables, expected: "no new table", got: "rows for it")
        if violation.mode == .freeze { throw violation }
        table.isDiscarded = true
        changed()
        return false
    }

    /// The model leaves open what a column holds, or the object that the column is a member of.
    private func mayBeAnything(_ column: String, _ table: RowTable) -> Bool {
        if table.mayBeAnything { return true }
        return (schema[table: table.name]?.columns(with: TableModel.Hint.anything) ?? []).contains {
            column == $0.name || column.hasPrefix($0.name + naming.separator)
        }
    }

    /// A column may come for the value of a cell.
    func admits(columnOf cell: Cell, _ type: DataType, _ table: RowTable) throws -> Bool {
        let name = table.slots[cell.slot].name
        guard table.contract.columns != .evolve, !isFreeRow, !SystemTables.isSystemName(name),
            !mayBeAnything(name, table)
        else { return true }
        let violation = violation(
            table, name, .columns, expected: "no new column", got: "\(type.rawValue) \(excerpt(cell.value))")
        if violation.mode == .discardRow { discardRows(with: cell.slot, table) }
        return try leaveOut(violation, cell)
    }

    /// A variant column may come for the value of a cell.
    func admits(
        variantOf cell: Cell, _ expected: DataType, _ native: DataType, _ table: RowTable
    ) throws -> Bool {
        guard table.contract.dataType != .evolve, !mayBeAnything(table.slots[cell.slot].name, table) else {
            return true
        }
        return try leaveOut(
            violation(
                table, table.slots[cell.slot].name, .dataType, expected: expected.rawValue,
                got: "\(native.rawValue) \(excerpt(cell.value))"), cell)
    }

    private func leaveOut(_ violation: ContractViolation, _ cell: Cell) throws -> Bool {
        switch violation.mode {
        case .evolve: return true
        case .freeze: throw violation
        case .discardRow: rowViolation = rowViolation ?? violation
        case .discardValue: report(.contractViolated(violation, text: jsonText(of: cell.value), isRow: false))
        }
        return false
    }

    // MARK: Rows that are left out

    private func discardRows(with slot: Int, _ table: RowTable) {
        if table.slots[slot].discardsRow { return }
        changed()
        table.discardsRows = true
        table.update(slot: slot) { $0.discardsRow = true }
    }

    /// What rows are left out for without a look at the schema, for work ahead to know.
    var leftOut: [Snapshot.LeftOut] {
        tables.values.flatMap { table in
            (table.isDiscarded ? [Snapshot.LeftOut(table: table.name, column: nil)] : [])
                + table.slots.filter(\.discardsRow).map { Snapshot.LeftOut(table: table.name, column: $0.name) }
        }
    }

    /// Takes over what is left out, for a table that was made here.
    func adopt(_ leftOut: [Snapshot.LeftOut], _ table: RowTable) {
        for out in leftOut where ExactString(out.table) == ExactString(table.name) {
            if let column = out.column {
                discardRows(with: table.slot(of: column), table)
            } else {
                table.isDiscarded = true
            }
        }
    }

    /// Leaves out a row that has a key for which a row was left out before. dlt does so before it looks at values, so that even
    /// a null will do.
    func leavesOutByKey(_ table: RowTable) throws -> Bool {
        for place in 0..<cells.count where table.slots[cells[place].slot].discardsRow {
            if isAhead { throw OutOfTurn(isChange: false) }
            let cell = cells[place]
            rowViolation = violation(
                table, table.slots[cell.slot].name, .columns, expected: "no new column",
                got: cell.value.native.map { "\($0.rawValue) \(excerpt(cell.value))" } ?? "null")
            leaveOutRow()
            return true
        }
        return false
    }

    /// Tells of the row that is left out.
    func leaveOutRow() {
        guard let violation = rowViolation else { return }
        rowViolation = nil
        report(.contractViolated(violation, text: rowText, isRow: true))
    }

    func leaveOut(rowOf table: RowTable) throws {
        if isAhead { throw OutOfTurn(isChange: false) }
        rowViolation = violation(table, nil, .tables, expected: "no new table", got: "rows for it")
        leaveOutRow()
    }

    private var rowText: UnsafeBufferPointer<UInt8> { jsonText(at: rowNode) }

    private func jsonText(at node: Int) -> UnsafeBufferPointer<UInt8> {
        let place = tape[node]
        // A string's place is inside of its quotes.
        let quotes = if case .string = place.kind { 1 } else { 0 }
        return UnsafeBufferPointer(rebasing: text[Int(place.start) - quotes..<Int(place.end) + quotes])
    }

    private func jsonText(of value: Scalar) -> UnsafeBufferPointer<UInt8> {
        guard value.native == .text, let start = value.bytes.baseAddress, let first = text.baseAddress,
            start > first, start + value.bytes.count < first + text.count, start[-1] == UInt8(ascii: "\"")
        else { return value.bytes }
        return UnsafeBufferPointer(start: start - 1, count: value.bytes.count + 2)
    }

    // MARK: Models

    /// Checks a record against its table's model; false when the contract leaves it out. Values that are left out become null.
    func follows(_ model: RecordModel, record index: Int, _ table: RowTable) throws -> Bool {
        if table.contract.dataType != .evolve || table.contract.columns != .evolve {
            let findings = binding(model, index, table)
            if !findings.isEmpty {
                if isAhead { throw OutOfTurn(isChange: false) }
                let violations = findings.map { violation($0, table) }
                if let frozen = violations.first(where: { $0.mode == .freeze }) { throw frozen }
                let isFatal = zip(findings, violations).first { $0.1.mode == .discardRow || !$0.0.isRemovable }
                if let isFatal { return leaveOutRow(for: isFatal.1) }
                for (finding, violation) in zip(findings, violations) {
                    report(.contractViolated(violation, text: jsonText(at: finding.node), isRow: false))
                }
                for finding in findings { tape.forget(finding.node) }
                // A value that must be there is missing now.
                if let broken = binding(model, index, table).first { return leaveOutRow(for: violation(broken, table)) }
            }
        }
        if !isAhead { model.count(record: index, tape: tape, text: text) }
        return true
    }

    /// The findings that the contract does not let pass.
    private func binding(_ model: RecordModel, _ record: Int, _ table: RowTable) -> [ModelFinding] {
        model.checker.check(record: record, of: text).filter { table.contract[$0.entity] != .evolve }
    }

    private func leaveOutRow(for violation: ContractViolation) -> Bool {
        rowViolation = violation
        leaveOutRow()
        return false
    }

    /// What the records of a root miss of the quality that its model asks for.
    func quality(of root: Root) -> [QualityMeter.Finding] { root.model?.findings ?? [] }

    private func violation(_ finding: ModelFinding, _ table: RowTable) -> ContractViolation {
        var fragments = table.fragments
        var column: [String] = []
        for step in finding.path {
            switch step {
            case .key(let key):
                let part = breaksPaths ? naming.normalizePath(key) : (try? naming.normalizeIdentifier(key)) ?? ""
                column.append(part.isEmpty ? SystemColumns.blankKey : part)
            case .index:
                fragments += column.isEmpty ? [SystemColumns.list] : column
                column = []
            }
        }
        let name = naming.shortenFragments(fragments)
        let isElement = column.isEmpty && !finding.path.isEmpty
        return ContractViolation(
            table: name,
            column: column.isEmpty ? isElement ? SystemColumns.value : nil : naming.shortenFragments(column),
            entity: finding.entity, mode: table.contract[finding.entity], expected: finding.expected, got: finding.got,
            line: line, contract: "model of table \(table.name)")
    }
}
