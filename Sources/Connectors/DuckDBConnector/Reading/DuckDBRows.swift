import DatasetReaders
import DateTimes
import DuckDB
import Schemas

/// The rows of a query, in the chunks in which the library finds them.
final class DuckDBRows: QueryRows {
    let columns: [QueryColumn]
    private let forms: [Cursor.Column]
    private var cursor: Cursor?
    private let session: DuckDBReadingSession
    private var vectors: [ColumnVector] = []
    private var row = -1
    private var rowCount = 0
    /// By column, values that are written out: numbers of many digits, and times.
    private var texts: [[UInt8]]

    /// - Parameter described: the columns as the query has them.
    init(_ cursor: Cursor, described: [Cursor.Column], _ query: Query, _ session: DuckDBReadingSession) {
        self.cursor = cursor
        self.session = session
        forms = cursor.columns
        columns = described.enumerated().map { place, column in
            let known = query.types.indices.contains(place) ? query.types[place] : nil
            return QueryColumn(
                name: column.name, type: known ?? DuckDBTypes.dataType(column),
                hasTimezone: column.form == .microsecondsUTC, storedType: DuckDBTypes.name(column))
        }
        texts = Array(repeating: [], count: columns.count)
    }

    deinit { close() }

    func close() {
        guard let open = cursor else { return }
        cursor = nil
        rowCount = 0
        session.close(open)
    }

    func next() throws(QueryFailure) -> Bool {
        row += 1
        if row < rowCount { return true }
        guard let cursor else { return false }
        let isMore: Bool
        do throws(DuckDBError) { isMore = try cursor.next() } catch {
            rowCount = 0
            throw session.failure(error)
        }
        guard isMore else {
            close()
            return false
        }
        (row, rowCount, vectors) = (0, cursor.rowCount, cursor.vectors)
        return true
    }

    func cell(_ column: Int) -> QueryCell {
        guard row < rowCount else { return .null }
        let vector = vectors[column]
        if vector.isNull(row) { return .null }
        switch forms[column].form {
        case .boolean: return .bool(vector.value(row, as: Int8.self) != 0)
        case .int8: return .integer(Int64(vector.value(row, as: Int8.self)))
        case .int16: return .integer(Int64(vector.value(row, as: Int16.self)))
        case .int32: return .integer(Int64(vector.value(row, as: Int32.self)))
        case .int64: return .integer(vector.value(row))
        case .uint8: return .integer(Int64(vector.value(row, as: UInt8.self)))
        case .uint16: return .integer(Int64(vector.value(row, as: UInt16.self)))
        case .uint32: return .integer(Int64(vector.value(row, as: UInt32.self)))
        case .uint64: return number(column, Int128(vector.value(row, as: UInt64.self)))
        case .int128: return number(column, vector.value(row, as: Int128.self))
        case .float: return .double(Double("\(vector.value(row, as: Float.self))") ?? .nan)
        case .double: return .double(vector.value(row))
        case .decimal: return decimal(column, vector)
        case .text, .other: return .text(vector.bytes(row))
        case .json: return .json(vector.bytes(row))
        case .blob: return .binary(vector.bytes(row))
        case .date, .time, .seconds, .milliseconds, .microseconds, .nanoseconds, .microsecondsUTC:
            return time(column, vector)
        }
    }

    // MARK: Values that are written out

    private func view(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        // The array stays where it is until it is written again.
        texts[column].withUnsafeBufferPointer { UnsafeBufferPointer(start: $0.baseAddress, count: $0.count) }
    }

    private func number(_ column: Int, _ value: Int128) -> QueryCell {
        if let small = Int64(exactly: value) { return .integer(small) }
        texts[column].set(value, scale: 0)
        return .number(view(column))
    }

    private func decimal(_ column: Int, _ vector: ColumnVector) -> QueryCell {
        let value: Int128 =
            switch forms[column].digits {
            case ...4: Int128(vector.value(row, as: Int16.self))
            case ...9: Int128(vector.value(row, as: Int32.self))
            case ...18: Int128(vector.value(row, as: Int64.self))
            default: vector.value(row)
            }
        texts[column].set(value, scale: forms[column].scale)
        return .number(view(column))
    }

    private func time(_ column: Int, _ vector: ColumnVector) -> QueryCell {
        let microsecondsOfDay: Int64 = 86_400_000_000
        let form = forms[column].form
        // Beyond what four digits of a year hold, and infinity: as text in days or microseconds would mean nothing to a reader.
        switch form {
        case .date:
            let days = Int64(vector.value(row, as: Int32.self))
            guard let microseconds = days.times(microsecondsOfDay), write(column, microseconds, isUTC: false) else {
                return beyond(column, days == Int64(Int32.max), days == -Int64(Int32.max))
            }
            texts[column].removeLast(16)
            return .time(view(column))
        case .time:
            guard write(column, vector.value(row), isUTC: false) else { return .null }
            texts[column].removeFirst(11)
            texts[column].trimFraction()
            return .time(view(column))
        default:
            let value: Int64 = vector.value(row)
            let microseconds: Int64? =
                switch form {
                case .seconds: value.times(1_000_000)
                case .milliseconds: value.times(1000)
                case .nanoseconds: value == .max || value == -.max ? nil : value.flooredQuotient(1000)
                default: value
                }
            let isUTC = form == .microsecondsUTC
            guard let microseconds, write(column, microseconds, isUTC: false) else {
                return beyond(column, value == .max, value == -.max)
            }
            if form == .nanoseconds {
                let rest = value - microseconds * 1000
                texts[column] += [0x30 + UInt8(rest / 100), 0x30 + UInt8(rest / 10 % 10), 0x30 + UInt8(rest % 10)]
            }
            texts[column].trimFraction()
            if isUTC { texts[column].append(UInt8(ascii: "Z")) }
            return .time(view(column))
        }
    }

    private func beyond(_ column: Int, _ isInfinite: Bool, _ isNegative: Bool) -> QueryCell {
        texts[column] = Array((isInfinite ? "infinity" : isNegative ? "-infinity" : "beyond 9999").utf8)
        return .time(view(column))
    }

    /// Whether it is in the years from 1 to 9999.
    private func write(_ column: Int, _ microseconds: Int64, isUTC: Bool) -> Bool {
        guard -62_135_596_800_000_000..<253_402_300_800_000_000 ~= microseconds else { return false }
        texts[column].removeAll(keepingCapacity: true)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TemporalWriter.maxCount) { buffer in
            guard let start = buffer.baseAddress else { return }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: isUTC, into: start)
            texts[column].append(contentsOf: buffer[..<count])
        }
        return true
    }
}

extension Int64 {
    fileprivate func times(_ factor: Int64) -> Int64? {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}

extension [UInt8] {
    /// Puts in the digits of a number, with a point before the last `scale` of them.
    fileprivate mutating func set(_ value: Int128, scale: Int) {
        removeAll(keepingCapacity: true)
        var rest = value.magnitude
        var digits = 0
        // From the end.
        while rest > UInt128(UInt64.max) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            if digits == scale, scale > 0 { append(UInt8(ascii: ".")) }
            append(UInt8(truncatingIfNeeded: digit) + 0x30)
            (rest, digits) = (quotient, digits + 1)
        }
        var small = UInt64(rest)
        while small > 0 || digits <= scale {
            if digits == scale, scale > 0 { append(UInt8(ascii: ".")) }
            append(UInt8(truncatingIfNeeded: small % 10) + 0x30)
            (small, digits) = (small / 10, digits + 1)
        }
        if value < 0 { append(UInt8(ascii: "-")) }
        reverse()
    }
}
