import DateTimes
import JSONText
import RecordSources
import SystemIO

/// A file as an item for a cursor, in the terms of dlt's filesystem source.
struct FileItem {
    static let cursor = ItemCursor(field: "modification_date", key: "file_url")

    /// Resolved, since the next run may start in another folder.
    let path: String
    let name: String
    let status: FileStatus

    var json: [UInt8] {
        let value: JSONValue = [
            "file_name": .string(Paths.lastComponent(path)), "relative_path": .string(name),
            "file_url": .string("file://" + path), "modification_date": .string(modified),
            "size_in_bytes": .integer(status.size),
        ]
        return value.serializedBytes()
    }

    private var modified: String {
        let nanoseconds = status.modified
        let microseconds = nanoseconds >= 0 ? nanoseconds / 1000 : (nanoseconds - 999) / 1000
        return String(unsafeUninitializedCapacity: TemporalWriter.maxCount) {
            guard let output = $0.baseAddress else { return 0 }
            return TemporalWriter.write(timestamp: Int64(microseconds), isUTC: true, into: output)
        }
    }
}
