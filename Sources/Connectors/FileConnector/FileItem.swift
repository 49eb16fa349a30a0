import DateTimes
import JSONText
import ObjectStores
import RecordSources
import SystemIO

/// A file as an item for a cursor, in the terms of dlt's filesystem source.
struct FileItem {
    static let cursor = ItemCursor(field: "modification_date", key: "file_url")

    let url: String
    let name: String
    /// Nil where the server does not tell.
    let size: Int64?
    /// Nanoseconds since 1970.
    let modifiedAt: Int64

    /// - Parameter path: resolved, since the next run may start in another folder.
    init(path: String, name: String, status: FileStatus) {
        url = "file://" + path
        self.name = name
        size = status.size
        modifiedAt = status.modified
    }

    init(_ object: StoredObject, modifiedAt: Int64) {
        url = object.url
        name = object.url
        size = object.size
        self.modifiedAt = modifiedAt
    }

    var json: [UInt8] {
        let value: JSONValue = [
            "file_name": .string(Paths.lastComponent(url)), "relative_path": .string(name),
            "file_url": .string(url), "modification_date": .string(modified),
            "size_in_bytes": size.map { .integer($0) } ?? .null,
        ]
        return value.serializedBytes()
    }

    private var modified: String {
        let nanoseconds = modifiedAt
        let microseconds = nanoseconds >= 0 ? nanoseconds / 1000 : (nanoseconds - 999) / 1000
        return String(unsafeUninitializedCapacity: TemporalWriter.maxCount) {
            guard let output = $0.baseAddress else { return 0 }
            return TemporalWriter.write(timestamp: Int64(microseconds), isUTC: true, into: output)
        }
    }
}
