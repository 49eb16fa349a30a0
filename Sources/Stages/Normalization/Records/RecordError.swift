/// A record that does not fit the schema.
struct RecordError: Error, CustomStringConvertible {
    let table: String
    let column: String
    let reason: String
    let hint: String

    var description: String { "table \(table), column \(column): \(reason)" }
}
