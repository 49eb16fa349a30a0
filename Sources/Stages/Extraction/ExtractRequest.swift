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
    /// Of the command line; goes by every resource.
    var cursor: CursorSettings?
    /// Of the command line, for the cursors that the resources bring along.
    var window: CursorSettings.Window?
    /// The cursor goes by items of the source, not by its records.
    var itemCursor: ItemCursor?
    /// What the tables are like that records go to.
    var columns = StoredColumns()

    /// The cursor of a resource that has one of its own, or none.
    func cursor(own: CursorSettings?) -> CursorSettings? {
        if let cursor { return cursor }
        guard var own else { return nil }
        own.window = window ?? own.window
        if own.window != nil { own.lag = nil }
        return own
    }
}
