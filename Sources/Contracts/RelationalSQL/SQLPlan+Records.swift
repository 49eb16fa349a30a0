import Destinations
import LoadPackages
import Schemas

/// The steps that write dlt's own records.
extension SQLPlan {
    /// dlt's records of one load, in their order; its own row of `_dlt_loads` comes last.
    ///
    /// - Parameters:
    ///   - time: the first time, in microseconds; set to the next free time.
    ///   - isRepeatable: some of them may be there already, from a run that was killed.
    func records(_ rows: SystemRows, from time: inout Int64, isRepeatable: Bool = false) -> [SQLStep] {
        rows.changes(from: &time).flatMap { change -> [SQLStep] in
            switch change {
            case .delete(let record): return [.deleteRecords(record)]
            case .insert(let record) where !isRepeatable: return [.insertRecord(record)]
            case .insert(let record) where record.table == rows.names.state:
                let identity = ["pipeline_name", "_dlt_load_id"].compactMap { name in record[name].map { (name, $0) } }
                return [.deleteRecords(TableRecord(record.table, identity)), .insertRecord(record)]
            case .insert(let record) where record.table == rows.names.loads:
                let hash = rows.schema.versionHash ?? rows.schema.contentHash()
                return forgotten.map { .deleteVersions(table: rows.names.version, schema: $0, except: hash) }
                    + [.insertRecord(record)]
            case .insert(let record): return [.insertRecord(record)]
            }
        }
    }

    func mark(_ load: PackageLoad, _ mark: LoadMark, now: Int64) -> SQLStep {
        .insertRecord(
            TableRecord(
                load.names.loads,
                [
                    ("load_id", .text(load.loadID.text)), ("schema_name", .text(load.schemaName)),
                    ("status", .integer(mark.rawValue)), ("inserted_at", .timestamp(now)),
                ]))
    }

    static func removal(of mark: LoadMark, _ load: LoadID, _ names: SystemNames) -> SQLStep {
        .deleteRecords(
            TableRecord(names.loads, [("load_id", .text(load.text)), ("status", .integer(mark.rawValue))]))
    }
}
