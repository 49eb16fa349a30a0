import Cursors
import JSONText
import Schemas

extension CursorSettings {
    /// Takes over the type that a source states for the column of the cursor.
    ///
    /// - Parameter columns: the hints of the columns, by name.
    mutating func take(columns: JSONValue?) {
        guard path.steps.count == 1, case .key(let name) = path.steps[0] else { return }
        let column = columns?[String(decoding: name, as: UTF8.self)]
        switch column?["data_type"]?.stringValue.flatMap(DataType.init(stored:)) {
        case .text: take(.text, nil)
        case .bigint, .double: take(.number, nil)
        case .decimal, .wei: take(.number, .decimal)
        case .date: take(.time, .date)
        case .timestamp: take(.time, column?["timezone"]?.boolValue ?? true ? .datetime : .naiveDatetime)
        default: return
        }
    }

    /// A type that the user named prevails.
    private mutating func take(_ type: CursorType, _ form: StoredForm?) {
        guard self.type == .auto || self.type == type else { return }
        self.type = type
        storedForm = form
    }
}
