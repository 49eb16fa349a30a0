import Identifiers
import RecordChanges
import Schemas

/// What records are normalized against ahead of their turn: all that decides about them, as it was when the snapshot was taken.
///
/// Results count only as long as nothing of it has changed (`Normalizer.isCurrent`).
final class Snapshot: Sendable {
    struct Stream: Sendable {
        let name: [UInt8]
        let table: String
        let maximumNesting: Int
        /// The next record changes the schema, or records are counted one after the other: their turn must come first.
        let isPending: Bool
        /// Its records are rows of texts.
        let cells: CellTypes?
        /// Versions of records, if they say one, decide nothing.
        let isDecided: Bool
        let changes: ChangeTree?
        /// The version that records must have, or none.
        let version: [UInt8]?
    }

    /// Says which package the rows are for: a worker's tables are of one package.
    let job: ObjectIdentifier
    let schema: Schema
    let naming: Naming
    let loadID: String
    /// What contracts leave out.
    let leftOut: [RowTables.LeftOut]
    let streams: [Stream]
    let mode: NormalizeRequest.Mode
    let isNative: Bool
    let maximumLineBytes: Int
    /// What `Normalizer.revision` and the schema's were.
    let revision: Int
    let schemaRevision: Int

    init(
        job: ObjectIdentifier, schema: Schema, naming: Naming, loadID: String, leftOut: [RowTables.LeftOut],
        streams: [Stream],
        mode: NormalizeRequest.Mode, isNative: Bool, maximumLineBytes: Int, revision: Int, schemaRevision: Int
    ) {
        self.job = job
        self.schema = schema
        self.naming = naming
        self.loadID = loadID
        self.leftOut = leftOut
        self.streams = streams
        self.mode = mode
        self.isNative = isNative
        self.maximumLineBytes = maximumLineBytes
        self.revision = revision
        self.schemaRevision = schemaRevision
    }
}
