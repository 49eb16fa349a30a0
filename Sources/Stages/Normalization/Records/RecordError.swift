/// A record that the schema cannot take.
struct RecordError: Error, CustomStringConvertible {
    let line: Int
    let table: String
    let column: String
    let reason: String
    let hint: String

    var description: String { description(in: .input) }

    func description(in origin: LineOrigin) -> String {
        "\(origin.line(line)), table \(table), column \(column): \(reason)"
    }
}
