import DataContracts
import LoadPackages
import ProgramSupport
import Schemas

extension PackageJob {
    /// Refuses to say another type of a column that has rows: the destination's column would keep the one it has, and the
    /// schema lie from then on.
    ///
    /// - Parameter contractsDecide: what is said has still to pass the contracts, which have an answer of their own where types may
    ///   not change.
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
                        "to change it, load everything anew with dlt-extract --refresh drop-resources, or leave the type out"
                )
            }
        }
    }
}
