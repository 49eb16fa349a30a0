import DatasetReaders
import Failures
import RelationalSQL

/// Finds the rows that have a value in a column which no index need know: in what is left of a moment, or by a look at every row.
enum RowFinder {
    /// All questions are asked of an open session, whose control ends them.
    case quick(any ReadingSession)
    /// Each has all the time that it needs; loads may write in between.
    case whole(Datasets, PipelineFacts)

    struct Wanted {
        let table: DatasetTable
        let column: DatasetColumn
        let value: String
        /// Where the row lay when its link was made.
        var place: String?
        var order: DatasetColumn?
        let limit: Int
    }

    struct Rows {
        fileprivate(set) var rows: [[DataValue]] = []
        /// There are more.
        fileprivate(set) var isCut = false
    }

    /// nil when the time was over.
    func rows(_ wanted: Wanted) throws -> Rows? {
        switch self {
        case .quick(let session):
            do {
                return try Self.atPlace(wanted, session) ?? Self.rows(wanted, nil, session)
            } catch let failure as QueryFailure where failure.interruption == .overdue { return nil }
        case .whole(let datasets, let pipeline):
            if wanted.place != nil, let found = datasets.ask(pipeline, { try Self.atPlace(wanted, $0) }).value ?? nil {
                return found
            }
            return Self.scan(wanted, TableScan(datasets, pipeline))
        }
    }

    /// nil where the place has another row by now.
    private static func atPlace(_ wanted: Wanted, _ session: any ReadingSession) throws -> Rows? {
        guard let text = wanted.place, let place = RowPlace(in: wanted.table, session.dialect), place.accepts(text)
        else { return nil }
        let condition = "\(place.column) = \(place.operand("place"))"
        let parameter = QueryParameter(name: "place", value: place.value(text))
        do {
            let found = try rows(wanted, (condition, [parameter]), session)
            return found.rows.isEmpty ? nil : found
        } catch let failure as QueryFailure where failure.kind == .data {
            // A table without places, of another program.
            return nil
        }
    }

    private static func rows(
        _ wanted: Wanted, _ further: (sql: String, parameters: [QueryParameter])?, _ session: any ReadingSession
    ) throws -> Rows {
        let dialect = session.dialect
        let table = wanted.table
        let columns = table.columns.map { dialect.quote($0.name) }.joined(separator: ", ")
        let order = wanted.order.map { " ORDER BY \(dialect.quote($0.name))" } ?? ""
        // One row more would show that there are more; of an id there is only one.
        let limit = wanted.limit == 1 ? 1 : wanted.limit + 1
        let sql = """
            SELECT \(columns) FROM \(dialect.table(table.name)) WHERE \(dialect.quote(wanted.column.name)) = :value\
            \(further.map { " AND \($0.sql)" } ?? "")\(order) LIMIT \(limit)
            """
        let parameters = [QueryParameter(name: "value", value: .text(wanted.value))] + (further?.parameters ?? [])
        let found = try DataRows(
            session.open(Query(sql, parameters: parameters, types: table.columns.map(\.type))), limit: wanted.limit,
            whole: true)
        return Rows(rows: found.rows, isCut: found.isCut)
    }

    private static func scan(_ wanted: Wanted, _ scan: TableScan) -> Rows? {
        var all = Rows()
        let end = scan.run(wanted.table) { session, portion in
            let found = try rows(wanted, portion.map { ($0, []) }, session)
            all.rows += found.rows
            all.isCut = found.isCut || all.rows.count > wanted.limit
            return all.isCut || (wanted.limit == 1 && !all.rows.isEmpty)
        }
        guard case .whole = end else { return nil }
        if let order = wanted.order, let place = wanted.table.columns.firstIndex(where: { $0.name == order.name }) {
            func number(_ row: [DataValue]) -> Int { row[place].text.flatMap { Int($0) } ?? .max }
            all.rows.sort { number($0) < number($1) }
        }
        all.rows = Array(all.rows.prefix(wanted.limit))
        return all
    }
}
