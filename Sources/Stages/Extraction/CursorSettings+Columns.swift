import Cursors
import JSONText
import Schemas

extension CursorSettings {
    /// Takes over the type that a source states for the column of the cursor.
    ///
    /// - Parameter columns: the hints of the columns, by name.
    mutating func take(columns: JSONValue?) {
        for (name, hints) in columns?.objectValue?.members ?? [] { columnForms[name] = ColumnForm(hints) }
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

extension ColumnForm {
    /// Nil for types whose values JSON has itself.
    fileprivate init?(_ hints: JSONValue) {
        switch hints["data_type"]?.stringValue.flatMap(DataType.init(stored:)) {
        case .timestamp: self = .datetime
        case .time: self = .time
        case .decimal, .wei: self = .decimal(scale: hints["scale"]?.intValue)
        case .binary: self = .binary
        default: return nil
        }
    }
}
