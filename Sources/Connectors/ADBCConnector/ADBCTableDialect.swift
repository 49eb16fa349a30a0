import Schemas
import TableSources

/// The SQL that databases have in common.
struct ADBCTableDialect: TableDialect {
    let product: ADBCProduct

    func identifier(_ name: String) -> String {
        let quote = String(product.quote)
        return quote + name.replacing(quote, with: quote + quote) + quote
    }

    func expression(_ column: SourceColumn) -> String {
        let name = identifier(column.name)
        switch column.cast {
        case .none: return name
        case .text: return "CAST(\(name) AS VARCHAR)"
        case .numeric: return "CAST(\(name) AS NUMERIC)"
        case .json: return "to_json(\(name))"
        case .finite:
            let (type, first, last) =
                column.dataType == .date
                ? ("date", "0001-01-01", "9999-12-31")
                : (
                    column.hasTimezone == true ? "timestamptz" : "timestamp", "0001-01-01 00:00:00+00",
                    "9999-12-31 23:59:59.999999+00"
                )
            return
                "CASE \(name) WHEN 'infinity' THEN '\(last)'::\(type) WHEN '-infinity' THEN '\(first)'::\(type) ELSE \(name) END"
        }
    }

    func literal(_ value: String, for column: SourceColumn) throws(TableError) -> String {
        let quoted = "'" + value.replacing("'", with: "''") + "'"
        switch column.dataType {
        case .bigint?, .decimal?, .wei?, .double?:
            let isNumber = !value.isEmpty && value.utf8.allSatisfy { 0x30...0x39 ~= $0 || "+-.eE".utf8.contains($0) }
            let number = isNumber ? value : quoted
            return isSingle(column) ? "CAST(\(number) AS REAL)" : number
        case .date?:
            let time = try CursorLiteral.time(value, for: column)
            if product == .sqlite { return "'\(time.isMidnight ? time.date : time.text)'" }
            return time.isMidnight ? "DATE '\(time.date)'" : "TIMESTAMP '\(time.text)'"
        case .timestamp?:
            let text = try CursorLiteral.time(value, for: column).text
            if product == .sqlite { return "'\(text)'" }
            let hasZone = column.hasTimezone ?? false
            return hasZone ? "CAST('\(text)+00:00' AS TIMESTAMP WITH TIME ZONE)" : "TIMESTAMP '\(text)'"
        case .time?: return product == .sqlite ? quoted : "TIME \(quoted)"
        default: return quoted
        }
    }

    /// A float, which as a double is another number than its shortest text.
    private func isSingle(_ column: SourceColumn) -> Bool {
        guard product == .postgresql || product == .duckdb else { return false }
        return ["float4", "real", "float"].contains(column.storedType.lowercased())
    }

    /// Texts by their bytes, where the database has a name for that order. Money has no order with numbers.
    func operand(_ column: SourceColumn) -> String {
        if column.cast == .numeric { return expression(column) }
        let name = identifier(column.name)
        guard column.dataType == .text else { return name }
        switch product {
        case .postgresql: return "\(name)::text COLLATE \"C\""
        case .sqlite: return "\(name) COLLATE BINARY"
        case .duckdb: return "CAST(\(name) AS VARCHAR) COLLATE BINARY"
        case .other: return name
        }
    }

    func finite(_ column: SourceColumn) -> String? {
        guard product == .postgresql || product == .duckdb else { return nil }
        return column.dataType == .timestamp || column.dataType == .date ? "isfinite(\(identifier(column.name)))" : nil
    }

    /// Where the order of texts is not known, the sink compares all of them.
    func comparison(_ operator: String, _ value: String, for column: SourceColumn) throws(TableError) -> String {
        if column.dataType == .text, case .other = product { return "\(identifier(column.name)) IS NOT NULL" }
        return "\(operand(column)) \(`operator`) \(try literal(value, for: column))"
    }
}
