import DatasetReaders
import Destinations
import SQLite
import Schemas

/// The rows of a statement, one step at a time; cells lie where the library has them.
final class SQLiteRows: QueryRows {
    let columns: [QueryColumn]
    private let forms: [Form]
    private var statement: Statement?
    private let session: SQLiteReadingSession
    /// The texts of times, which are written anew: room for one of each column.
    private let times: UnsafeMutablePointer<UInt8>
    /// Those of an unusual form.
    private var otherTimes: [[UInt8]] = []

    /// What is made of a value besides what SQLite knows of it.
    private enum Form { case plain, unknown, bool, number, json, timestamp, date, time }

    init(_ statement: Statement, _ query: Query, _ session: SQLiteReadingSession) {
        self.statement = statement
        self.session = session
        columns = (0..<statement.columnCount).map { place in
            let declared = query.isExplained ? nil : statement.declaredType(place)
            let known = query.types.indices.contains(place) ? query.types[place] : nil
            return QueryColumn(
                name: statement.columnName(place), type: known ?? declared.flatMap { SQLiteTypes.dataType($0) },
                storedType: declared ?? "")
        }
        forms = columns.map { column in
            switch column.type {
            case .bool: .bool
            case .decimal, .wei: .number
            case .json: .json
            case .timestamp: .timestamp
            case .date: .date
            case .time: .time
            case .text, .bigint, .double, .binary: .plain
            // An expression: `max(at)` is a time where its text is one of dlt's.
            case nil: .unknown
            }
        }
        times = .allocate(capacity: max(columns.count, 1) * TimeText.room)
        otherTimes = Array(repeating: [], count: columns.count)
    }

    deinit { times.deallocate() }

    func next() throws(QueryFailure) -> Bool {
        guard let statement else { return false }
        do throws(SQLiteError) {
            if try statement.step() { return true }
            // Another step would begin anew.
            self.statement = nil
            return false
        } catch {
            self.statement = nil
            throw session.failure(error)
        }
    }

    func cell(_ column: Int) -> QueryCell {
        guard let statement else { return .null }
        return cell(column, statement)
    }

    func print(into cells: UnsafeMutableBufferPointer<QueryCell>) {
        guard let statement else { return cells.update(repeating: .null) }
        for column in cells.indices { cells[column] = cell(column, statement) }
    }

    @inline(__always)
    private func cell(_ column: Int, _ statement: Statement) -> QueryCell {
        let form = forms[column]
        switch statement.type(column) {
        case .null: return .null
        case .integer:
            let value = statement.int64(column)
            if form == .bool, value == 0 || value == 1 { return .bool(value == 1) }
            return .integer(value)
        case .float: return .double(statement.double(column))
        case .blob:
            let bytes = statement.blob(column)
            return .binary(bytes.bindMemory(to: UInt8.self))
        case .text:
            let text = statement.text(column)
            switch form {
            case .bool, .plain: return .text(text)
            case .unknown:
                return SQLiteRows.isTime(text) ? time(text, column) : .text(text)
            case .number: return NumberForm.isNumber(text) ? .number(text) : .text(text)
            case .json: return .json(text)
            case .date: return .time(text)
            case .time, .timestamp:
                // dlt's times are UTC there, and do not say so.
                return time(text, column)
            }
        }
    }

    private func time(_ text: UnsafeBufferPointer<UInt8>, _ column: Int) -> QueryCell {
        let room = times + column * TimeText.room
        if let count = TimeText.write(text, isUTC: true, to: room) {
            return .time(UnsafeBufferPointer(start: room, count: count))
        }
        otherTimes[column].set(time: text, isUTC: true)
        // The array stays where it is until it is written again.
        return otherTimes[column].withUnsafeBufferPointer {
            .time(UnsafeBufferPointer(start: $0.baseAddress, count: $0.count))
        }
    }

    /// Whether a text is exactly as dlt writes timestamps: `2024-01-15 08:00:00.123456`.
    private static func isTime(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == 26, text[10] == UInt8(ascii: " "), text[19] == UInt8(ascii: ".") else { return false }
        for (place, mark) in zip(text.indices, "0000-00-00 00:00:00.000000".utf8) {
            if mark == UInt8(ascii: "0") ? !(0x30...0x39 ~= text[place]) : text[place] != mark { return false }
        }
        return true
    }

    func close() { statement = nil }
}
