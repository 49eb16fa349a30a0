import Cursors
import JSONText
import RecordSources

/// The options that all sources share.
struct ExtractRequest {
    var hints: JSONObject
    var primaryKey: [String]?
    var limit: Int?
    var chunkSize: Int?
    /// Whether the streams contain only a part of the source.
    var isPartial: Bool
    /// The command line's cursor, which applies to every resource.
    var cursor: CursorSettings?
    /// The command line's window for the resources' own cursors.
    var window: CursorSettings.Window?
    /// Whether the cursor compares items of the source, not its records.
    var itemCursor: ItemCursor?
    /// Whether the source's own hints state the types of cursors.
    var hasTypedColumns = false
    /// Whether the run forgets what is known of its resources.
    var startsOver = false
    /// The hints for the tables of the records.
    var columns = StoredColumns()

    /// The cursor of a resource with its own, or none.
    func cursor(own: CursorSettings?) -> CursorSettings? {
        if let cursor { return cursor }
        guard var own else { return nil }
        own.window = window ?? own.window
        if own.window != nil { own.lag = nil }
        return own
    }
}
