import DataContracts
import LoadPackages
import ProgramSupport
import Schemas

extension PackageJob {
    /// Refuses another type for a column with rows: the destination's column would keep its type, and the schema would
    /// be wrong from then on.
    ///
    /// - Parameter contractsDecide: the new type still has to pass the contracts, which report their own error where
    /// types may not change.
    func refuseOtherTypes(of root: String, in schema: Schema, contractsDecide: Bool) throws {
        guard !isReplay, startingOver?.dropsTables != true, let base = base.schema else { return }
        for known in base.chain(from: root) where known.hasSeenData {
            guard let said = schema[table: known.name] else { continue }
            if contractsDecide, (try? schema.contract(of: known.name).contract.dataType) != .evolve { continue }
            for column in known.completeColumns {
                guard let type = column.dataType, let other = said[column: column.name]?.dataType, other != type else {
                    continue
                }
                throw ProgramError(
                    .data,
                    "unable to make \(known.name).\(column.name) \(other.rawValue): it is \(type.rawValue) in the destination",
                    hint:
                        "to change it, reload everything with dlt-extract --refresh drop-resources, or leave the type out"
                )
            }
        }
    }
}
