import Glibc
import JSONText
import Schemas
import SystemIO

/// Looks for the origin of one row.
extension PackageReader {
    package enum FoundOrigin: Sendable, Equatable {
        case found(RowOrigin)
        /// The package has no such row, or no origins of its table.
        case absent
        /// The time was over first.
        case overdue
    }

    /// The origin of the row with an id in a root table. The rows are read up to that one.
    package func origin(ofRow id: String, in table: String, isOverdue: () -> Bool) throws -> FoundOrigin {
        // As it is written, without the quotes, which are everywhere.
        var written: [UInt8] = []
        appendJSONString(id, to: &written)
        written = Array(written.dropFirst().dropLast())
        for job in manifest.jobs where ExactString(job.table) == ExactString(table) {
            guard let origins = try originReader(of: job) else { return .absent }
            let rows = try rows(of: job)
            var place = 0
            while let row = try rows.next() {
                if contains(row.bytes, written), hasID(id, row) { return try .found(origin(place, origins)) }
                place += 1
                if place & 0xFFF == 0, isOverdue() { return .overdue }
            }
        }
        return .absent
    }

    private func contains(_ row: UnsafeBufferPointer<UInt8>, _ text: [UInt8]) -> Bool {
        guard let start = row.baseAddress, let first = text.first else { return false }
        var place = 0
        while row.count - place >= text.count,
            let found = memchr(start + place, CInt(first), row.count - place - text.count + 1)
        {
            if memcmp(found, text, text.count) == 0 { return true }
            place = found - UnsafeMutableRawPointer(mutating: start) + 1
        }
        return false
    }

    private func hasID(_ id: String, _ row: LineReader.Line) -> Bool {
        let members = (try? JSONValue(parsing: Array(row.bytes)))?.objectValue?.members ?? []
        return members.contains { $0.key.lowercased() == SystemColumns.id && $0.value.stringValue == id }
    }

    private func origin(_ place: Int, _ origins: OriginReader) throws -> RowOrigin {
        for _ in 0..<place { _ = try origins.next() }
        guard let origin = try origins.next() else { throw origins.damage("it has fewer rows than the job") }
        return origin
    }

}
