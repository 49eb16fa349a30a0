import DataContracts
import Identifiers
import JSONText
import Schemas

/// What the models of root tables have to say of records.
extension SchemaGrowth {
    func admits(record node: Int, by model: RecordModel, _ table: RowTable) throws -> Bool {
        let findings = model.findings(in: node, of: record.text, under: table.contract)
        if !findings.isEmpty {
            let violations = findings.map { violation($0, table) }
            if let frozen = violations.first(where: { $0.mode == .freeze }) { throw frozen }
            let fatal = zip(findings, violations).first { $0.1.mode == .discardRow || !$0.0.isRemovable }
            if let fatal {
                leaveOutRow(for: fatal.1)
                return false
            }
            for (finding, violation) in zip(findings, violations) {
                report(.contractViolated(violation, text: record.json(at: finding.node), isRow: false))
            }
            for finding in findings { record.tape.forget(finding.node) }
            // A value that must be there is missing now.
            if let broken = model.findings(in: node, of: record.text, under: table.contract).first {
                leaveOutRow(for: violation(broken, table))
                return false
            }
        }
        model.count(record: node, tape: record.tape, text: record.text)
        return true
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
        return ContractViolation(
            table: naming.shortenFragments(fragments),
            column: column.isEmpty ? isElement ? SystemColumns.value : nil : naming.shortenFragments(column),
            entity: finding.entity, mode: table.contract[finding.entity], expected: finding.expected, got: finding.got,
            contract: "model of table \(table.name)")
    }
}
