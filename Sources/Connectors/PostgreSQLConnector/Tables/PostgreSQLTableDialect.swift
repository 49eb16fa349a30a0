import DateTimes
import PostgreSQL
import Schemas
import TableSources

struct PostgreSQLTableDialect: TableDialect {
    func identifier(_ name: String) -> String { Connection.quoteIdentifier(name) }

    func expression(_ column: SourceColumn) -> String {
        let name = identifier(column.name)
        return switch column.cast {
        case .none: name
        case .text: "\(name)::text"
        case .json: "pg_catalog.to_json(\(name))"
        case .numeric: "\(name)::numeric"
        // A cast alone would add /32 to the address of one machine.
        case .inet: "pg_catalog.inet_out(\(name))::text"
        case .timeInUTC: "(\(name) AT TIME ZONE 'UTC')::time"
        }
    }

    /// Texts by their bytes: a language's order is not ours. Single precision by the digits that a record has: 0.1 is not the
    /// double 0.1 to the server. Money has no order with numbers.
    func operand(_ column: SourceColumn) -> String {
        if column.cast == .numeric { return expression(column) }
        let name = identifier(column.name)
        if column.copiedForm == .float4 { return "\(name)::text::double precision" }
        guard column.dataType == .text, column.copiedForm != .uuid else { return name }
        return column.cast == .none ? "\(name) COLLATE \"C\"" : "\(name)::text COLLATE \"C\""
    }

    func finite(_ column: SourceColumn) -> String? {
        switch column.copiedForm {
        case .date, .timestamp, .timestamptz: "pg_catalog.isfinite(\(identifier(column.name)))"
        default: nil
        }
    }

    func literal(_ value: String, for column: SourceColumn) throws(TableError) -> String {
        let quoted = Connection.quoteLiteral(value)
        switch column.copiedForm {
        case .int2, .int4, .int8, .oid: return quoted + (CursorLiteral.isInteger(value) ? "::bigint" : "::numeric")
        case .numeric: return quoted + "::numeric"
        case .float4, .float8: return quoted + "::double precision"
        case .date:
            let time = try CursorLiteral.time(value, for: column)
            return time.isMidnight ? "'\(time.date)'::date" : "'\(time.text)'::timestamp"
        case .timestamp: return "'\(try CursorLiteral.time(value, for: column).text)'::timestamp"
        case .timestamptz: return "'\(try CursorLiteral.time(value, for: column).text)+00'::timestamptz"
        case .uuid: return quoted + "::uuid"
        default: return quoted + "::text"
        }
    }
}
