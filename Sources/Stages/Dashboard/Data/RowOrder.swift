import DatasetReaders
import RelationalSQL

/// The order of a table's rows, and where a page of them begins: after the row with which the page before ended, so that no database
/// counts its way to a page, however far that is from the first.
struct RowOrder {
    /// A page begins after a row, or ends before it.
    enum Start: Equatable {
        case first
        case after(String)
        case before(String)

        var key: String? {
            switch self {
            case .first: nil
            case .after(let key), .before(let key): key
            }
        }
    }

    /// What tells the rows apart, and orders those that have the same value.
    enum Key: Equatable {
        /// `_dlt_id`.
        case column(String)
        case place(RowPlace)
    }

    /// nil for the order in which the rows lie.
    let column: DatasetColumn?
    private let isDescending: Bool
    /// nil where nothing tells the rows apart, as in a view.
    let key: Key?
    /// nil where rows have none, as in a view.
    let place: RowPlace?
    let start: Start

    init(_ table: DatasetTable, sort: String?, isDescending: Bool, start: Start, _ dialect: any SQLDialect) {
        let id = table[column: "_dlt_id"].map { Key.column($0.name) }
        let place = RowPlace(in: table, dialect)
        let byPlace = place.map { Key.place($0) }
        column = sort.flatMap { table[column: $0] }
        self.isDescending = column != nil && isDescending
        // Ids are not in the order of places, and an index of them is not everywhere.
        let key = column == nil ? byPlace ?? id : id ?? byPlace
        self.key = key
        self.place = place
        self.start = key.map { Self.canStart($0, start) } == true ? start : .first
    }

    /// The same without places, for what has none although it looks like a table.
    var withoutPlaces: RowOrder { RowOrder(withoutPlaces: self) }

    private init(withoutPlaces order: RowOrder) {
        column = order.column
        isDescending = order.isDescending
        place = nil
        if case .column? = order.key { (key, start) = (order.key, order.start) } else { (key, start) = (nil, .first) }
    }

    /// Whether the text, which anybody may have written, is a key at all.
    private static func canStart(_ key: Key, _ start: Start) -> Bool {
        guard let text = start.key, case .place(let place) = key else { return true }
        return place.accepts(text)
    }

    /// Whether the rows come in no order of a person's choice.
    var isNatural: Bool { column == nil }

    /// Whether a page may be found without a look at all rows.
    var isQuick: Bool { if case .column? = key { false } else { isNatural } }

    /// Whether the page before can be found.
    var goesBack: Bool { key != nil && !(isNatural && key == .place(.pair)) }

    private var isBackward: Bool { if case .before = start { true } else { false } }

    /// The rows of a page that ends before a row come from its end.
    func inOrder<Row>(_ rows: [Row]) -> [Row] { isBackward ? rows.reversed() : rows }

    // MARK: SQL

    /// The columns, and after them, as texts, the key and the place, where there are any.
    ///
    /// - Parameters:
    ///   - columns: each quoted.
    ///   - conditions: over columns without a qualifier.
    func query(
        _ columns: [String], of table: String, where conditions: [String], limit: Int, skipping: Int,
        _ dialect: any SQLDialect
    ) -> (sql: String, parameters: [QueryParameter]) {
        let source = "\(dialect.table(table)) AS r"
        let key = key.map { expression($0, dialect) }
        var from = source
        var all = conditions
        var parameters: [QueryParameter] = []
        if let key, let text = start.key {
            parameters.append(QueryParameter(name: "start", value: value(text)))
            let value = if case .place(let place)? = self.key { place.operand("start") } else { ":start" }
            if let column = sorted(dialect) {
                from +=
                    ", (SELECT \(column) AS dlt_start_value, \(key) AS dlt_start_key FROM \(source) WHERE \(key) = \(value)) AS s"
                all.append(condition(column, key))
            } else {
                all.append("\(key) \(isDescending == isBackward ? ">" : "<") \(value)")
            }
        } else if let key, isNatural, self.key == .place(.pair) {
            // Otherwise it may begin where another query is reading the table at this moment.
            all.append("\(key) > CAST('(0,0)' AS tid)")
        }
        let filter = all.isEmpty ? "" : " WHERE " + all.map { "(\($0))" }.joined(separator: " AND ")
        let list = columns + [key, place.map { "r.\($0.column)" }].compactMap { $0 }.map { "CAST(\($0) AS TEXT)" }
        return (
            "SELECT \(list.joined(separator: ", ")) FROM \(from)\(filter)\(order(key, columns, dialect)) LIMIT \(limit)"
                + (skipping > 0 ? " OFFSET \(skipping)" : ""), parameters
        )
    }

    private func expression(_ key: Key, _ dialect: any SQLDialect) -> String {
        switch key {
        case .column(let name): "r.\(dialect.quote(name))"
        case .place(let place): "r.\(place.column)"
        }
    }

    private func value(_ text: String) -> QueryParameter.Value {
        if case .place(let place)? = key { place.value(text) } else { .text(text) }
    }

    /// The column that orders, unless that is the key itself.
    private func sorted(_ dialect: any SQLDialect) -> String? {
        guard let column, key != .column(column.name) else { return nil }
        return "r.\(dialect.quote(column.name))"
    }

    /// Rows after the one where the page starts, or before it; those without a value are last in either direction.
    private func condition(_ column: String, _ key: String) -> String {
        let further = isDescending == isBackward ? ">" : "<"
        let later = isBackward ? "<" : ">"
        let rest =
            "\(column) \(further) s.dlt_start_value OR (\(column) = s.dlt_start_value AND \(key) \(later) s.dlt_start_key)"
        guard isNullable else { return rest }
        return isBackward
            ? rest + " OR (s.dlt_start_value IS NULL AND (\(column) IS NOT NULL OR \(key) < s.dlt_start_key))"
            : rest + " OR (\(column) IS NULL AND (s.dlt_start_value IS NOT NULL OR \(key) > s.dlt_start_key))"
    }

    private var isNullable: Bool { column?.isNullable ?? false }

    private func order(_ key: String?, _ columns: [String], _ dialect: any SQLDialect) -> String {
        let back = isBackward ? " DESC" : ""
        let direction = isDescending == isBackward ? "" : " DESC"
        var terms: [String] = []
        if let column = sorted(dialect) {
            if isNullable { terms.append("\(column) IS NULL\(back)") }
            terms.append(column + direction)
            // Without a key only whole rows differ for sure; otherwise two pages could show the same one.
            terms += key.map { [$0 + back] } ?? columns.map { "CAST(r.\($0) AS TEXT)" }
        } else if let key, goesBack {
            terms.append(key + direction)
        }
        return terms.isEmpty ? "" : " ORDER BY " + terms.joined(separator: ", ")
    }

    /// The first page as a person would ask for it, with the values of its conditions in the text.
    func text(_ columns: [String], of table: String, where conditions: [String], limit: Int, _ dialect: any SQLDialect)
        -> String
    {
        var order = ""
        if let column {
            let name = dialect.quote(column.name)
            order = " ORDER BY " + (isNullable ? "\(name) IS NULL, " : "") + name + (isDescending ? " DESC" : "")
            if case .column(let id)? = key, id != column.name { order += ", \(dialect.quote(id))" }
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return "SELECT \(columns.joined(separator: ", ")) FROM \(dialect.table(table))\(filter)\(order) LIMIT \(limit)"
    }
}
