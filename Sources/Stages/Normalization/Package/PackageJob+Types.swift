import DataContracts
import LoadPackages
import ProgramSupport
import Schemas

extension PackageJob {
    /// Refuses to say another type of a column that has rows: the destination's column would keep the one it has, and the
    /// schema lie from then on. Where a contract decides about types it has its own answer.
    func refuseOtherTypes(of root: String, in schema: Schema) throws {
        guard !isReplay, startingOver?.dropsTables != true, let base = base.schema else { return }
        for known in base.chain(from: root) where known.hasSeenData {
            guard let said = schema[table: known.name],
                (try? schema.contract(of: known.name).contract.dataType) == .evolve
            else { continue }
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
