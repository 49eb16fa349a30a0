import Destinations
import JSONText
import LoadPackages
import PipelineStates
import Schemas
import SystemIO

/// All that loading one package does at its destination, as data.
struct LoadPlan {
    /// Everything but the records, in order: tables, columns, deletions, insertions.
    var steps: [LoadStep] = []
    /// By table: columns whose values are rewritten on the way.
    var conversions: [ExactString: [ColumnConversion]] = [:]
    /// The schema as it is stored with the load.
    let schema: Schema
    let schemaIsNew: Bool
    let state: PipelineState
    let stateIsNew: Bool
    let names: SystemNames
    let loadID: LoadID
    /// The load of the newest state, when its id is greater than this load's. dlt restores the state of the greatest id, so the
    /// state that this load makes takes the place of that one.
    let overtaking: LoadID?
    /// The latest time in the dataset's own records; ours come after it.
    let latestTime: Int64?

    /// The rows of dlt's tables, which are written last: state, schema version, and the load that makes both valid.
    func records(now: Int64) -> [LoadStep] {
        var time = max(now, (latestTime ?? .min) &+ 1)
        var steps: [LoadStep] = []
        var records: [TableRecord] = []
        if stateIsNew {
            if let overtaking {
                let replaced: [(String, RecordValue)] = [
                    ("pipeline_name", .text(state.pipelineName)), ("_dlt_load_id", .text(overtaking.text)),
                ]
                steps.append(.deleteRecords(TableRecord(table: names.state, values: replaced)))
            }
            var document = state.document
            document["_local"] = nil
            records.append(
                TableRecord(
                    table: names.state,
                    values: [
                        ("version", .integer(Int64(state.version))),
                        ("engine_version", .integer(Int64(PipelineState.engineVersion))),
                        ("pipeline_name", .text(state.pipelineName)),
                        ("state", .text(StoredText.compressed(.object(document)))),
                        ("created_at", .timestamp(time)),
                        ("version_hash", state.versionHash.map { .text($0) } ?? .null),
                        ("_dlt_load_id", .text((overtaking ?? loadID).text)),
                        ("_dlt_id", .text(RowID.random())),
                    ]))
            time += 1
        }
        if schemaIsNew {
            records.append(
                TableRecord(
                    table: names.version,
                    values: [
                        ("version", .integer(Int64(schema.version))),
                        ("engine_version", .integer(Int64(Schema.engineVersion))),
                        ("inserted_at", .timestamp(time)),
                        ("schema_name", .text(schema.name)),
                        ("version_hash", .text(schema.versionHash ?? "")),
                        ("schema", .text(schema.document().serialized())),
                    ]))
            time += 1
        }
        records.append(
            TableRecord(
                table: names.loads,
                values: [
                    ("load_id", .text(loadID.text)), ("schema_name", .text(schema.name)), ("status", .integer(0)),
                    ("inserted_at", .timestamp(time)), ("schema_version_hash", .text(schema.versionHash ?? "")),
                ]))
        return steps + records.map { .insertRecord($0) }
    }
}

enum RowID {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Fourteen characters, as dlt draws them.
    static func random() -> String {
        String(decoding: Entropy.bytes(14).map { alphabet[Int($0 & 63)] }, as: UTF8.self)
    }
}
