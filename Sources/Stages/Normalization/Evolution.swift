package import JSONText
package import Schemas

/// What happened to the schema while records were normalized, with the input that made it happen.
package enum EvolutionEvent {
    case tableAdded(table: String, parent: String?)
    case columnAdded(table: String, column: Column, cause: Cause)
    /// Two keys of the input go to one column.
    case nameCollision(table: String, column: String, keys: [String], line: Int)

    package struct Cause {
        package let line: Int
        /// The key as written, from the row down.
        package let key: String
        /// The value's JSON, shortened.
        package let value: String
    }

    package var document: JSONValue {
        switch self {
        case .tableAdded(let table, let parent):
            var object: JSONObject = ["event": "table_added", "table": .string(table)]
            object["parent"] = parent.map { .string($0) }
            return .object(object)
        case .columnAdded(let table, let column, let cause):
            return [
                "event": .string(column.has("variant") ? "variant_added" : "column_added"), "table": .string(table),
                "column": .string(column.name), "data_type": .string(column.dataType?.rawValue ?? ""),
                "line": .integer(cause.line), "key": .string(cause.key), "value": .string(cause.value),
            ]
        case .nameCollision(let table, let column, let keys, let line):
            return [
                "event": "name_collision", "table": .string(table), "column": .string(column),
                "keys": .strings(keys), "line": .integer(line),
            ]
        }
    }
}

/// A record that the schema cannot take.
package struct RecordError: Error, CustomStringConvertible {
    package let line: Int
    package let table: String
    package let column: String
    package let reason: String
    package let hint: String

    package var description: String { description(in: .input) }

    package func description(in origin: LineOrigin) -> String {
        "\(origin.line(line)), table \(table), column \(column): \(reason)"
    }
}
