import DataContracts
import ProgramSupport
import Schemas

/// Checks a package against the contracts of the schema that it joins: another load has been committed since the
/// package was made.
struct ContractRecheck {
    /// The schema that the package was made from, if known.
    let base: Schema?
    let committed: Schema
    /// Both together, with the contracts that apply from now on.
    let joined: Schema

    /// - Throws: when the package changes a schema whose contract does not allow it. Rows that a contract would leave
    /// out are not left out here, where they would be neither counted nor kept: the pipe, run again, does both.
    func check(_ own: Schema) throws {
        for table in own.dataTables {
            guard let (contract, _) = try? joined.contract(of: table.name), contract != .evolve else { continue }
            guard let known = committed[table: table.name], known.columns.contains(where: \.isComplete) else {
                if contract.tables != .evolve, base?[table: table.name] == nil {
                    throw failure("table \"\(table.name)\"", contract.tables, .tables)
                }
                continue
            }
            for column in table.completeColumns where known[column: column.name]?.isComplete != true {
                guard !SystemTables.isSystemName(column.name), !column.has(TableModel.Hint.anything),
                    base?[table: table.name]?[column: column.name]?.isComplete != true
                else { continue }
                let entity: ContractEntity = column.has("variant") ? .dataType : .columns
                if contract[entity] != .evolve {
                    throw failure("column \"\(column.name)\" of table \"\(table.name)\"", contract[entity], entity)
                }
            }
        }
    }

    private func failure(_ what: String, _ mode: ContractMode, _ entity: ContractEntity) -> LoadFailure {
        let leavesOut = mode == .discardRow || mode == .discardValue
        return LoadFailure(
            .broken, .data,
            "unable to load \(what): it is new, and the contract of the schema that another load has since committed does not "
                + "allow that (\(entity.rawValue): \(mode.rawValue))",
            hint: leavesOut
                ? "drop the package and run the whole pipe again: dlt-normalize leaves out and counts what "
                    + "the contract refuses, and --rejects keeps it"
                : "run the whole pipe again, or relax the contract with --schema-contract")
    }
}
