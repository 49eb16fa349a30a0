import DatasetReaders
import DateTimes
import DuckDB
import JSONText
import Schemas
import TableSources

/// The rows of a query, in the chunks in which the library finds them.
final class DuckDBTableRows: TableRows {
    private var cursor: Cursor?
    private let session: DuckDBTableSession
    private let action: String
    private let keys: RecordKeys
    private let columns: [SourceColumn]
    private let forms: [Cursor.Column]
    private var vectors: [ColumnVector] = []
    /// Those of nested types, with their parts.
    private var nested: [NestedVector?] = []
    private var row = -1
    private var rowCount = 0
    private var infinities: [Int]
    private var specials: [Int]

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    init(_ cursor: Cursor, _ columns: [SourceColumn], _ session: DuckDBTableSession, _ action: String) {
        self.cursor = cursor
        self.columns = columns
        self.session = session
        self.action = action
        forms = cursor.columns
        keys = RecordKeys(columns.map(\.name))
        infinities = Array(repeating: 0, count: columns.count)
        specials = infinities
    }

    deinit { close() }

    func infinities(_ column: Int) -> Int { infinities[column] }

    func close() {
        cursor?.close()
        cursor = nil
        rowCount = 0
    }

    func next(_ record: ByteBuffer) throws(TableError) -> Bool {
        row += 1
        if row >= rowCount {
            guard let cursor else { return false }
            let isMore: Bool
            do throws(DuckDBError) { isMore = try cursor.next() } catch {
                close()
                throw session.explained(error, action)
            }
            guard isMore else {
                close()
                return false
            }
            (row, rowCount, vectors) = (0, cursor.rowCount, cursor.vectors)
            nested = forms.indices.map { forms[$0].parts == nil ? nil : NestedVector(forms[$0], vectors[$0]) }
        }
        for column in 0..<keys.count {
            keys.append(column, to: record)
            if let value = nested[column] {
                append(value, row, of: column, to: record)
            } else if vectors[column].isNull(row) {
                record.appendNull()
            } else if [.none, .nanoseconds].contains(columns[column].duckdbCast) {
                append(forms[column], vectors[column], row, of: column, to: record)
            } else {
                append(cast: column, vectors[column], to: record)
            }
        }
        record.append(UInt8(ascii: "}"))
        return true
    }

    /// - Parameter column: that the value belongs to, for remarks.
    private func append(
        _ type: Cursor.Column, _ vector: ColumnVector, _ row: Int, of column: Int, to record: ByteBuffer
    ) {
        switch type.form {
        case .boolean: record.append(json: vector.value(row, as: Int8.self) != 0)
        case .int8: record.append(json: Int64(vector.value(row, as: Int8.self)))
        case .int16: record.append(json: Int64(vector.value(row, as: Int16.self)))
        case .int32: record.append(json: Int64(vector.value(row, as: Int32.self)))
        case .int64: record.append(json: vector.value(row, as: Int64.self))
        case .uint8: record.append(json: Int64(vector.value(row, as: UInt8.self)))
        case .uint16: record.append(json: Int64(vector.value(row, as: UInt16.self)))
        case .uint32: record.append(json: Int64(vector.value(row, as: UInt32.self)))
        case .uint64: record.append(json: vector.value(row, as: UInt64.self))
        case .int128: append(vector.value(row, as: Int128.self), scale: 0, to: record)
        case .float:
            let value = vector.value(row, as: Float.self)
            if !value.isFinite { specials[column] += 1 }
            record.append(json: value)
        case .double:
            let value = vector.value(row, as: Double.self)
            if !value.isFinite { specials[column] += 1 }
            record.append(json: value)
        case .decimal: append(decimal(type, vector, row), scale: type.scale, to: record)
        case .json: record.append(vector.bytes(row))
        case .blob: record.append(binary: vector.bytes(row))
        case .text: record.append(string: vector.bytes(row))
        case .other:
            // The identifier of UUID.
            if type.typeID == 27 { append(uuid: vector.value(row), to: record) } else { record.appendNull() }
        case .date: append(date: vector.value(row, as: Int32.self), column, to: record)
        case .time:
            let time: Int64 = vector.value(row)
            if !record.append(timeOfDay: time) { record.append("\"24:00:00\"") }
        case .seconds, .milliseconds, .microseconds, .nanoseconds, .microsecondsUTC:
            append(timestamp: vector.value(row), type.form, column, to: record)
        }
    }

    /// A text that a cast has made.
    private func append(cast column: Int, _ vector: ColumnVector, to record: ByteBuffer) {
        let text = vector.bytes(row)
        if columns[column].duckdbCast == .json || columns[column].dataType == .wei && NumberForm.isNumber(text) {
            record.append(text)
        } else {
            record.append(string: text)
        }
    }

    private func append(
        _ value: NestedVector, _ row: Int, of column: Int, to record: ByteBuffer
    ) {
        if value.vector.isNull(row) { return record.appendNull() }
        switch value.type.parts {
        case nil: append(value.type, value.vector, row, of: column, to: record)
        case .structure(let members)?:
            if members.isEmpty { return record.append("{}") }
            for (index, part) in value.parts.enumerated() {
                record.append(value.keys[index])
                append(part, row, of: column, to: record)
            }
            record.append(UInt8(ascii: "}"))
        case .list?: append(value, value.vector.elements(row), of: column, to: record)
        case .array(_, let count)?: append(value, (row * count)..<((row + 1) * count), of: column, to: record)
        case .map?:
            record.append(UInt8(ascii: "{"))
            let elements = value.vector.elements(row)
            for element in elements {
                if element > elements.lowerBound { record.append(UInt8(ascii: ",")) }
                append(key: value.parts[0], element, of: column, to: record)
                record.append(UInt8(ascii: ":"))
                append(value.parts[1], element, of: column, to: record)
            }
            record.append(UInt8(ascii: "}"))
        }
    }

    private func append(_ list: NestedVector, _ elements: Range<Int>, of column: Int, to record: ByteBuffer) {
        record.append(UInt8(ascii: "["))
        for element in elements {
            if element > elements.lowerBound { record.append(UInt8(ascii: ",")) }
            append(list.parts[0], element, of: column, to: record)
        }
        record.append(UInt8(ascii: "]"))
    }

    /// A key of a map, which JSON wants to be a text.
    private func append(key: NestedVector, _ row: Int, of column: Int, to record: ByteBuffer) {
        let start = record.count
        append(key, row, of: column, to: record)
        let written = Array(record.bytes[start...])
        guard written.first != UInt8(ascii: "\"") else { return }
        record.truncate(to: start)
        written.withUnsafeBufferPointer { record.append(string: $0) }
    }

    /// The library flips the highest bit, so that these sort as they are written.
    private func append(uuid value: UInt128, to record: ByteBuffer) {
        let bits = value ^ (1 << 127)
        record.append(UInt8(ascii: "\""))
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { record.append(UInt8(ascii: "-")) }
            let digit = UInt8(truncatingIfNeeded: bits >> UInt128(124 - place * 4)) & 15
            record.append(digit < 10 ? digit + 0x30 : digit - 10 + UInt8(ascii: "a"))
        }
        record.append(UInt8(ascii: "\""))
    }

    // MARK: Numbers

    private func decimal(_ type: Cursor.Column, _ vector: ColumnVector, _ row: Int) -> Int128 {
        switch type.digits {
        case ...4: Int128(vector.value(row, as: Int16.self))
        case ...9: Int128(vector.value(row, as: Int32.self))
        case ...18: Int128(vector.value(row, as: Int64.self))
        default: vector.value(row)
        }
    }

    /// An integer with a point before the last `scale` digits.
    private func append(_ value: Int128, scale: Int, to record: ByteBuffer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { digits in
            var place = digits.count
            var written = 0
            func put(_ byte: UInt8) {
                place -= 1
                digits[place] = byte
            }
            var rest = value.magnitude
            while rest > UInt128(UInt64.max) {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                if written == scale, scale > 0 { put(UInt8(ascii: ".")) }
                put(UInt8(truncatingIfNeeded: digit) + 0x30)
                (rest, written) = (quotient, written + 1)
            }
            var small = UInt64(rest)
            while small > 0 || written <= scale {
                if written == scale, scale > 0 { put(UInt8(ascii: ".")) }
                put(UInt8(truncatingIfNeeded: small % 10) + 0x30)
                (small, written) = (small / 10, written + 1)
            }
            if value < 0 { put(UInt8(ascii: "-")) }
            record.append(UnsafeBufferPointer(rebasing: digits[place...]))
        }
    }

    // MARK: Times

    private func append(date days: Int32, _ column: Int, to record: ByteBuffer) {
        if days == .max || days == -.max {
            infinities[column] += 1
            record.append(days > 0 ? "\"9999-12-31\"" : "\"0001-01-01\"")
        } else if !record.append(date: Int(days)) {
            record.append(atMost: 48) { WideTimes.write(date: Int(days), into: $0) - $0 }
        }
    }

    private func append(timestamp value: Int64, _ form: Cursor.Form, _ column: Int, to record: ByteBuffer) {
        let isUTC = form == .microsecondsUTC || columns[column].duckdbCast == .nanoseconds
        if value == .max || value == -.max {
            infinities[column] += 1
            _ = record.append(
                timestamp: value > 0 ? 253_402_300_799_999_999 : -62_135_596_800_000_000, isUTC: isUTC)
            return
        }
        let unitsPerDay: Int64 =
            switch form {
            case .seconds: 86_400
            case .milliseconds: 86_400_000
            case .nanoseconds: 86_400_000_000_000
            default: Self.microsecondsPerDay
            }
        var (days, units) = value.quotientAndRemainder(dividingBy: unitsPerDay)
        if units < 0 { (days, units) = (days - 1, units + unitsPerDay) }
        let timeOfDay = form == .nanoseconds ? units / 1000 : units * (Self.microsecondsPerDay / unitsPerDay)
        guard CivilDate(daysSinceEpoch: Int(days)) != nil else {
            record.append(atMost: 48) { WideTimes.write(date: Int(days), timeOfDay, isUTC: isUTC, into: $0) - $0 }
            return
        }
        _ = record.append(timestamp: days * Self.microsecondsPerDay + timeOfDay, isUTC: isUTC)
        if form == .nanoseconds, units % 1000 != 0 {
            // In the place of the closing quote.
            record.truncate(to: record.count - 1)
            let rest = units % 1000
            if isUTC { record.truncate(to: record.count - 1) }
            for digit in [rest / 100, rest / 10 % 10, rest % 10] {
                record.append(UInt8(truncatingIfNeeded: digit) + 0x30)
            }
            if isUTC { record.append(UInt8(ascii: "Z")) }
            record.append(UInt8(ascii: "\""))
        }
    }

    var remarks: [TableRemark] {
        columns.indices.flatMap { column in
            TableRemark.infinities(columns[column].name, infinities[column])
                + TableRemark.notNumbers(columns[column].name, specials[column])
        }
    }
}
