import DatasetReaders
import Glibc
import PostgreSQL
import Schemas

/// The rows of a cursor, some hundred kilobytes at a time: while they are looked at, the next ones are on their way.
final class PostgreSQLRows: QueryRows {
    private(set) var columns: [QueryColumn] = []
    private var forms: [Form] = []
    private let query: Query
    private let session: PostgreSQLReadingSession
    /// nil where all rows came at once.
    private let cursor: String?
    private var current: QueryResult?
    private var row = -1
    private var rowCount = 0
    /// Came in before it was needed.
    private var following: QueryResult?
    private var isAsked = false
    private var isAtEnd = false
    /// How many rows are asked for.
    private var portion = 100
    /// By column, what is not written as the server writes it.
    private var texts: [[UInt8]] = []
    /// Room for a time of each column.
    private var times: UnsafeMutablePointer<UInt8>?

    private static let portionBytes = 384 << 10
    private static let mostRows = 10_000

    enum Form { case text, bool, integer, double, number, json, binary, time, timestamp, instant }

    /// The rows of a cursor that was just declared.
    init(cursor: String, _ query: Query, _ session: PostgreSQLReadingSession) throws(QueryFailure) {
        self.cursor = cursor
        self.query = query
        self.session = session
        try ask()
        let first = try session.answer()
        isAsked = false
        describe(first)
        try begin(first)
    }

    init(whole result: QueryResult, _ query: Query, _ session: PostgreSQLReadingSession) {
        cursor = nil
        self.query = query
        self.session = session
        isAtEnd = true
        describe(result)
        current = result
        rowCount = result.rowCount
    }

    deinit {
        close()
        times?.deallocate()
    }

    private func describe(_ result: QueryResult) {
        columns = (0..<result.columnCount).map { place in
            let (type, modifier) = result.columnType(place)
            let form = PostgreSQLTypes.form(type)
            forms.append(form)
            let known = query.types.indices.contains(place) ? query.types[place] : nil
            return QueryColumn(
                name: result.columnName(place), type: known ?? PostgreSQLTypes.dataType(type),
                hasTimezone: form != .timestamp, storedType: PostgreSQLTypes.name(type, modifier))
        }
        texts = Array(repeating: [], count: columns.count)
        times = .allocate(capacity: max(columns.count, 1) * TimeText.room)
    }

    // MARK: Fetching

    private func ask() throws(QueryFailure) {
        guard let cursor else { return }
        try session.ask(self, "FETCH FORWARD \(portion) FROM \(cursor)")
        isAsked = true
    }

    /// Called when the connection is needed for something else.
    func receive() throws(QueryFailure) {
        isAsked = false
        following = try session.answer()
    }

    private func begin(_ result: QueryResult) throws(QueryFailure) {
        current = result
        row = -1
        rowCount = result.rowCount
        if rowCount < portion {
            isAtEnd = true
            return
        }
        portion = PostgreSQLRows.portion(after: result)
        try ask()
    }

    private static func portion(after result: QueryResult) -> Int {
        let sample = min(result.rowCount, 32)
        var bytes = 0
        for row in 0..<sample {
            for column in 0..<result.columnCount { bytes += (result.bytes(row, column)?.count ?? 0) + 16 }
        }
        return min(max(portionBytes / max(bytes / max(sample, 1), 1), 1), mostRows)
    }

    func next() throws(QueryFailure) -> Bool {
        while true {
            row += 1
            if row < rowCount { return true }
            guard !isAtEnd, current != nil else {
                row = rowCount
                return false
            }
            if let interruption = session.control.interruption { throw QueryFailure(interruption) }
            current = nil
            if following == nil { try receive() }
            guard let result = following else { return false }
            following = nil
            try begin(result)
        }
    }

    func close() {
        guard let cursor, current != nil else { return }
        // By us, since this may be the last thing that these rows do.
        if isAsked { _ = try? session.answer() }
        isAsked = false
        forget()
        session.end(cursor: cursor)
    }

    func forget() {
        current = nil
        following = nil
        rowCount = 0
        isAtEnd = true
    }

    // MARK: Cells

    func cell(_ column: Int) -> QueryCell {
        guard let bytes = current?.bytes(row, column) else { return .null }
        return cell(column, bytes)
    }

    func print(into cells: UnsafeMutableBufferPointer<QueryCell>) {
        guard let result = current else { return cells.update(repeating: .null) }
        // Read once for a row, and not for each value.
        let (row, forms) = (row, forms)
        for column in cells.indices {
            guard let bytes = result.bytes(row, column) else {
                cells[column] = .null
                continue
            }
            switch forms[column] {
            case .text: cells[column] = .text(bytes)
            case .integer: cells[column] = .number(bytes)
            // The server writes doubles as we do, but for those with an exponent, and for what is none.
            case .double where PostgreSQLRows.isPlain(bytes): cells[column] = .number(bytes)
            default: cells[column] = cell(column, bytes)
            }
        }
    }

    /// Digits, a sign and a point alone.
    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in bytes where !(0x30...0x39 ~= byte || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")) {
            return false
        }
        return true
    }

    private func cell(_ column: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> QueryCell {
        switch forms[column] {
        case .text: return .text(bytes)
        case .integer: return .integer(PostgreSQLRows.integer(bytes))
        case .number: return .number(bytes)
        case .json: return .json(bytes)
        case .time: return .time(bytes)
        case .bool: return .bool(bytes.first == UInt8(ascii: "t"))
        case .double:
            // The server ends every value with a zero byte.
            guard let start = bytes.baseAddress else { return .null }
            return .double(start.withMemoryRebound(to: CChar.self, capacity: bytes.count + 1) { strtod($0, nil) })
        case .binary:
            texts[column].setBytes(hex: bytes)
            return .binary(view(column))
        case .timestamp, .instant:
            if let room = times.map({ $0 + column * TimeText.room }),
                let count = TimeText.write(bytes, isUTC: false, to: room)
            {
                return .time(UnsafeBufferPointer(start: room, count: count))
            }
            texts[column].set(time: bytes, isUTC: false)
            return .time(view(column))
        }
    }

    private func view(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        // The array stays where it is until it is written again.
        texts[column].withUnsafeBufferPointer { UnsafeBufferPointer(start: $0.baseAddress, count: $0.count) }
    }

    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
        var value: Int64 = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        for byte in bytes[(isNegative ? 1 : 0)...] { value = value &* 10 &- Int64(byte &- 0x30) }
        return isNegative ? value : 0 &- value
    }
}

extension [UInt8] {
    /// `\x00ff`
    fileprivate mutating func setBytes(hex: UnsafeBufferPointer<UInt8>) {
        func digit(_ byte: UInt8) -> UInt8 { byte < 0x3A ? byte &- 0x30 : (byte | 0x20) &- 0x57 }
        removeAll(keepingCapacity: true)
        var place = 2
        while place + 1 < hex.count {
            append(digit(hex[place]) << 4 | digit(hex[place + 1]))
            place += 2
        }
    }
}
