import Cursors
import Failures
import JSONText
import ProgramSupport
import RecordSources
import Schemas
import TableSources

/// Reads the chosen tables, one after the other, in the view that one session has.
final class TableRun: PreparedSource {
    private let session: any TableSession
    private let tables: [TableResource]
    private let level: ReflectionLevel
    private let withReferences: Bool

    init(session: any TableSession, resources: [TableResource], level: ReflectionLevel, withReferences: Bool) {
        self.session = session
        tables = resources
        self.level = level
        self.withReferences = withReferences
    }

    var resources: [String] { tables.map(\.name) }
    var pipelineName: String? { session.databaseName.isEmpty ? nil : session.databaseName }
    var remembersPlace: Bool { false }
    var hasTypedColumns: Bool { true }
    var chunksNeed: [String]? { ["--cursor"] }

    func run(into sink: any RecordSink) throws -> String {
        defer { session.close() }
        for table in tables {
            sink.isReading(table.name)
            let handle = try sink.begin(
                table.name,
                hints: ColumnHints.hints(of: table.table, table.columns, level, withReferences: withReferences),
                primaryKey: table.primaryKey, cursor: nil)
            do {
                if try !read(table, handle, sink) { break }
            } catch let error as TableError where error.kind == .stopped {
                // The sink knows of the request, too, and ends the stream in order.
                break
            }
        }
        return "\(tables.count) \(tables.count == 1 ? "table" : "tables") of \(session.shown)"
    }

    /// Whether the sink wants more tables.
    private func read(_ table: TableResource, _ handle: Int, _ sink: any RecordSink) throws -> Bool {
        let rows = try session.rows(of: try selection(table, handle, sink))
        defer { rows.close() }
        let record = ByteBuffer(capacity: 1 << 16)
        while true {
            record.removeAll(keeping: 1 << 20)
            guard try rows.next(record) else { break }
            switch try sink.take(record.bytes, of: handle) {
            case .taken, .leftOut: continue
            case .resourceIsFull, .sequenceHasEnded: return true
            case .stop: return false
            }
        }
        for remark in rows.remarks { sink.warn("\(table.name): \(remark.message)", hint: remark.hint) }
        return true
    }

    private func selection(_ table: TableResource, _ handle: Int, _ sink: any RecordSink) throws -> TableSelection {
        var selection = TableSelection(table.origin, columns: table.columns)
        selection.condition = table.condition
        if let range = sink.range(of: handle) {
            selection.range = try PushedRange.of(range, in: table, sink)
        } else {
            let room = [sink.limit, sink.chunk?.room].compactMap { $0 }.min()
            // One more, so that it shows whether there are more.
            selection.limit = room.map { $0 + 1 }
        }
        return selection
    }
}

extension PushedRange {
    /// What the database can judge as we do; nil where the sink has to judge every row.
    fileprivate static func of(
        _ range: CursorRange, in table: TableResource, _ sink: any RecordSink
    ) throws -> PushedRange? {
        guard let column = table.columns.first(where: { $0.name == range.path }) else {
            throw TableChoice.missing(range.path, in: table, "--cursor")
        }
        switch (column.dataType, range.type) {
        case (.bigint, .auto), (.bigint, .number), (.decimal, .auto), (.decimal, .number), (.double, .auto),
            (.double, .number),
            (.timestamp, .auto), (.timestamp, .time), (.date, .auto), (.date, .time), (.text, .text):
            return PushedRange(column: column, range: range)
        default: return nil
        }
    }
}
