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
        state = catalog.flatMap { catalog in
            remembered.flatMap { SingerMemory.forgetting(catalog.streams.filter(\.isRead), of: catalog, in: $0) }
        }
    }

    /// The state without the bookmarks of streams; nil when nothing else is in it, or when it does not say what belongs to them.
    private static func forgetting(
        _ streams: [SingerCatalog.Stream], of catalog: SingerCatalog, in state: JSONValue
    ) -> JSONValue? {
        guard var object = state.objectValue else { return nil }
        var bookmarks = object["bookmarks"]?.objectValue
        var isFound = false
        for name in streams.flatMap(\.names) {
            if object[name] != nil || bookmarks?[name] != nil { isFound = true }
            // Old taps have no folder for them.
            object[name] = nil
            bookmarks?[name] = nil
            if object["currently_syncing"]?.stringValue == name { object["currently_syncing"] = nil }
        }
        let others = Set(catalog.streams.flatMap(\.names) + ["bookmarks", "currently_syncing"])
        guard isFound || (object.keys + (bookmarks?.keys ?? [])).allSatisfy(others.contains) else { return nil }
        object["bookmarks"] = bookmarks.flatMap { $0.isEmpty ? nil : .object($0) }
        return object.isEmpty ? nil : .object(object)
    }

    /// Whether the tap goes on in the middle of a stream, so that this run has only the rest of it.
    func isInside(_ names: [String]) -> Bool {
        guard let state else { return false }
        return names.contains { name in (state["bookmarks", name] ?? state[name]).map(SingerMemory.isPlace) ?? false }
    }

    /// Whether a bookmark names a place in its stream.
    private static func isPlace(_ bookmark: JSONValue) -> Bool {
        guard let members = bookmark.objectValue?.members else { return !bookmark.isNull }
        return members.contains { member in
            // A stream that is read once for each row of another has a bookmark for each of them.
            if member.key == "partitions", let partitions = member.value.arrayValue {
                return partitions.contains(where: isPlace)
            }
            return !idle.contains(member.key) && !isEmpty(member.value)
        }
    }

    /// Members of bookmarks that name no place in a stream.
    private static let idle: Set<String> = [
        "version", "last_replication_method", "replication_method", "initial_full_table_complete",
        "starting_replication_value", "context",
    ]

    private static func isEmpty(_ value: JSONValue) -> Bool {
        value.isNull || value.arrayValue?.isEmpty == true || value.objectValue?.isEmpty == true
    }
}
