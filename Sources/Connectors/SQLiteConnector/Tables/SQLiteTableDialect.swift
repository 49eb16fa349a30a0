import SQLite
import Schemas
import TableSources

struct SQLiteTableDialect: TableDialect {
    private static let day: Int64 = 86_400_000_000

    func identifier(_ name: String) -> String { Database.quoteIdentifier(name) }

    func operand(_ column: SourceColumn) -> String {
        column.dataType == .text ? identifier(column.name) + " COLLATE BINARY" : identifier(column.name)
    }

    func literal(_ value: String, for column: SourceColumn) throws(TableError) -> String {
        // A number that passed as a cursor is written as SQL writes it, too.
        column.dataType == .text ? Database.quoteLiteral(value) : value
    }

    /// Times are texts in one of several spellings, or numbers, and their texts do not sort as they do. So the range is asked for with a
    /// day on either side, by the part that all spellings share; numbers come before all texts.
    func comparison(
        _ operator: String, _ value: String, for column: SourceColumn
    ) throws(TableError) -> String {
        let operand = operand(column)
        guard column.dataType == .timestamp || column.dataType == .date else {
            return "\(operand) \(`operator`) \(try literal(value, for: column))"
        }
        let time = try CursorLiteral.time(value, for: column)
        if `operator`.hasPrefix(">") {
            let day = CursorLiteral.Time(microseconds: time.microseconds - Self.day).date
            return "(\(operand) >= '\(day)' OR \(operand) < '')"
        }
        let day = CursorLiteral.Time(microseconds: time.microseconds + 2 * Self.day).date
        return "\(operand) < '\(day)'"
    }
}
