import DataContracts
import ProgramSupport
import Schemas

/// Holds what a package brings against the contracts of the schema that it joins: when it was made, another load had not been
/// committed yet.
struct ContractRecheck {
    /// The schema that the package was made from, if that is known.
    let base: Schema?
    let committed: Schema
    /// Both together, with the contracts that hold from now on.
    let joined: Schema

    /// - Throws: when the package changes a schema whose contract does not let it. What a contract would leave out is not left out
    ///   here, where nobody would count it or keep it: the pipe, run again, does both.
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
            "unable to load \(what): it is new, and the contract of the schema that another load has committed meanwhile does not "
                + "allow that (\(entity.rawValue): \(mode.rawValue))",
            hint: leavesOut
                ? "drop the package and run the whole pipe again: dlt-normalize leaves out, counts and with --rejects keeps what "
                    + "the contract does not let in"
                : "run the whole pipe again, or let the contract give way with --schema-contract")
    }
}
