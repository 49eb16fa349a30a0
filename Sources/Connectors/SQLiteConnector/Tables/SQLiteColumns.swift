import Schemas
import TableSources

/// What a declaration says of a column: any value may be in it all the same, so each has its own type.
enum SQLiteColumns {
    static func column(_ name: String, declared: String) -> SourceColumn {
        var column = SourceColumn(name, storedType: declared, dataType: dataType(declared))
        let numbers = self.numbers(declared)
        switch column.dataType {
        case .decimal: (column.precision, column.scale) = (numbers.first, numbers.dropFirst().first)
        case .text: column.precision = numbers.first
        case .bigint where declared.uppercased().hasPrefix("SMALLINT"): column.precision = 32
        // Its texts name no zone.
        case .timestamp: column.hasTimezone = false
        default: break
        }
        return column
    }

    /// The library's own rule decides about unknown words. <https://sqlite.org/datatype3.html#determination_of_column_affinity>
    private static func dataType(_ declared: String) -> DataType? {
        if let known = SQLiteTypes.dataType(declared) { return known }
        let word = declared.uppercased()
        if word.contains("INT") { return .bigint }
        if word.contains("CHAR") || word.contains("CLOB") || word.contains("TEXT") { return .text }
        if word.contains("BLOB") { return .binary }
        if word.contains("REAL") || word.contains("FLOA") || word.contains("DOUB") { return .double }
        return nil
    }

    /// `(20, 6)`
    private static func numbers(_ declared: String) -> [Int] {
        guard let open = declared.firstIndex(of: "("), let close = declared.lastIndex(of: ")"), open < close else {
            return []
        }
        return declared[declared.index(after: open)..<close].split(separator: ",").compactMap { part in
            Int(part.filter { $0 != " " })
        }
    }
}
