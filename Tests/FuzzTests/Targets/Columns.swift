import Destinations
import JSONText
import JobRows
import LoadPackages
import SystemIO
import TestSupport

extension FuzzTarget {
    /// The rows of a damaged job on their way into the columns of a columnar database: an error, or each value in its place, and the
    /// same however many rows are filled in at once.
    static let columns = FuzzTarget(name: "columns") { bytes in
        var input = FuzzInput(bytes)
        let portion = 1 + input.option(below: 64)
        let capacity = 1 + input.option(below: 130)
        let text = input.bytes
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast(text.last == 0x0A ? 1 : 0)
        let filled = FilledColumns(text, portion: portion, capacity: capacity)
        let once = FilledColumns(text, portion: portion, capacity: 4096)
        try require(
            filled == once,
            "with \(capacity) rows at once it is different: \(filled.failure ?? "no error"), not "
                + "\(once.failure ?? "no error")")
        guard filled.failure == nil else { return }
        let wanted = text.isEmpty ? 0 : lines.count
        try require(filled.rows.count == wanted, "\(filled.rows.count) rows instead of \(wanted)")
        for (line, row) in zip(lines, filled.rows) {
            // What the rows of a package never have may be read in any way.
            guard case .object(let object)? = try? JSONValue(parsing: Array(line)) else { continue }
            for (column, cell) in zip(FilledColumns.columns, row) {
                let value = object[column.name].flatMap { $0.isNull ? nil : $0 }
                try require(
                    (value == nil) == (cell == nil), "\(column.name) is \(value == nil ? "there" : "not there")")
                guard let value, let cell else { continue }
                try require(column.holds(value, cell), "\(column.name) is \(cell) instead of \(value.serialized())")
            }
        }
    }
}

/// The values of rows as they lie in the columns: the bytes of each, of texts those that they stand for.
private struct FilledColumns: Equatable {
    struct ColumnKind: Sendable {
        let name: String
        let form: ColumnForm
        /// Bytes of a value.
        let width: Int
        /// A value is a text, or where it lies.
        let isText: Bool
        /// Whether a value may lie there as these bytes.
        let holds: @Sendable (JSONValue, [UInt8]) -> Bool

        init(
            _ name: String, _ form: ColumnForm, width: Int,
            holds: @escaping @Sendable (JSONValue, [UInt8]) -> Bool = { _, _ in true }
        ) {
            (self.name, self.form, self.width, self.holds) = (name, form, width, holds)
            isText = false
        }

        init(
            _ name: String, view form: RowForm,
            holds: @escaping @Sendable (JSONValue, [UInt8]) -> Bool = { _, _ in true }
        ) {
            (self.name, self.form, width, self.holds) = (name, .view(form), 16, holds)
            isText = true
        }
    }

    static let columns: [ColumnKind] = [
        ColumnKind("text", view: .text) { $0.stringValue.map { Array($0.utf8) } == $1 },
        ColumnKind("zeros", view: .textWithoutZeros) {
            $0.stringValue.map { $0.utf8.filter { $0 != 0 } } == $1
        },
        ColumnKind("plain", view: .plain), ColumnKind("binary", view: .binary),
        ColumnKind("json", view: .json) { (try? JSONValue(parsing: $1)) == $0 },
        ColumnKind("number", view: .number) { value, bytes in
            if case .number(let digits) = value { Array(digits.utf8) == bytes } else { false }
        },
        ColumnKind("int8", .bits(Int8.self, .integer), width: 1, holds: integer),
        ColumnKind("int16", .bits(Int16.self, .integer), width: 2, holds: integer),
        ColumnKind("int32", .bits(Int32.self, .integer), width: 4, holds: integer),
        ColumnKind("int64", .bits(Int64.self, .integer), width: 8, holds: integer),
        ColumnKind("int128", .integer128, width: 16),
        ColumnKind("bool", .bits(Int8.self, .bool), width: 1) { $0.boolValue.map { [$0 ? 1 : 0] } == $1 },
        ColumnKind("double", .bits(Int64.self, .real), width: 8), ColumnKind("exact", .integerAsDouble("d"), width: 8),
        ColumnKind("day", .bits(Int32.self, .day), width: 4),
        ColumnKind("time", .bits(Int64.self, .timeOfDay), width: 8),
        ColumnKind("moment", .bits(Int64.self, .microseconds), width: 8),
        ColumnKind("seconds", .rounded(microseconds: 1_000_000), width: 8),
        ColumnKind("nanoseconds", .nanoseconds("n"), width: 8),
        ColumnKind("decimal4", .scaled(digits: 4, scale: 2, "d"), width: 2, holds: scaled(below: 10_000)),
        ColumnKind("decimal9", .scaled(digits: 9, scale: 0, "d"), width: 4, holds: scaled(below: 1_000_000_000)),
        ColumnKind(
            "decimal18", .scaled(digits: 18, scale: 18, "d"), width: 8, holds: scaled(below: 1_000_000_000_000_000_000)),
        ColumnKind("decimal38", .scaled(digits: 38, scale: 9, "d"), width: 16),
    ]

    /// An integer of 1 to 8 bytes.
    private static func number(_ bytes: [UInt8]) -> Int64 {
        let unsigned = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - bytes.count * 8)
        return Int64(bitPattern: unsigned << unused) >> unused
    }

    /// One that is written with an exponent is left to the forms.
    private static let integer: @Sendable (JSONValue, [UInt8]) -> Bool = { value, bytes in
        guard case .number(let digits) = value, let wanted = Int64(digits) else { return true }
        return number(bytes) == wanted
    }

    private static func scaled(below limit: Int64) -> @Sendable (JSONValue, [UInt8]) -> Bool {
        { _, bytes in (1 - limit...limit - 1).contains(number(bytes)) }
    }

    private(set) var rows: [[[UInt8]?]] = []
    private(set) var failure: String?

    init(_ text: [UInt8], portion: Int, capacity: Int) {
        let job = Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: 100, bytes: 0, checksum: "")
        let columns = FilledColumns.columns.map { kind in
            (column: RowColumn(kind.name, kind.form.rowForm, type: kind.name), form: kind.form)
        }
        // Of exactly the size, so that the sanitizer sees what is written beside it.
        let memory = FilledColumns.columns.map {
            UnsafeMutableRawPointer.allocate(byteCount: $0.width * capacity, alignment: 16)
        }
        defer { for column in memory { column.deallocate() } }
        let blocks = BlockReader(
            source: MemorySource(text, portion: portion), blockBytes: 64, maximumLineBytes: 1 << 20,
            skipsByteOrderMark: false)
        let batches = RowBatches(blocks, of: job, columns: columns.map(\.column))
        let filler = ColumnFiller(columns, capacity: capacity)
        filler.begin(job)
        do {
            while let batch = try batches.next() {
                for first in stride(from: 0, to: batch.rowCount, by: capacity) {
                    let count = min(capacity, batch.rowCount - first)
                    for column in memory.indices { filler.aim(column, at: memory[column]) }
                    try filler.fill(batch, from: first, count: count)
                    for row in 0..<count {
                        rows.append(memory.indices.map { value($0, row, count, memory[$0], filler) })
                    }
                }
            }
        } catch {
            // How many there were before it depends on how many are filled in at once.
            rows = []
            failure = "\(error)"
        }
    }

    /// Nil where there is none.
    private func value(
        _ column: Int, _ row: Int, _ count: Int, _ memory: UnsafeMutableRawPointer, _ filler: ColumnFiller
    ) -> [UInt8]? {
        if let valid = filler.validity(of: column, count: count), valid[row / 64] >> UInt64(row % 64) & 1 == 0 {
            return nil
        }
        let width = FilledColumns.columns[column].width
        let place = UnsafeRawPointer(memory + row * width)
        guard FilledColumns.columns[column].isText else {
            return Array(UnsafeRawBufferPointer(start: place, count: width))
        }
        let length = Int(place.loadUnaligned(as: UInt32.self))
        let start = length <= 12 ? place + 4 : place.loadUnaligned(fromByteOffset: 8, as: UnsafeRawPointer.self)
        return Array(UnsafeRawBufferPointer(start: start, count: length))
    }
}
