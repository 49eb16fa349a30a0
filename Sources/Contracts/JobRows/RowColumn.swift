/// A column that rows may have a value for, and what the destination wants of it.
package struct RowColumn: Sendable {
    package let name: String
    package let form: RowForm
    /// The name of its type, for people.
    package let type: String

    package init(_ name: String, _ form: RowForm, type: String) {
        self.name = name
        self.form = form
        self.type = type
    }
}

/// What the JSON of a column's values becomes.
package enum RowForm: Sendable {
    /// A string becomes its characters.
    case text
    /// The same without U+0000, which some databases cannot hold.
    case textWithoutZeros
    /// A string of characters that need no escapes, as dates and times are.
    case plain
    /// `2024-01-15T10:00:00.000000`, with or without a `Z`, becomes `2024-01-15 10:00:00.000000`.
    case spacedTimestamp
    /// A timestamp becomes its microseconds since 1970, a date its days since then, a time its microseconds since midnight.
    case microseconds, day, timeOfDay
    /// A string of Base64 becomes its bytes.
    case binary
    case integer
    case real
    /// A number stays the text that it is, with all its digits.
    case number
    /// `true` and `false` become 1 and 0.
    case bool
    /// Any value stays the text that it is.
    case json
}
