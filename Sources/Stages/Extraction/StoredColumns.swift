import Identifiers
import JSONText
import LoadPackages
import RecordSources
import Schemas

/// The types that columns have before records arrive: from a hint, or in the table.
struct StoredColumns {
    private let schema: Schema?
    private let naming: Naming?

    init() {
        schema = nil
        naming = nil
    }

    /// - Parameters:
    ///   - schema: the pipeline's schema once all waiting packages are loaded; nil without one, or when its tables will
    ///     be dropped.
    ///   - identifierLimit: the longest name.
    init(_ schema: Schema?, identifierLimit: Int) {
        self.schema = schema
        let convention = schema?.normalizers["names"]?.stringValue ?? "snake_case"
        naming = try? Naming(named: convention, maxLength: identifierLimit)
    }

    /// - Parameter hints: the hints of the resource.
    func type(of column: String, in resource: String, hints: JSONObject) -> KnownType? {
        guard let naming else { return nil }
        let name = naming.normalizePath(column)
        for (hinted, hints) in hints["columns"]?.objectValue?.members ?? []
        where ExactString(naming.normalizePath(hinted)) == ExactString(name) {
            if let type = hints["data_type"]?.stringValue.flatMap(DataType.init(stored:)) { return .hinted(type) }
        }
        let table = naming.normalizeTablesPath(hints["table_name"]?.stringValue ?? resource)
        return schema?[table: table]?[column: name]?.dataType.map { .stored($0) }
    }
}
