import Coercion
import Destinations
import Digests
import Glibc
import JSONText
import LoadPackages
import SQLite
import Schemas

/// Inserts the rows of one job, straight from their text.
///
/// Each row is scanned once; numbers are converted, and strings are bound where they lie. What has another form in the
/// database (escapes, timestamps, Base64) is rewritten in place, which always fits because no form is longer than its
/// text. So a row costs no allocation and no copy on this side.
final class RowInserter {
    /// Rows of one INSERT; more bring nothing.
    private static let batchRows = 20

    private enum Form {
        case text, verbatim, integer, real, bool, number, json, timestamp, binary
    }

    private struct Place {
        /// Where the column's name is in `names`.
        var nameStart: Int
        var nameCount: Int
        var form: Form
        /// The column whose key is expected next: what followed the last time.
        var successor: Int
        /// The last row that had a value, to tell duplicates and absentees.
        var lastRow: Int
    }

    private let insert: RowInsert
    private let file: String
    private let count: Int
    /// One for each column, and one more for the beginning of a row.
    private let places: UnsafeMutablePointer<Place>
    private let names: ByteBuffer
    private let placeByName: [[UInt8]: Int]
    private var row = 0

    private let single: Statement
    private let batch: Statement?
    private let batchSize: Int

    private let tape = JSONTape()
    private let scratch = ByteBuffer()
    /// Lines of the batch to come, as offsets in the block.
    private var lines: [Range<Int>] = []

    init(_ insert: RowInsert, database: Database, file: String) throws(DestinationError) {
        let columns = SQLitePrinter.columns(of: insert)
        let count = columns.count
        batchSize = min(RowInserter.batchRows, database.limit(.variables) / max(count, 1))
        do {
            single = try database.prepare(SQLitePrinter.insertion(insert, rowCount: 1))
            batch =
                batchSize > 1 && insert.job.rows >= batchSize
                ? try database.prepare(SQLitePrinter.insertion(insert, rowCount: batchSize)) : nil
        } catch { throw DestinationError(error, unableTo: "insert into table \"\(insert.table)\"", file: file) }
        self.insert = insert
        self.file = file
        self.count = count
        names = ByteBuffer()
        places = .allocate(capacity: count + 1)
        var placeByName: [[UInt8]: Int] = [:]
        for (index, column) in columns.enumerated() {
            let name = Array(column.name.utf8)
            (places + index).initialize(
                to: Place(
                    nameStart: names.count, nameCount: name.count, form: RowInserter.form(column.dataType),
                    successor: (index + 1) % count, lastRow: 0))
            names.append(name)
            placeByName[name] = index
        }
        (places + count).initialize(to: Place(nameStart: 0, nameCount: -1, form: .text, successor: 0, lastRow: 0))
        self.placeByName = placeByName
    }

    deinit { places.deallocate() }

    private static func form(_ type: DataType?) -> Form {
        switch type {
        case .text, nil: .text
        case .bigint: .integer
        case .double: .real
        case .bool: .bool
        // Bound as text, so that the column's affinity keeps every digit that it can hold.
        case .decimal, .wei: .number
        case .json: .json
        case .timestamp: .timestamp
        case .binary: .binary
        case .date, .time: .verbatim
        }
    }

    /// Inserts all rows of a block of whole lines, which it rewrites; returns how many they were.
    func insert(_ block: UnsafeRawBufferPointer) throws -> Int {
        guard let start = block.baseAddress else { return 0 }
        // The reader's memory is its own and hands each block out once, so nobody sees that it changes.
        let base = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        let first = row
        var position = 0
        while true {
            lines.removeAll(keepingCapacity: true)
            while lines.count < batchSize, position < block.count {
                let newline = memchr(base + position, 0x0A, block.count - position)
                let end = newline.map { $0 - UnsafeMutableRawPointer(base) } ?? block.count
                if end > position { lines.append(position..<end) }
                position = end + 1
            }
            if lines.isEmpty { return row - first }
            if let batch, lines.count == batchSize {
                for index in 0..<batchSize { try bind(base, lines[index], batch, index * count) }
                try run(batch, rows: batchSize)
            } else {
                for line in lines {
                    try bind(base, line, single, 0)
                    try run(single, rows: 1)
                }
            }
        }
    }

    private func run(_ statement: Statement, rows: Int) throws(DestinationError) {
        do { try statement.run() } catch { throw explained(error, rows) }
    }

    /// Binds the values of one line to the parameters behind `offset`.
    private func bind(
        _ base: UnsafeMutablePointer<UInt8>, _ range: Range<Int>, _ statement: Statement, _ offset: Int
    ) throws {
        row += 1
        let start = base + range.lowerBound
        let line = UnsafeBufferPointer(start: start, count: range.count)
        do throws(JSONSyntaxError) { try tape.scan(line) } catch { throw damaged("is not JSON: \(error)") }
        let nodes = tape.nodes
        guard nodes[0].kind == .object else { throw damaged("is not an object") }
        var bound = 0
        var key = 1
        var previous = count
        for _ in 0..<Int(nodes[0].count) {
            let value = key + 1
            if let place = try place(of: nodes[key], start, after: previous) {
                if places[place].lastRow != row {
                    places[place].lastRow = row
                    bound += 1
                }
                try bind(nodes[value], start, place, statement, offset + place + 1)
                previous = place
            }
            key = Int(nodes[value].next)
        }
        guard bound < count else { return }
        for place in 0..<count where places[place].lastRow != row { try statement.bindNull(offset + place + 1) }
    }

    @inline(__always)
    private func place(of key: TapeNode, _ line: UnsafeMutablePointer<UInt8>, after previous: Int) throws -> Int? {
        let expected = places[previous].successor
        let length = Int(key.end - key.start)
        if places[expected].nameCount == length, !key.hasEscapes,
            memcmp(names.bytes.baseAddress.unsafelyUnwrapped + places[expected].nameStart, line + Int(key.start), length) == 0
        {
            return expected
        }
        return try search(key, UnsafeBufferPointer(start: line + Int(key.start), count: length), after: previous)
    }

    @inline(never)
    private func search(_ key: TapeNode, _ bytes: UnsafeBufferPointer<UInt8>, after previous: Int) throws -> Int? {
        var name = Array(bytes)
        if key.hasEscapes {
            scratch.removeAll()
            appendUnescaped(bytes, to: scratch)
            name = Array(scratch.bytes)
        }
        // dlt knows columns without a name, databases do not.
        if name.isEmpty { return nil }
        guard let place = placeByName[name] else {
            throw damaged("has a value for \"\(String(decoding: name, as: UTF8.self))\", a column that the schema lacks")
        }
        places[previous].successor = place
        return place
    }

    @inline(__always)
    private func bind(
        _ node: TapeNode, _ line: UnsafeMutablePointer<UInt8>, _ place: Int, _ statement: Statement, _ index: Int
    ) throws {
        let start = line + Int(node.start)
        let bytes = UnsafeBufferPointer(start: start, count: Int(node.end - node.start))
        switch (places[place].form, node.kind) {
        case (_, .null): try statement.bindNull(index)
        case (.text, .string):
            try statement.bind(index, text: node.hasEscapes ? unescapeInPlace(start, bytes) : bytes)
        case (.integer, .integer):
            guard let value = NumberText.int64(bytes) else { throw mismatch(bytes, place) }
            try statement.bind(index, value)
        case (.real, .real), (.real, .integer):
            guard let value = DoubleText.value(bytes) else { throw mismatch(bytes, place) }
            try statement.bind(index, value)
        case (.bool, .true): try statement.bind(index, 1 as Int64)
        case (.bool, .false): try statement.bind(index, 0 as Int64)
        case (.number, .integer), (.number, .real): try statement.bind(index, text: bytes)
        case (.json, .string):
            // With its quotes: the column holds JSON.
            try statement.bind(index, text: UnsafeBufferPointer(start: start - 1, count: bytes.count + 2))
        case (.json, _): try statement.bind(index, text: bytes)
        case (.timestamp, .string):
            guard bytes.count >= 26, start[10] == UInt8(ascii: "T"), !node.hasEscapes else { throw mismatch(bytes, place) }
            start[10] = UInt8(ascii: " ")
            try statement.bind(index, text: UnsafeBufferPointer(start: start, count: 26))
        case (.verbatim, .string) where !node.hasEscapes: try statement.bind(index, text: bytes)
        case (.binary, .string):
            guard !node.hasEscapes, let decoded = Base64.decode(UnsafeRawBufferPointer(bytes)) else {
                throw mismatch(bytes, place)
            }
            decoded.withUnsafeBufferPointer { if let source = $0.baseAddress { memcpy(start, source, $0.count) } }
            try statement.bind(index, blob: UnsafeRawBufferPointer(start: start, count: decoded.count))
        default: throw mismatch(bytes, place)
        }
    }

    private func unescapeInPlace(
        _ start: UnsafeMutablePointer<UInt8>, _ escaped: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8> {
        scratch.removeAll()
        appendUnescaped(escaped, to: scratch)
        let characters = scratch.bytes
        if let source = characters.baseAddress { memcpy(start, source, characters.count) }
        return UnsafeBufferPointer(start: start, count: characters.count)
    }

    // MARK: Errors

    private func damaged(_ reason: String) -> DestinationError {
        DestinationError(.data, "unable to insert into table \"\(insert.table)\": row \(row) of \(insert.job.file) \(reason)")
    }

    private func mismatch(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> DestinationError {
        let column = SQLitePrinter.columns(of: insert)[place]
        let value = String(decoding: bytes.prefix(60), as: UTF8.self) + (bytes.count > 60 ? "…" : "")
        return damaged("has \(value) in column \"\(column.name)\", which is \(column.dataType?.rawValue ?? "text")")
    }

    private func explained(_ error: SQLiteError, _ rows: Int) -> DestinationError {
        guard error.isConstraint else {
            return DestinationError(error, unableTo: "insert into table \"\(insert.table)\"", file: file)
        }
        let place = rows == 1 ? "row \(row)" : "rows \(row - rows + 1) to \(row)"
        return DestinationError(
            .data, "unable to insert into table \"\(insert.table)\": \(error.message) (\(place) of \(insert.job.file))",
            hint: "the table in the database demands what the data does not give")
    }
}
