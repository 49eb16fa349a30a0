package import Cursors

/// What is read from one table or query.
package struct TableSelection: Sendable {
    package enum Origin: Sendable {
        case table(SourceTable)
        /// The text of one query.
        case query(String)
    }

    package var origin: Origin
    /// The wanted columns in their order, at least one.
    package var columns: [SourceColumn]
    /// The user's condition, in the words of the database.
    package var condition: String?
    package var part: TablePart?
    package var range: PushedRange?
    /// The place of the cursor among the columns, also where the database does not judge it.
    package var cursor: Int?
    /// Where the range ends for this run, in the words of the database.
    package var settled: String?
    package var limit: Int?

    package init(_ origin: Origin, columns: [SourceColumn]) {
        self.origin = origin
        self.columns = columns
    }

    /// For messages.
    package var described: String {
        switch origin {
        case .table(let table): table.name.description
        case .query: "the query"
        }
    }
}

/// Some rows of a table, by the connector's own means.
package struct TablePart: Sendable, Equatable {
    /// Read instead of the table: one of its partitions.
    package var table: TableName?
    /// Such as a range of pages.
    package var condition: String?

    package init(table: TableName? = nil, condition: String? = nil) {
        self.table = table
        self.condition = condition
    }
}

/// The part of a cursor's range that the database judges itself: dlt's `incremental` as WHERE and ORDER BY.
package struct PushedRange: Sendable {
    package var column: SourceColumn
    package var range: CursorRange

    package init(column: SourceColumn, range: CursorRange) {
        self.column = column
        self.range = range
    }

    /// The comparison that holds for all values up to one.
    package var notAfter: String { range.function == .max ? "<=" : ">=" }
}
