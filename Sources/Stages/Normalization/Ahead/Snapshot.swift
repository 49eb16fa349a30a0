import Identifiers
import RecordChanges
import Schemas

/// Everything that normalizing records ahead depends on, as it was when the snapshot was taken.
///
/// Results count only as long as none of it has changed (`Normalizer.isCurrent`).
final class Snapshot: Sendable {
    struct Stream: Sendable {
        let name: [UInt8]
        let table: String
        let maximumNesting: Int
        /// Whether the next record must wait for its turn: it changes the schema, or records are counted one after the
        /// other.
        let isPending: Bool
        /// Whether its records are rows of texts.
        let cells: CellTypes?
        /// Whether versions of records, if any, are ignored.
        let isDecided: Bool
        let changes: ChangeTree?
        /// The version that records must have, or none.
        let version: [UInt8]?
    }

    /// Identifies the package of the rows: a worker's tables belong to one package.
    let job: ObjectIdentifier
    let schema: Schema
    let naming: Naming
    let loadID: String
    /// What contracts leave out.
    let leftOut: [RowTables.LeftOut]
    let streams: [Stream]
    let mode: NormalizeRequest.Mode
    let isNative: Bool
    let keepsOrigins: Bool
    let maximumLineBytes: Int
    /// The values of `Normalizer.revision` and of the schema's.
    let revision: Int
    let schemaRevision: Int

    init(
        job: ObjectIdentifier, schema: Schema, naming: Naming, loadID: String, leftOut: [RowTables.LeftOut],
        streams: [Stream],
        mode: NormalizeRequest.Mode, isNative: Bool, keepsOrigins: Bool, maximumLineBytes: Int, revision: Int,
        schemaRevision: Int
    ) {
        self.job = job
        self.schema = schema
        self.naming = naming
        self.loadID = loadID
        self.leftOut = leftOut
        self.streams = streams
        self.mode = mode
        self.isNative = isNative
        self.keepsOrigins = keepsOrigins
        self.maximumLineBytes = maximumLineBytes
        self.revision = revision
        self.schemaRevision = schemaRevision
    }
}
