import Coercion
import Destinations
import Digests
import Glibc
import JSONText
import JobRows
import LoadPackages
import SQLite
import Schemas

/// Inserts the rows of one job, straight from their text.
///
/// Each row is looked at once; numbers are converted, and strings are bound where they lie. What has another form in the
/// database (escapes, timestamps, Base64) is rewritten in place, which always fits because no form is longer than its
/// text. So a row costs no allocation and no copy on this side.
///
/// Everything that changes is behind pointers or local: a property of a class would be guarded on every access.
final class RowInserter {
    /// Rows of one INSERT; more bring nothing.
    private static let batchRows = 20

    private enum Form {
        case text, verbatim, integer, real, bool, number, json, timestamp, binary
    }

    private struct Place {
        /// `"name":` as rows have it, in `labels`.
        var labelStart: Int
        var labelCount: Int
        var form: Form
        /// The column whose key is expected next: what followed the last time.
        var successor: Int
        /// The last row that had a value, to tell duplicates and absentees.
        var lastRow: Int
    }

    /// A statement and which of its parameters hold a value; the others are NULL and need not be bound again.
    private final class Target {
        let statement: Statement
        let isBound: UnsafeMutablePointer<Bool>

        init(_ statement: Statement) {
            self.statement = statement
            isBound = .allocate(capacity: statement.parameterCount + 1)
            isBound.initialize(repeating: false, count: statement.parameterCount + 1)
        }

        deinit { isBound.deallocate() }
    }

    private let insert: RowInsert
    private let file: String
    private let count: Int
    /// One for each column, and one more for the beginning of a row.
    private let places: UnsafeMutablePointer<Place>
    private let labels: UnsafeMutablePointer<UInt8>
    private let placeByName: [[UInt8]: Int]
    private var rowCount = 0

    private let single: Target
    private let batch: Target?
    private let batchSize: Int

    init(_ insert: RowInsert, database: Database, file: String) throws(DestinationError) {
        let columns = SQLitePrinter.columns(of: insert)
        let count = columns.count
        batchSize = max(min(RowInserter.batchRows, database.limit(.variables) / max(count, 1)), 1)
        do {
            single = Target(try database.prepare(SQLitePrinter.insertion(insert, rowCount: 1)))
            batch =
                batchSize > 1 && insert.job.rows >= batchSize
                ? Target(try database.prepare(SQLitePrinter.insertion(insert, rowCount: batchSize))) : nil
        } catch { throw DestinationError(error, unableTo: "insert into table \"\(insert.table)\"", file: file) }
        self.insert = insert
        self.file = file
        self.count = count
        places = .allocate(capacity: count + 1)
        var text: [UInt8] = []
        var placeByName: [[UInt8]: Int] = [:]
        for (index, column) in columns.enumerated() {
            let start = text.count
            appendJSONString(column.name, to: &text)
            text.append(UInt8(ascii: ":"))
            (places + index).initialize(
                to: Place(
                    labelStart: start, labelCount: text.count - start, form: RowInserter.form(column.dataType),
                    successor: (index + 1) % count, lastRow: 0))
            placeByName[Array(column.name.utf8)] = index
        }
        (places + count).initialize(to: Place(labelStart: 0, labelCount: 0, form: .text, successor: 0, lastRow: 0))
        labels = .allocate(capacity: max(text.count, 1))
        labels.initialize(from: text, count: text.count)
        self.placeByName = placeByName
    }

    deinit {
        places.deallocate()
        labels.deallocate()
    }

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
    ///
    /// - Parameter block: with readable zeros behind it, as `BlockReader` hands it out.
    func insert(_ block: UnsafeRawBufferPointer) throws -> Int {
        guard let start = block.baseAddress else { return 0 }
        // The reader's memory is its own and hands each block out once, so nobody sees that it changes.
        let base = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        let first = rowCount
        var row = first
        var position = 0
        let ends = UnsafeMutablePointer<Int>.allocate(capacity: batchSize + 1)
        defer { ends.deallocate() }
        while position < block.count {
            // Whole batches only: what is left of the block goes row by row.
            var lines = 0
            ends[0] = position
            while lines < batchSize, ends[lines] < block.count {
                let newline = memchr(base + ends[lines], 0x0A, block.count - ends[lines])
                ends[lines + 1] = newline.map { $0 - UnsafeMutableRawPointer(base) + 1 } ?? block.count
                lines += 1
            }
            position = ends[lines]
            if let batch, lines == batchSize {
                for index in 0..<lines {
                    row += 1
                    try bind(base, ends[index], batch, index * count, row)
                }
                try run(batch, rows: lines, until: row)
            } else {
                for index in 0..<lines {
                    row += 1
                    try bind(base, ends[index], single, 0, row)
                    try run(single, rows: 1, until: row)
                }
            }
        }
        rowCount = row
        return row - first
    }

    private func run(_ target: Target, rows: Int, until row: Int) throws {
        do { try target.statement.run() } catch { throw explained(error, rows, until: row) }
    }

    /// Binds the values of the line at `start` to the parameters behind `offset`.
    private func bind(
        _ base: UnsafeMutablePointer<UInt8>, _ start: Int, _ target: Target, _ offset: Int, _ row: Int
    ) throws {
        guard base[start] == UInt8(ascii: "{") else { throw damaged("is not an object", row) }
        var position = start + 1
        var previous = count
        var bound = 0
        if base[position] == UInt8(ascii: "}") {
            position += 1
        } else {
            while true {
                var place = places[previous].successor
                let length = places[place].labelCount
                if count > 0, isLabel(place, length, base + position) {
                    position += length
                } else {
                    guard let found = try search(base, &position, row) else {
                        guard next(base, &position) else { break }
                        continue
                    }
                    place = found
                    places[previous].successor = place
                }
                previous = place
                if try bind(base, &position, place, target, offset + place + 1, row) {
                    if places[place].lastRow != row { bound += 1 }
                    places[place].lastRow = row
                }
                let byte = base[position]
                if byte == UInt8(ascii: ",") {
                    position += 1
                } else if byte == UInt8(ascii: "}") {
                    position += 1
                    break
                } else if !next(base, &position) {
                    break
                }
            }
        }
        if base[position] != 0x0A, base[position] != 0 {
            throw damaged("is not JSON at byte \(position - start + 1)", row)
        }
        guard bound < count else { return }
        for place in 0..<count where places[place].lastRow != row && target.isBound[offset + place + 1] {
            target.isBound[offset + place + 1] = false
            try target.statement.bindNull(offset + place + 1)
        }
    }

    /// Goes past what separates two members, with spaces around it; false behind the last one.
    private func next(_ base: UnsafeMutablePointer<UInt8>, _ position: inout Int) -> Bool {
        position = RowText.skipSpaces(base, from: position)
        let byte = base[position]
        // Anything else is noticed where the row must end.
        if byte == UInt8(ascii: "}") { position = RowText.skipSpaces(base, from: position + 1) }
        guard byte == UInt8(ascii: ",") else { return false }
        position = RowText.skipSpaces(base, from: position + 1)
        return true
    }

    /// Compares up to the first difference, and so never reads past the end of the line.
    @inline(__always)
    private func isLabel(_ place: Int, _ length: Int, _ text: UnsafeMutablePointer<UInt8>) -> Bool {
        let label = labels + places[place].labelStart
        var index = 0
        while index < length {
            if label[index] != text[index] { return false }
            index += 1
        }
        return true
    }

    /// Reads a key that was not expected. Returns nil, past its value, for one that no database has a column for.
    @inline(never)
    private func search(_ base: UnsafeMutablePointer<UInt8>, _ position: inout Int, _ row: Int) throws -> Int? {
        let start = RowText.skipSpaces(base, from: position)
        guard base[start] == UInt8(ascii: "\""), let end = RowText.string(base, from: start + 1) else {
            throw damaged("is not JSON: expected a key", row)
        }
        var name = Array(UnsafeBufferPointer(start: base + start + 1, count: end.offset - start - 1))
        if end.hasEscapes {
            name.append(0)
            let length = name.count - 1
            name = name.withUnsafeMutableBufferPointer { text in
                guard let first = text.baseAddress, let end = RowText.unescape(first, from: 0, to: length) else {
                    return []
                }
                return Array(text[..<end])
            }
        }
        let colon = RowText.skipSpaces(base, from: end.offset + 1)
        guard base[colon] == UInt8(ascii: ":") else { throw damaged("is not JSON: expected a colon", row) }
        position = RowText.skipSpaces(base, from: colon + 1)
        // dlt knows columns without a name, databases do not.
        if name.isEmpty, let end = RowText.value(base, from: position) {
            position = end
            return nil
        }
        guard let place = placeByName[name] else {
            let name = String(decoding: name, as: UTF8.self)
            throw damaged("has a value for \"\(name)\", a column that the schema lacks", row)
        }
        return place
    }

    /// Binds the value at `position` and goes past it; false for null.
    @inline(__always)
    private func bind(
        _ base: UnsafeMutablePointer<UInt8>, _ position: inout Int, _ place: Int, _ target: Target, _ index: Int,
        _ row: Int
    ) throws -> Bool {
        let start = position
        let statement = target.statement
        @inline(__always) func text(_ from: Int, _ to: Int) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(start: base + from, count: to - from)
        }
        switch (base[start], places[place].form) {
        case (UInt8(ascii: "\""), .text):
            guard let end = RowText.string(base, from: start + 1) else { throw damaged("is cut off", row) }
            position = end.offset + 1
            if end.hasEscapes {
                guard let last = RowText.unescape(base, from: start + 1, to: end.offset) else {
                    throw damaged("has a malformed escape", row)
                }
                try statement.bind(index, text: text(start + 1, last))
            } else {
                try statement.bind(index, text: text(start + 1, end.offset))
            }
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), .integer), (UInt8(ascii: "-"), .integer):
            position = RowText.number(base, from: start)
            guard let value = NumberToken.int64(text(start, position)) else { throw mismatch(base, start, place, row) }
            try statement.bind(index, value)
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), .real), (UInt8(ascii: "-"), .real):
            position = RowText.number(base, from: start)
            guard let value = DoubleText.value(text(start, position)) else { throw mismatch(base, start, place, row) }
            try statement.bind(index, value)
        case (UInt8(ascii: "\""), .timestamp):
            guard let end = RowText.string(base, from: start + 1), !end.hasEscapes, end.offset - start >= 27,
                base[start + 11] == UInt8(ascii: "T")
            else { throw mismatch(base, start, place, row) }
            position = end.offset + 1
            base[start + 11] = UInt8(ascii: " ")
            try statement.bind(index, text: text(start + 1, start + 27))
        case (UInt8(ascii: "n"), _) where RowText.isWord("null", base, at: start):
            position = start + 4
            return false
        case (UInt8(ascii: "t"), .bool) where RowText.isWord("true", base, at: start):
            position = start + 4
            try statement.bind(index, 1 as Int64)
        case (UInt8(ascii: "f"), .bool) where RowText.isWord("false", base, at: start):
            position = start + 5
            try statement.bind(index, 0 as Int64)
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), .number), (UInt8(ascii: "-"), .number):
            position = RowText.number(base, from: start)
            try statement.bind(index, text: text(start, position))
        case (_, .json):
            guard let end = RowText.value(base, from: start) else { throw damaged("is cut off", row) }
            position = end
            try statement.bind(index, text: text(start, end))
        case (UInt8(ascii: "\""), .verbatim):
            guard let end = RowText.string(base, from: start + 1), !end.hasEscapes else {
                throw mismatch(base, start, place, row)
            }
            position = end.offset + 1
            try statement.bind(index, text: text(start + 1, end.offset))
        case (UInt8(ascii: "\""), .binary):
            guard let end = RowText.string(base, from: start + 1), !end.hasEscapes,
                let decoded = Base64.decode(UnsafeRawBufferPointer(text(start + 1, end.offset)))
            else { throw mismatch(base, start, place, row) }
            position = end.offset + 1
            decoded.withUnsafeBufferPointer {
                if let source = $0.baseAddress { memcpy(base + start, source, $0.count) }
            }
            try statement.bind(index, blob: UnsafeRawBufferPointer(start: base + start, count: decoded.count))
        default: throw mismatch(base, start, place, row)
        }
        target.isBound[index] = true
        return true
    }

    // MARK: Errors

    private func damaged(_ reason: String, _ row: Int) -> DestinationError {
        DestinationError(
            .data, "unable to insert into table \"\(insert.table)\": row \(row) of \(insert.job.file) \(reason)")
    }

    private func mismatch(_ base: UnsafeMutablePointer<UInt8>, _ start: Int, _ place: Int, _ row: Int)
        -> DestinationError
    {
        let column = SQLitePrinter.columns(of: insert)[place]
        let end = min(RowText.value(base, from: start) ?? start, start + 60)
        let value = String(decoding: UnsafeBufferPointer(start: base + start, count: end - start), as: UTF8.self)
        return damaged(
            "has \(value) in column \"\(column.name)\", which is \(column.dataType?.rawValue ?? "text")", row)
    }

    private func explained(_ error: SQLiteError, _ rows: Int, until row: Int) -> DestinationError {
        guard error.isConstraint else {
            return DestinationError(error, unableTo: "insert into table \"\(insert.table)\"", file: file)
        }
        let place = rows == 1 ? "row \(row)" : "rows \(row - rows + 1) to \(row)"
        return DestinationError(
            .data, "unable to insert into table \"\(insert.table)\": \(error.message) (\(place) of \(insert.job.file))",
            hint: "the table in the database demands what the data does not give")
    }
}
