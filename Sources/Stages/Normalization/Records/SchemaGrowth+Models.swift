import DataContracts
import Identifiers
import JSONText
import Schemas

/// Checks records against the models of root tables.
extension SchemaGrowth {
    func admits(record node: Int, by model: RecordModel, _ table: RowTable) throws -> Bool {
        let findings = model.findings(in: node, of: record.text, under: table.contract)
        if !findings.isEmpty, try !leaveOut(findings, by: model, table) { return false }
        model.count(record: record.rowNode, tape: record.tape, text: record.text)
        return true
    }

    /// Leaves out the values that the contract does not allow; false when that is the whole row.
    private func leaveOut(_ findings: [ModelFinding], by model: RecordModel, _ table: RowTable) throws -> Bool {
        let violations = findings.map { violation($0, table) }
        if let frozen = violations.first(where: { $0.mode == .freeze }) { throw frozen }
        let fatal = zip(findings, violations).first { $0.1.mode == .discardRow || !$0.0.isRemovable }
        if let fatal {
            leaveOutRow(for: fatal.1)
            return false
        }
        let broken = try record.rewriting(without: findings.map(\.node)) {
            model.findings(in: $0, of: $1, under: table.contract).first
        }
        if let needed = needed(findings, violations, broken) {
            leaveOutRow(for: violations[needed])
            return false
        }
        for (finding, violation) in zip(findings, violations) {
            report(.contractViolated(violation, text: record.json(at: finding.node), isRow: false))
        }
        try record.goOnRewritten()
        return true
    }

    /// The finding whose value the record needs: the model or its column requires it.
    ///
    /// - Parameter broken: the findings about the record after all of them are left out.
    private func needed(
        _ findings: [ModelFinding], _ violations: [ContractViolation], _ broken: ModelFinding?
    ) -> Int? {
        if let broken { return findings.firstIndex { $0.path.starts(with: broken.path) } ?? 0 }
        return findings.indices.first { place in
            guard case .key? = findings[place].path.last, let column = violations[place].column else { return false }
            return tables.schema[table: violations[place].table]?[column: column]?.isNullable == false
        }
    }

    private func violation(_ finding: ModelFinding, _ table: RowTable) -> ContractViolation {
        var fragments = table.fragments
        var column: [String] = []
        for step in finding.path {
            switch step {
            case .key(let key): column.append(tables.part(ofColumn: key))
            case .index:
                fragments += column.isEmpty ? [SystemColumns.list] : column
                column = []
            }
        }
        let naming = tables.naming
        let isElement = column.isEmpty && !finding.path.isEmpty
        var violation = ContractViolation(
            table: naming.shortenFragments(fragments),
            column: column.isEmpty ? isElement ? SystemColumns.value : nil : naming.shortenFragments(column),
            entity: finding.entity, mode: table.contract[finding.entity], expected: finding.expected, got: finding.got,
            contract: "model of table \(table.name)")
        violation.path = RecordPath.text(of: finding.path)
        violation.offset = Int(record.nodes[finding.node].start)
        return violation
    }
}
