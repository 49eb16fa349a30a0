import JSONText
import RecordSources

/// The state that a tap goes on from. Its form is the tap's own; nearly all taps have a bookmark for each stream.
struct SingerMemory {
    static let key = "singer_state"

    /// What the tap is given; nil when it begins at the beginning.
    let state: JSONValue?

    /// - Parameter catalog: the streams of the run; nil when the tap runs without one.
    init(_ sink: any RecordSink, _ catalog: SingerCatalog?) {
        let remembered = sink.memory[SingerMemory.key].flatMap { SingerMemory.isEmpty($0) ? nil : $0 }
        guard sink.startsOver else {
            state = remembered
            return
        }
        // Without a catalog all streams are read.
        let read = catalog?.streams.filter(\.isSelected).flatMap(\.names)
        state = read.flatMap { names in remembered.flatMap { SingerMemory.forgetting(names, in: $0) } }
    }

    /// The state without the bookmarks of streams; nil when nothing else is in it.
    private static func forgetting(_ names: [String], in state: JSONValue) -> JSONValue? {
        guard var object = state.objectValue else { return nil }
        var bookmarks = object["bookmarks"]?.objectValue
        for name in names {
            // Old taps have no folder for them.
            object[name] = nil
            bookmarks?[name] = nil
            if object["currently_syncing"]?.stringValue == name { object["currently_syncing"] = nil }
        }
        object["bookmarks"] = bookmarks.flatMap { $0.isEmpty ? nil : .object($0) }
        return object.isEmpty ? nil : .object(object)
    }

    /// Whether the tap goes on in the middle of a stream, so that this run has only the rest of it.
    func isInside(_ names: [String]) -> Bool {
        guard let state else { return false }
        return names.contains { name in
            guard let bookmark = state["bookmarks", name] ?? state[name] else { return false }
            guard let members = bookmark.objectValue else { return !bookmark.isNull }
            return members.members.contains { !SingerMemory.idle.contains($0.key) && !SingerMemory.isEmpty($0.value) }
        }
    }

    /// Members of bookmarks that name no place in a stream.
    private static let idle: Set<String> = [
        "version", "last_replication_method", "replication_method", "initial_full_table_complete",
        "starting_replication_value",
    ]

    private static func isEmpty(_ value: JSONValue) -> Bool {
        value.isNull || value.arrayValue?.isEmpty == true || value.objectValue?.isEmpty == true
    }
}
