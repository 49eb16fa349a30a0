import DatasetReaders
import DestinationKinds
import RelationalSQL

/// Where a row of a table lies: its database can go there at once, without any index. Places change, when rows are deleted and a file is
/// written anew, or when a row gets other values; so the page compares the row's id, too.
enum RowPlace: Equatable {
    /// A hidden column with the number of the place.
    case number(column: String)
    /// PostgreSQL's: pairs of numbers, which it can go to, and on from, but not back.
    case pair

    /// nil where rows have no places, as in a view.
    init?(in table: DatasetTable, _ dialect: any SQLDialect) {
        guard table.hasPlaces else { return nil }
        switch dialect.kind.name {
        case DestinationKind.postgresql.name: self = .pair
        case DestinationKind.sqlite.name, DestinationKind.duckdb.name:
            guard table[column: "rowid"] == nil else { return nil }
            self = .number(column: "rowid")
        default: return nil
        }
    }

    /// Whether the text, which anybody may have written, is a place at all.
    func accepts(_ text: String) -> Bool {
        switch self {
        case .number: Int64(text) != nil
        case .pair: text.wholeMatch(of: #/\([0-9]{1,9},[0-9]{1,4}\)/#) != nil
        }
    }

    var column: String {
        switch self {
        case .number(let column): column
        case .pair: "ctid"
        }
    }

    /// The parameter of a query, as a place.
    func operand(_ parameter: String) -> String {
        switch self {
        case .number: ":\(parameter)"
        case .pair: "CAST(:\(parameter) AS tid)"
        }
    }

    func value(_ text: String) -> QueryParameter.Value {
        if case .number = self, let number = Int64(text) { .integer(number) } else { .text(text) }
    }
}
