import Cursors

/// Prints a selection as one SELECT.
package struct SelectPrinter {
    private let dialect: any TableDialect

    package init(_ dialect: any TableDialect) { self.dialect = dialect }

    package func sql(_ selection: TableSelection) throws(TableError) -> String {
        let columns = selection.columns.map { dialect.expression($0) }.joined(separator: ", ")
        var text = "SELECT \(columns) FROM \(origin(selection))"
        let conditions = try conditions(selection)
        if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
        if let range = selection.range, let order = order(range) { text += " ORDER BY " + order }
        if let limit = selection.limit { text = dialect.limited(text, to: limit) }
        return text
    }

    /// The last value of the range's cursor that a view has: one row at most, with one column.
    package func lastValue(_ selection: TableSelection, _ range: PushedRange) throws(TableError) -> String {
        let column = range.column
        var conditions = try conditions(selection)
        conditions.append("\(dialect.identifier(column.name)) IS NOT NULL")
        if let finite = dialect.finite(column) { conditions.append(finite) }
        let operand = dialect.operand(column)
        let order = range.range.function == .max ? "DESC" : "ASC"
        return dialect.limited(
            "SELECT \(operand) FROM \(origin(selection)) WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(operand) \(order)",
            to: 1)
    }

    private func origin(_ selection: TableSelection) -> String {
        if let table = selection.part?.table { return dialect.table(table) }
        return switch selection.origin {
        case .table(let table): dialect.table(table.name)
        // A line of its own: the query may end with a comment.
        case .query(let sql): "(\n\(sql)\n) AS dlt_query"
        }
    }

    private func conditions(_ selection: TableSelection) throws(TableError) -> [String] {
        var conditions: [String] = []
        if let part = selection.part?.condition { conditions.append(part) }
        if let condition = selection.condition { conditions.append("(\n\(condition)\n)") }
        if let range = selection.range { conditions += try self.conditions(range) }
        if let settled = selection.settled { conditions.append(settled) }
        return conditions
    }

    /// As dlt: the end counts only together with a start, rows without a value are asked for only with a start, and are left out
    /// always if they are to be.
    private func conditions(_ pushed: PushedRange) throws(TableError) -> [String] {
        let (range, column) = (pushed.range, pushed.column)
        let name = dialect.identifier(column.name)
        let (later, earlier) = range.function == .max ? (">", "<") : ("<", ">")
        var bounds: [String] = []
        if let start = range.start {
            bounds.append(try dialect.comparison(range.startBound == .closed ? later + "=" : later, start, for: column))
            if let end = range.end {
                bounds.append(
                    try dialect.comparison(range.endBound == .closed ? earlier + "=" : earlier, end, for: column))
            }
        }
        var conditions: [String] = []
        if !bounds.isEmpty {
            let all = bounds.joined(separator: " AND ")
            conditions.append(range.onMissing == .include ? "(\(all) OR \(name) IS NULL)" : all)
        }
        if range.onMissing == .exclude {
            conditions.append("\(name) IS NOT NULL")
            if let finite = dialect.finite(column) { conditions.append(finite) }
        }
        return conditions
    }

    private func order(_ pushed: PushedRange) -> String? {
        guard let order = pushed.range.rowOrder else { return nil }
        let isAscending = (order == .asc) == (pushed.range.function == .max)
        return dialect.operand(pushed.column) + (isAscending ? " ASC" : " DESC")
    }
}
