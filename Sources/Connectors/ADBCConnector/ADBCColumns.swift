import Arrow
import ArrowRecords
import Schemas
import TableSources

/// What is selected for a column, as `SourceColumn.form` keeps it: drivers send some types in forms that lose a part, or that only the
/// database understands.
enum ADBCCast: Int {
    case none, text, numeric, json
    /// Infinity becomes the last or the first moment of the years 1 to 9999.
    case finite
}

extension SourceColumn {
    var cast: ADBCCast { ADBCCast(rawValue: form) ?? .none }

    init(_ field: ArrowField, _ product: ADBCProduct) {
        let type = ArrowColumnType(field)
        self.init(
            field.name, storedType: "\(field.type)", dataType: type.dataType, isNullable: field.isNullable ? nil : false
        )
        (precision, scale, hasTimezone) = (type.precision, type.scale, type.hasTimezone)
        // Without rows the driver of SQLite knows no types.
        if product == .sqlite { dataType = nil }
        if product == .postgresql { takePostgreSQL(field) }
    }

    private mutating func takePostgreSQL(_ field: ArrowField) {
        let type = field.metadata["ADBC:postgresql:typname"]
        if let type { storedType = type }
        switch field.type {
        case .list: form = ADBCCast.json.rawValue
        case .date32, .timestamp: form = ADBCCast.finite.rawValue
        case .binary where type != nil && type != "bytea": cast(to: .text, .text)
        case _ where type == "money": cast(to: .numeric, .decimal)
        default: break
        }
    }

    /// The database's own name of the type, which says more than the driver's columns.
    mutating func take(storedType name: String, _ product: ADBCProduct) {
        storedType = name
        switch (product, name.uppercased()) {
        case (.postgresql, "MONEY"): cast(to: .numeric, .decimal)
        case (.duckdb, "BIT"): cast(to: .text, .text)
        case (.duckdb, "JSON"): dataType = .json
        case (.sqlite, let type): dataType = Self.affinity(type)
        default: break
        }
    }

    private mutating func cast(to cast: ADBCCast, _ type: DataType) {
        form = cast.rawValue
        (dataType, precision, scale) = (type, nil, nil)
    }

    /// <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>; values decide about other columns.
    private static func affinity(_ type: String) -> DataType? {
        if type.contains("INT") { return .bigint }
        if type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT") { return .text }
        if type.contains("BLOB") { return .binary }
        return type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") ? .double : nil
    }
}
