import Cursors
import JSONText
import RecordSources

/// What the options ask of every source alike.
struct ExtractRequest {
    var hints: JSONObject
    var primaryKey: [String]?
    var limit: Int?
    var chunkSize: Int?
    /// The streams hold only part of what the source has.
    var isPartial: Bool
    var cursor: CursorSettings?
    /// The cursor goes by items of the source, not by its records.
    var itemCursor: ItemCursor?
}
