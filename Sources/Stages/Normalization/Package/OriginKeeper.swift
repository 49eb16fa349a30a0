import JSONText
import LoadPackages
import RecordStreams
import SystemIO

/// Keeps in the package where the rows of root tables come from. Without `--keep-origins` there is none, and rows go
/// to the package's writer directly.
final class OriginKeeper: RowOutput {
    private let writer: PackageWriter
    private let sources = OriginSources()
    private var tables: [TableOrigins] = []
    /// Whether rows of a table have no parent.
    var isRoot: (_ table: String) -> Bool = { _ in false }
    /// The place of the record whose rows are written.
    var place: () -> InputPlace? = { nil }

    private struct TableOrigins {
        let name: String
        /// Decided by the first row, so that either all rows of a table have an origin or none.
        var isKept: Bool?
        var last: InputPlace?
    }

    init(_ writer: PackageWriter) { self.writer = writer }

    func table(_ name: String) -> Int {
        tables.append(TableOrigins(name: name))
        return writer.table(name)
    }

    func buffer(of table: Int) -> ByteBuffer { writer.buffer(of: table) }

    func endRow(of table: Int, bytes: Int) throws {
        try writer.endRow(of: table, bytes: bytes)
        guard try keeps(table) else { return }
        try add(place(), to: table)
    }

    /// Whether the origins of a table's rows are kept; asked when it has a row.
    func keeps(_ table: Int) throws -> Bool {
        if let known = tables[table].isKept { return known }
        let isKept = isRoot(tables[table].name)
        tables[table].isKept = isKept
        if isKept { try writer.keepOrigins(of: table) }
        return isKept
    }

    /// Adds the origin of the table's next row that has none yet; nil if it is unknown.
    func add(_ place: InputPlace?, to table: Int) throws {
        let isOther = !OriginSources.isSame(place, tables[table].last)
        tables[table].last = place
        try writer.addOrigin(
            of: table, number: place?.record ?? place?.line ?? 0, line: place?.line ?? place?.record ?? 0
        ) { isNeeded in isNeeded || isOther ? sources.members(of: place) : nil }
    }
}

/// Describes the sources of places for the files of origins.
private struct OriginSources {
    /// Names of files as users write them are relative to it.
    private let folder = try? Files.realPath(".")
    /// The file that standard input is.
    private let input: String?

    init() {
        let status = try? Files.stat("/dev/stdin")
        input = status?.kind == .regular ? try? Files.realPath("/dev/stdin") : nil
    }

    /// Whether two places differ only in their numbers.
    static func isSame(_ one: InputPlace?, _ other: InputPlace?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return one.source == other.source && one.isApproximate == other.isApproximate
            && (one.line == nil) == (other.line == nil) && (one.record == nil) == (other.record == nil)
    }

    func members(of place: InputPlace?) -> JSONObject {
        guard let place else { return [:] }
        var members: JSONObject
        switch place.source {
        case .input: members = input.map { ["file": .string($0)] } ?? ["input": "standard input"]
        case .origin(let origin):
            members = StreamPlace.members(of: origin)
            if case .file(let name) = origin, !Paths.isAbsolute(name) { members["folder"] = folder.map { .string($0) } }
        }
        if place.line == nil { members["line"] = false }
        if place.record == nil { members["number"] = false }
        if place.isApproximate { members["about"] = true }
        return members
    }
}
