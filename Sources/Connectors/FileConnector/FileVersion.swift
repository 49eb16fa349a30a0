import JSONText
import ObjectStores
import SystemIO

/// What shows whether a file has changed.
struct FileVersion: Equatable {
    let size: Int64?
    /// A tag, or else the time in nanoseconds.
    private let mark: JSONValue

    init(_ status: FileStatus) {
        size = status.size
        mark = .integer(status.modified)
    }

    init(_ object: StoredObject) {
        size = object.size
        mark = object.tag.map { .string($0) } ?? object.modified.map { .integer($0) } ?? .null
    }

    /// Whether there is anything by which a change would show.
    var isKnown: Bool { mark != .null }

    var json: [JSONValue] { [size.map { .integer($0) } ?? .null, mark] }
}
