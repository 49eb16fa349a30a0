import Cursors
import Failures
import JSONText
import ProgramSupport
import RecordSources
import Schemas
import TableSources

/// How the rows of a run are shared out.
struct TableSharing: Sendable {
    var jobs = 1
    /// This run's part of all rows, counted from 0, and of how many.
    var part: (index: Int, count: Int)?

    var isWhole: Bool { part == nil }
}

/// Reads the chosen tables in the view that one session has: one after the other, or in parts side by side.
final class TableRun: PreparedSource {
    typealias Opener = @Sendable (_ place: TablePlace) throws(TableError) -> any TableSession

    private let session: any TableSession
    private let place: TablePlace
    private let open: Opener
    private let tables: [TableResource]
    private let level: ReflectionLevel
    private let withReferences: Bool
    /// Whether no row may commit later with a smaller cursor than one that is read.
    private let isSafe: Bool
    private let sharing: TableSharing

    init(
        session: any TableSession, place: TablePlace, open: @escaping Opener, resources: [TableResource],
        level: ReflectionLevel,
        withReferences: Bool, isSafe: Bool, sharing: TableSharing
    ) {
        self.session = session
        self.place = place
        self.open = open
        tables = resources
        self.level = level
        self.withReferences = withReferences
        self.isSafe = isSafe
        self.sharing = sharing
    }

    var resources: [String] { tables.map(\.name) }
    var pipelineName: String? { session.databaseName.isEmpty ? nil : session.databaseName }
    var remembersPlace: Bool { false }
    var hasTypedColumns: Bool { true }
    var chunksNeed: [String]? { ["--cursor"] }
    var cursorObstacle: String? {
        sharing.isWhole
            ? nil : "the last value of a share would pass over rows of the other shares; select rows with --where"
    }

    func run(into sink: any RecordSink) throws -> String {
        defer { session.close() }
        do {
            if !isSafe { try hold() }
            if sharing.jobs > 1 || !sharing.isWhole {
                try runParts(sink)
            } else if isSafe {
                let handles = try tables.map { try begin($0, sink) }
                let selections = try settle(handles, sink)
                for (place, table) in tables.enumerated() {
                    sink.isReading(table.name)
                    if try !read(table, selections[place], handles[place], sink) { break }
                }
            } else {
                for table in tables {
                    sink.isReading(table.name)
                    let handle = try begin(table, sink)
                    if try !read(table, try selection(table, handle, sink), handle, sink) { break }
                }
            }
        } catch let error as TableError where error.kind == .stopped {
            // The sink knows of the request, too, and ends the stream in order.
        }
        return "\(tables.count) \(tables.count == 1 ? "table" : "tables") of \(session.shown)"
    }

    private func begin(_ table: TableResource, _ sink: any RecordSink) throws -> Int {
        var hints = ColumnHints.hints(of: table.table, table.columns, level, withReferences: withReferences)
        if !sharing.isWhole { hints["complete"] = false }
        return try sink.begin(table.name, hints: hints, primaryKey: table.primaryKey, cursor: nil)
    }

    private func hold() throws {
        try session.hold(
            tables.compactMap { table in
                if case .table(let table) = table.origin { table } else { nil }
            })
    }

    /// The selections of all tables, to their ends.
    private func selections(_ handles: [Int], _ sink: any RecordSink) throws -> [TableSelection] {
        if isSafe { return try settle(handles, sink) }
        return try zip(tables, handles).map { try selection($0, $1, sink) }
    }

    private func settle(_ handles: [Int], _ sink: any RecordSink) throws -> [TableSelection] {
        guard let session = session as? any SettlingTableSession else { return [] }
        let selections = try zip(tables, handles).map { try selection($0, $1, sink) }
        for (table, selection) in zip(tables, selections) { try checkSafety(of: selection, table) }
        sink.isReading("what is committed")
        let settled = try session.settle(selections)
        try hold()
        return settled
    }

    private func checkSafety(of selection: TableSelection, _ table: TableResource) throws {
        let action = "unable to use '--cursor-safe'"
        guard let place = selection.cursor else {
            throw ProgramError(.usage, "\(action): there is no cursor", hint: "name one with --cursor")
        }
        guard let range = selection.range?.range else {
            throw ProgramError(
                .usage,
                "\(action): the database does not compare \(table.columns[place].name) of \(table.name) as the cursor does",
                hint: "use a column of numbers or times as the cursor, or --lag")
        }
        if range.end != nil {
            throw ProgramError(
                .usage, "\(action) with '--from' and '--to': the state stays as it is", hint: "leave it out")
        }
        if range.startBound == .open {
            throw ProgramError(
                .usage, "\(action) with '--range-start open': a row that commits later may have the last value, too",
                hint: "leave '--range-start' out")
        }
    }

    /// Whether the sink wants more tables.
    private func read(
        _ table: TableResource, _ selection: TableSelection, _ handle: Int, _ sink: any RecordSink
    ) throws -> Bool {
        let rows = try session.rows(of: selection)
        defer { rows.close() }
        let record = ByteBuffer(capacity: 1 << 16)
        while true {
            record.removeAll(keeping: 1 << 20)
            guard try rows.next(record) else { break }
            try rows.refuseInfinity(of: selection)
            switch try sink.take(record.bytes, of: handle) {
            case .taken, .leftOut: continue
            case .resourceIsFull, .sequenceHasEnded: return true
            case .stop: return false
            }
        }
        report(rows.remarks, table, sink)
        return true
    }

    private func report(_ remarks: [TableRemark], _ table: TableResource, _ sink: any RecordSink) {
        for remark in remarks { sink.warn("\(table.name): \(remark.message)", hint: remark.hint) }
    }

    private func selection(_ table: TableResource, _ handle: Int, _ sink: any RecordSink) throws -> TableSelection {
        var selection = TableSelection(table.origin, columns: table.columns)
        selection.condition = table.condition
        if let range = sink.range(of: handle) {
            let place = try table.place(of: range)
            selection.cursor = place
            selection.range = PushedRange.of(range, table.columns[place])
        } else {
            let room = [sink.limit, sink.chunk?.room].compactMap { $0 }.min()
            // One more, so that it shows whether there are more.
            selection.limit = room.map { $0 + 1 }
        }
        return selection
    }

    // MARK: Parts

    private func runParts(_ sink: any RecordSink) throws {
        guard let shared = session as? any SharedTableSession else {
            let option = sharing.isWhole ? "--jobs" : "--part"
            throw ProgramError(
                .usage, "unable to use '\(option)' with \(session.shown): its connections do not share a view",
                hint: "leave it out")
        }
        let handles = try tables.map { try begin($0, sink) }
        let selections = try selections(handles, sink)
        var items: [ParallelReading.Item] = []
        // Tables and partitions before the part's own. Parts are numbered from there: a table that grows between the runs of two shares
        // must not move the parts of the next one.
        var before = 0
        for (place, table) in tables.enumerated() {
            let whole = selections[place]
            if sharing.jobs > 1, whole.range?.range.rowOrder != nil {
                throw ProgramError(
                    .usage, "unable to use '--jobs' with '--row-order': the parts arrive side by side",
                    hint: "leave one of them out")
            }
            var parts = [TablePart()]
            if case .table(let table) = table.origin { parts = try shared.parts(of: table) }
            var number = before
            for (index, part) in parts.enumerated() {
                if index > 0, parts[index - 1].table != part.table {
                    before += 1
                    number = before
                }
                defer { number += 1 }
                if let own = sharing.part, number % own.count != own.index { continue }
                var selection = whole
                selection.part = part
                items.append(ParallelReading.Item(table: place, selection: selection))
            }
            before += 1
        }
        var place = place
        place.snapshot = try place.snapshot ?? shared.exportSnapshot()
        let reading = ParallelReading(items, jobs: sharing.jobs) { [place, open] isInterrupted throws(TableError) in
            var place = place
            place.isInterrupted = isInterrupted
            return try open(place)
        }
        sink.isReading(tables.count == 1 ? tables[0].name : "\(tables.count) tables")
        _ = try reading.run(handles, into: sink)
        for (place, table) in tables.enumerated() { report(reading.remarks(place), table, sink) }
    }
}

extension TableResource {
    /// The column that is the cursor.
    fileprivate func place(of range: CursorRange) throws -> Int {
        if let place = columns.firstIndex(where: { $0.name == range.field }) { return place }
        throw TableChoice.missing(range.path, of: self, among: columns.map { JSONPath.text(of: [$0.name]) }, "--cursor")
    }
}

extension PushedRange {
    /// What the database can judge as we do; nil where the sink has to judge every row.
    fileprivate static func of(_ range: CursorRange, _ column: SourceColumn) -> PushedRange? {
        switch (column.dataType, range.type) {
        case (.bigint, .auto), (.bigint, .number), (.decimal, .auto), (.decimal, .number), (.double, .auto),
            (.double, .number),
            (.timestamp, .auto), (.timestamp, .time), (.date, .auto), (.date, .time), (.text, .text):
            return PushedRange(column: column, range: range)
        default: return nil
        }
    }
}

extension TableRows {
    /// An infinite time as the last value would stay it for ever, and every later row would be passed over.
    func refuseInfinity(of selection: TableSelection) throws(TableError) {
        guard let cursor = selection.cursor, infinities(cursor) > 0 else { return }
        let name = selection.columns[cursor].name
        throw TableError(
            .data,
            "unable to read \(selection.described): a row has an infinite \(name), which is the cursor, and no later row "
                + "would be new after it",
            hint: "leave such rows out: --on-missing exclude, or --where 'isfinite(\(name))'")
    }
}
