import JSONText
import MariaDB
import TableSources

/// The rows of a selection. Values arrive as text, which for numbers is almost JSON already.
final class MariaDBTableRows: TableRows {
    private var rows: Rows?
    private let keys: RecordKeys
    private let forms: [Form]
    private let names: [String]
    private let action: String
    private let tape = JSONTape()
    /// By column, the number of dates that no calendar has.
    private var zeroDates: [Int]

    /// How a value is written.
    private enum Form {
        case number, bits, float, double, text, bytes, date, datetime, json
    }

    /// - Parameter action: a verb and its object.
    init(_ rows: Rows, _ selection: TableSelection, _ action: String) {
        self.rows = rows
        self.action = action
        names = selection.columns.map(\.name)
        keys = RecordKeys(names)
        forms = zip(rows.columns, selection.columns).map { column, selected in
            switch column.type {
            case .integer, .decimal, .year: .number
            case .float, .double: selected.mariaDBForm == .float ? .float : .double
            case .date: .date
            case .datetime, .timestamp: .datetime
            case .time, .text, .null, .other: .text
            case .bit: .bits
            case .blob, .geometry: .bytes
            case .json: .json
            }
        }
        zeroDates = Array(repeating: 0, count: forms.count)
    }

    deinit { close() }

    func close() {
        rows?.abandon()
        rows = nil
    }

    var remarks: [TableRemark] {
        zeroDates.indices.filter { zeroDates[$0] > 0 }.map { column in
            let count = zeroDates[column] == 1 ? "1 date" : "\(zeroDates[column]) dates"
            let verb = zeroDates[column] == 1 ? "is" : "are"
            return TableRemark(
                "\(count) of \(names[column]) with a month or a day 0 \(verb) kept as text",
                hint: "they are in the column \(names[column])__v_text")
        }
    }

    func next(_ record: ByteBuffer) throws(TableError) -> Bool {
        guard let rows else { return false }
        do throws(MariaDBError) {
            guard try rows.next() else {
                self.rows = nil
                return false
            }
        } catch {
            self.rows = nil
            throw TableError(error, unableTo: action)
        }
        for column in 0..<forms.count {
            keys.append(column, to: record)
            guard let bytes = rows.bytes(column) else {
                record.appendNull()
                continue
            }
            write(bytes, column, record)
        }
        record.append(UInt8(ascii: "}"))
        return true
    }

    private func write(_ bytes: UnsafeBufferPointer<UInt8>, _ column: Int, _ record: ByteBuffer) {
        switch forms[column] {
        case .number, .double: writeNumber(bytes, record)
        // The bytes of an unsigned number, the highest first.
        case .bits: record.append(json: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        case .float:
            // The double that a float is: its shortest text is that of the float.
            let text = String(decoding: bytes, as: UTF8.self)
            if let value = Float(text) { record.append(json: value) } else { record.append(string: bytes) }
        case .text: record.append(string: bytes)
        case .bytes: record.append(binary: bytes)
        case .date:
            if isZero(bytes) { zeroDates[column] += 1 }
            record.append(string: bytes)
        case .datetime: writeTime(bytes, column, record)
        case .json:
            if isJSON(bytes) { record.append(bytes) } else { record.append(string: bytes) }
        }
    }

    /// A number as the server writes it, without the zeros of ZEROFILL.
    private func writeNumber(_ bytes: UnsafeBufferPointer<UInt8>, _ record: ByteBuffer) {
        var start = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { start = 1 }
        while start + 1 < bytes.count, bytes[start] == UInt8(ascii: "0"), bytes[start + 1] &- 0x30 <= 9 { start += 1 }
        if isNegative { record.append(UInt8(ascii: "-")) }
        record.append(UnsafeBufferPointer(rebasing: bytes[start...]))
    }

    /// `2026-11-30 08:00:00.5` becomes `2026-11-30T08:00:00.5`.
    private func writeTime(_ bytes: UnsafeBufferPointer<UInt8>, _ column: Int, _ record: ByteBuffer) {
        if isZero(bytes) {
            zeroDates[column] += 1
            return record.append(string: bytes)
        }
        record.append(UInt8(ascii: "\""))
        let start = record.count
        record.append(bytes)
        if bytes.count > 10, bytes[10] == UInt8(ascii: " ") { record.set(UInt8(ascii: "T"), at: start + 10) }
        record.append(UInt8(ascii: "\""))
    }

    /// `0000-00-00`, or a date with a month or a day 0.
    private func isZero(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 10 else { return false }
        func isZero(_ place: Int) -> Bool { bytes[place] == UInt8(ascii: "0") && bytes[place + 1] == UInt8(ascii: "0") }
        return isZero(5) || isZero(8) || isZero(0) && isZero(2)
    }

    /// Also without line breaks.
    private func isJSON(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) { return false }
        do throws(JSONSyntaxError) { try tape.scan(bytes) } catch { return false }
        tape.shrink()
        return true
    }
}
