import DatasetReaders
import JSONText
import SQLite
import Schemas
import TableSources

/// The rows of a statement, one step at a time. The type of each value decides how it is written.
final class SQLiteTableRows: TableRows {
    private var statement: Statement?
    private let session: SQLiteTableSession
    private let action: String
    private let keys: RecordKeys
    private let names: [String]
    private let types: [DataType?]
    private let tape = JSONTape()
    /// By column: numbers that are none, and bytes where the declaration promises none.
    private var specials: [Int]
    private var blobs: [Int]

    init(_ statement: Statement, _ columns: [SourceColumn], _ session: SQLiteTableSession, _ action: String) {
        self.statement = statement
        self.session = session
        self.action = action
        names = columns.map(\.name)
        keys = RecordKeys(names)
        types = columns.map(\.dataType)
        specials = Array(repeating: 0, count: columns.count)
        blobs = specials
    }

    func next(_ record: ByteBuffer) throws(TableError) -> Bool {
        guard let statement else { return false }
        do throws(SQLiteError) {
            guard try statement.step() else {
                // Another step would begin anew.
                self.statement = nil
                return false
            }
        } catch {
            self.statement = nil
            throw session.explained(error, action)
        }
        for column in 0..<keys.count {
            keys.append(column, to: record)
            append(statement, column, to: record)
        }
        record.append(UInt8(ascii: "}"))
        return true
    }

    @inline(__always)
    private func append(_ statement: Statement, _ column: Int, to record: ByteBuffer) {
        switch statement.type(column) {
        case .null: record.appendNull()
        case .integer:
            let value = statement.int64(column)
            if types[column] == .bool, value == 0 || value == 1 { return record.append(json: value == 1) }
            record.append(json: value)
        case .float:
            let value = statement.double(column)
            if !value.isFinite { specials[column] += 1 }
            record.append(json: value)
        case .blob:
            if types[column] != .binary && types[column] != nil { blobs[column] += 1 }
            record.append(binary: statement.blob(column).bindMemory(to: UInt8.self))
        case .text:
            let text = statement.text(column)
            switch types[column] {
            case .json where isJSON(text), .decimal where NumberForm.isNumber(text),
                .wei where NumberForm.isNumber(text):
                record.append(text)
            default: record.append(string: text)
            }
        }
    }

    private func isJSON(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        do throws(JSONSyntaxError) { try tape.scan(text) } catch { return false }
        if tape.footprint > 64 << 20 { tape.shrink() }
        return true
    }

    var remarks: [TableRemark] {
        names.indices.flatMap { column in
            TableRemark.notNumbers(names[column], specials[column])
                + TableRemark.of(
                    names[column], blobs[column],
                    "has bytes instead of what the column was declared for: Base64 stands for them")
        }
    }

    func close() { statement = nil }
}
