package import Destinations
package import RelationalSQL

/// A look at one dataset. All of its queries see the same moment, where the database can do that. Use from one thread at a time.
package protocol ReadingSession: AnyObject {
    /// How names and values are spelled in queries.
    var dialect: any SQLDialect { get }

    /// Begins a query, of which several may be open at once. Names without a qualifier mean tables of the dataset.
    ///
    /// - Throws: `.data` for a text that the database refuses.
    func open(_ query: Query) throws(QueryFailure) -> any QueryRows

    /// The tables and views of the dataset, as the database itself describes them, in the order of their names.
    func storedTables() throws(QueryFailure) -> [StoredTable]

    /// Ends all queries, and lets other programs write. Forgetting the session does it, too.
    func close()

    /// Does the same for a while: the next query begins a look at another moment.
    ///
    /// - Returns: false where the session has to be closed and opened anew instead.
    func rest() -> Bool
}

extension ReadingSession {
    package func rest() -> Bool { false }
}

/// The rows of a query, one at a time.
package protocol QueryRows: AnyObject {
    var columns: [QueryColumn] { get }

    /// Goes to the next row; false when there is none.
    func next() throws(QueryFailure) -> Bool

    /// A value of the row, by the column's place. It is valid until the next call of `next` or `close`.
    func cell(_ column: Int) -> QueryCell

    /// The values of the row for who only writes them out: a number may come as its digits, whatever its type. One call for a row, since
    /// a call for each value costs as much as the value.
    func print(into cells: UnsafeMutableBufferPointer<QueryCell>)

    /// Ends the query early. Forgetting the rows does it, too.
    func close()
}

extension QueryRows {
    package func print(into cells: UnsafeMutableBufferPointer<QueryCell>) {
        for column in cells.indices { cells[column] = cell(column) }
    }
}

/// A table or view as the database describes it.
package struct StoredTable: Sendable, Equatable {
    package let name: String
    package let isView: Bool
    /// Whether a row's place tells it from all others: not if the rows lie in several tables.
    package let hasPlaces: Bool
    package var columns: [StoredColumn]

    package init(name: String, isView: Bool = false, hasPlaces: Bool = true, columns: [StoredColumn]) {
        self.name = name
        self.isView = isView
        self.hasPlaces = hasPlaces && !isView
        self.columns = columns
    }
}

extension ReadingSession {
    /// The rows of a small query, as text.
    package func texts(_ query: Query) throws(QueryFailure) -> [[String?]] {
        let rows = try open(query)
        defer { rows.close() }
        var texts: [[String?]] = []
        while try rows.next() { texts.append(rows.columns.indices.map { rows.cell($0).string }) }
        return texts
    }
}
