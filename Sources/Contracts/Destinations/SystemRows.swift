package import JSONText
package import LoadPackages
package import PipelineStates
package import Schemas
import SystemIO

/// What one load writes into dlt's own tables: the state, the version of the schema, and last the load, which makes
/// both valid. The only code that makes those rows, for loads and for pushed states.
package struct SystemRows: Sendable {
    package let names: SystemNames
    package let loadID: LoadID
    /// The schema of the load.
    package let schema: Schema
    /// Schemas whose version is not in the dataset yet.
    package let schemas: [Schema]
    /// The pipeline's state, if the dataset does not have it yet.
    package let state: PipelineState?
    /// The load of the newest state, if its id is greater than this load's. dlt restores the state of the greatest id,
    /// so this load writes its state under that id.
    package let overtaking: LoadID?
    /// The latest time in the dataset's own records; new times come after it.
    private let latestTime: Int64?

    package init(
        names: SystemNames, loadID: LoadID, schema: Schema, schemas: [Schema], state: PipelineState?,
        overtaking: LoadID? = nil, latestTime: Int64?
    ) {
        self.names = names
        self.loadID = loadID
        self.schema = schema
        self.schemas = schemas
        self.state = state
        self.overtaking = overtaking
        self.latestTime = latestTime
    }

    /// The same without the versions of schemas, which a later load of the session has made the dataset forget.
    package func without(_ forgotten: Set<ExactString>) -> SystemRows {
        SystemRows(
            names: names, loadID: loadID, schema: schema,
            schemas: schemas.filter { !forgotten.contains(ExactString($0.name)) }, state: state,
            overtaking: overtaking, latestTime: latestTime)
    }

    /// The load that the state's row names.
    package var stateLoadID: LoadID { overtaking ?? loadID }

    /// The rows, in the order of writing.
    ///
    /// - Parameter time: the time of the first row, in microseconds, unless the dataset has a later one: times in these
    /// tables only grow. Set to the next free time afterwards.
    package func changes(from time: inout Int64) -> [SystemChange] {
        time = max(time, (latestTime ?? .min) &+ 1)
        var changes: [SystemChange] = []
        if let state {
            if let overtaking {
                changes.append(
                    .delete(
                        TableRecord(
                            names.state,
                            [("pipeline_name", .text(state.pipelineName)), ("_dlt_load_id", .text(overtaking.text))])))
            }
            changes.append(.insert(record(state, time)))
            time += 1
        }
        for schema in schemas {
            changes.append(.insert(record(schema, time)))
            time += 1
        }
        changes.append(.insert(loadRecord(time)))
        time += 1
        return changes
    }

    private func record(_ state: PipelineState, _ time: Int64) -> TableRecord {
        var document = state.document
        document["_local"] = nil
        return TableRecord(
            names.state,
            [
                ("version", .integer(Int64(state.version))),
                ("engine_version", .integer(Int64(PipelineState.engineVersion))),
                ("pipeline_name", .text(state.pipelineName)),
                ("state", .text(StoredText.compressed(.object(document)))),
                ("created_at", .timestamp(time)),
                ("version_hash", state.versionHash.map { .text($0) } ?? .null),
                ("_dlt_load_id", .text(stateLoadID.text)),
                ("_dlt_id", .text(RowID.random())),
            ])
    }

    private func record(_ schema: Schema, _ time: Int64) -> TableRecord {
        TableRecord(
            names.version,
            [
                ("version", .integer(Int64(schema.version))),
                ("engine_version", .integer(Int64(Schema.engineVersion))),
                ("inserted_at", .timestamp(time)), ("schema_name", .text(schema.name)),
                ("version_hash", .text(hash(of: schema))), ("schema", .text(schema.document().serialized())),
            ])
    }

    private func loadRecord(_ time: Int64) -> TableRecord {
        TableRecord(
            names.loads,
            [
                ("load_id", .text(loadID.text)), ("schema_name", .text(schema.name)), ("status", .integer(0)),
                ("inserted_at", .timestamp(time)), ("schema_version_hash", .text(hash(of: schema))),
            ])
    }

    private func hash(of schema: Schema) -> String { schema.versionHash ?? schema.contentHash() }
}

/// A change of one of dlt's tables.
package enum SystemChange: Sendable, Equatable {
    case insert(TableRecord)
    /// Removes the rows that have these values.
    case delete(TableRecord)
}

/// One row of a system table, or some of its values.
package struct TableRecord: Sendable, Equatable {
    package let table: String
    package let values: [(column: String, value: RecordValue)]

    package init(_ table: String, _ values: [(column: String, value: RecordValue)]) {
        self.table = table
        self.values = values
    }

    package subscript(column: String) -> RecordValue? { values.first { $0.column == column }?.value }

    package static func == (left: TableRecord, right: TableRecord) -> Bool {
        left.table == right.table && left.values.elementsEqual(right.values) { $0 == $1 }
    }
}

package enum RecordValue: Sendable, Equatable {
    case null
    case text(String)
    case integer(Int64)
    /// Microseconds since 1970 UTC.
    case timestamp(Int64)
}

private enum RowID {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Fourteen characters, drawn as dlt does.
    static func random() -> String {
        String(decoding: Entropy.bytes(14).map { alphabet[Int($0 & 63)] }, as: UTF8.self)
    }
}
