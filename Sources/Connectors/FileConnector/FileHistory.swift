import JSONText

/// The delivered files of a resource, as the pipeline's state keeps them under `files`.
///
/// `{path: [size, mtime_ns]}`, with resolved paths, since the next run may start in another folder. For an object elsewhere, the path
/// is its URL, and its tag (ETag) stands in place of the time where there is one. A file that was
/// left in the middle has a third element, its place: `{"records": n, "offset": bytes, "line": n, "in_array": true}`.
struct FileHistory {
    private var files: JSONObject

    init(state: JSONObject) { files = state["files"]?.objectValue ?? [:] }

    func state(in state: JSONObject) -> JSONObject {
        var state = state
        state["files"] = .object(files)
        return state
    }

    enum Standing: Equatable {
        /// Whether a file is new, or has changed since.
        case new
        case begun(FilePlace)
        case delivered

        /// Where reading continues.
        var place: FilePlace? { if case .begun(let place) = self { place } else { nil } }
    }

    func standing(of path: String, _ version: FileVersion) -> Standing {
        guard version.isKnown, let entry = files[path]?.arrayValue, entry.count >= 2,
            Array(entry[..<2]) == version.json
        else { return .new }
        guard entry.count > 2 else { return .delivered }
        let place = entry[2]
        return .begun(
            FilePlace(
                records: place["records"]?.intValue ?? 0, offset: place["offset"]?.intValue.map(Int64.init),
                line: place["line"]?.intValue, isInArray: place["in_array"]?.boolValue ?? false))
    }

    mutating func markDelivered(_ path: String, _ version: FileVersion) {
        files[path] = .array(version.json)
    }

    mutating func mark(_ path: String, _ version: FileVersion, at place: FilePlace) {
        var entry: JSONObject = ["records": .integer(place.records)]
        entry["offset"] = place.offset.map { .integer($0) }
        entry["line"] = place.line.map { .integer($0) }
        if place.isInArray { entry["in_array"] = true }
        files[path] = .array(version.json + [.object(entry)])
    }
}
