/// A column that rows may have a value for, and the form that the destination wants.
package struct RowColumn: Sendable {
    package let name: String
    package let form: RowForm
    /// The name of its type, for messages.
    package let type: String

    package init(_ name: String, _ form: RowForm, type: String) {
        self.name = name
        self.form = form
        self.type = type
    }
}

/// How the JSON of a column's values is converted.
package enum RowForm: Sendable {
    /// A string becomes its characters.
    case text
    /// The same without U+0000, which some databases cannot hold.
    case textWithoutZeros
    /// A string without escapes, such as a date or a time.
    case plain
    /// `2024-01-15T10:00:00.000000`, with or without a `Z`, becomes `2024-01-15 10:00:00.000000`.
    case spacedTimestamp
    /// A timestamp becomes its microseconds since 1970, a date its days since then, a time its microseconds since midnight.
    case microseconds, day, timeOfDay
    /// A string of Base64 becomes its bytes.
    case binary
    case integer
    case real
    /// A number stays text, with all its digits.
    case number
    /// `true` and `false` become 1 and 0.
    case bool
    /// Any value stays text.
    case json
}
