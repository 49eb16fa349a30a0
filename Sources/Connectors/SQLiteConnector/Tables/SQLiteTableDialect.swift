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
    /// day on either side, as `2026-11-30` sorts among the other spellings; numbers come before all texts.
    func comparison(
        _ operator: String, _ value: String, for column: SourceColumn
    ) throws(TableError) -> String {
        let operand = operand(column)
        guard column.dataType == .timestamp || column.dataType == .date else {
            return "\(operand) \(`operator`) \(try literal(value, for: column))"
        }
        let time = try CursorLiteral.time(value, for: column).microseconds
        func date(after days: Int64) -> String { CursorLiteral.Time(microseconds: time + days * Self.day).date }
        if `operator`.hasPrefix(">") {
            var first = date(after: -1)
            // The first days of January may be 2026-001 or 2025-W53.
            if first.dropFirst(4) < "-01-10" { first = "\(date(after: -20).prefix(4))-W" }
            return "(\(operand) >= '\(first)' OR \(operand) < '')"
        }
        // Other spellings of the year, such as 2026/01/01 and 20260101, sort after all of its months; 2027-W00 is in December.
        let year = date(after: 15).prefix(4)
        return "(\(operand) < '\(date(after: 2))' OR \(operand) < '\(year)~' AND \(operand) NOT GLOB '????-[01]?-*')"
    }
}
