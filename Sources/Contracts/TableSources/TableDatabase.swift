package import JSONText

/// A kind of database whose tables are a source of records. A connector conforms one type to it, and `SQLConnector` names the
/// type in its list of databases.
package protocol TableDatabase {
    /// In lower case, without `:`. A scheme with a plus sign is looked up whole, then without the sign and the text after it.
    static var schemes: [String] { get }

    /// Whether any scheme that begins with one of `schemes` and a plus sign is its own, such as `adbc+snowflake`.
    static var takesPlus: Bool { get }

    /// Opens one consistent view of the database, which nothing can change through it: everything that the session reads is the
    /// state of one moment, as far as the database supports it.
    static func open(_ place: TablePlace) throws(TableError) -> any TableSession
}

extension TableDatabase {
    package static var takesPlus: Bool { false }
}

/// One connection, and one view of the database. Used from one thread at a time.
package protocol TableSession: AnyObject {
    /// How the database spells what `SelectPrinter` prints.
    var dialect: any TableDialect { get }

    /// For messages and notes: without secrets.
    var shown: String { get }

    /// The name of the database itself, such as that of its file without the ending: it names the pipeline if nothing else does.
    var databaseName: String { get }

    /// The tables that a request names, or else all of its schema, in the order of their names; one query.
    ///
    /// An absent table is not an error here: the caller compares names, and asks `names` for what is near.
    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable]

    /// The names of all tables and views of a schema (nil: of the default one), for advice.
    func names(in schema: String?) throws(TableError) -> [TableName]

    /// The names of all schemas that are not the database's own, for advice.
    func schemas() throws(TableError) -> [String]

    /// The columns that a query has, without running it; a text that is not one query is refused.
    func columns(ofQuery sql: String) throws(TableError) -> [SourceColumn]

    /// Runs a selection. The rows of the previous one are gone then.
    func rows(of selection: TableSelection) throws(TableError) -> any TableRows

    /// Keeps others from emptying or rewriting the tables, and those below views, until the session ends, where the database lets them
    /// do so to a reader. Fails if one of them was emptied or rewritten after the view began.
    func hold(_ tables: [SourceTable]) throws(TableError)

    /// Ends the transaction, and the connection; may be called twice.
    func close()
}

extension TableSession {
    package func hold(_ tables: [SourceTable]) throws(TableError) {}
}

/// A session whose view others can share, to read parts of tables side by side.
package protocol SharedTableSession: TableSession {
    /// The name of the view for `TablePlace.snapshot`, as long as this session lasts.
    func exportSnapshot() throws(TableError) -> String

    /// Parts that have each row of the table once, in this order in all sessions that share the view: those of one partition side by
    /// side, at least one of each. A session that opens later may find more parts of a partition, at its end.
    func parts(of table: SourceTable) throws(TableError) -> [TablePart]
}

/// A session that can wait until no other session can commit a row with a smaller cursor than one that is read.
package protocol SettlingTableSession: TableSession {
    /// Waits for the transactions that others have open, and begins a view anew that has all their rows.
    ///
    /// - Returns: the selections, each ending at the last value that there was before the wait: all smaller values are visible then,
    /// if values are given out in their order while transactions are open.
    func settle(_ selections: [TableSelection]) throws(TableError) -> [TableSelection]
}

/// The rows of a selection, one after the other, never all at once.
package protocol TableRows: AnyObject {
    /// Appends the next row as one JSON object, without line breaks between its tokens; false after the last one.
    ///
    /// - Parameter record: may hold other rows. Nothing is allocated for a value: see `RecordKeys` and the writers of
    /// `ByteBuffer` (JSONText, DateTimes).
    func next(_ record: ByteBuffer) throws(TableError) -> Bool

    /// What happened to values that the destination's types cannot hold, once each at the end: infinity that was clamped, and so on.
    var remarks: [TableRemark] { get }

    /// How many values of a column were infinite times so far, for which another time stands in the records.
    func infinities(_ column: Int) -> Int

    /// Ends the query, also in the middle.
    func close()
}

extension TableRows {
    package var remarks: [TableRemark] { [] }

    package func infinities(_ column: Int) -> Int { 0 }
}

/// What the user should know of values: "a value of paid was infinite: …".
package struct TableRemark: Sendable, Equatable {
    private let column: String?
    private var count: Int
    private let text: String
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        (column, count, text) = (nil, 0, message)
        self.hint = hint
    }

    private init(_ column: String, _ count: Int, _ what: String) {
        (self.column, self.count, text, hint) = (column, count, what, nil)
    }

    package var message: String {
        column.map { "\(count == 1 ? "a value" : "each of \(count) values") of \($0) \(text)" } ?? text
    }

    /// What happened to some values of a column; empty for none.
    package static func of(_ column: String, _ count: Int, _ what: String) -> [TableRemark] {
        count == 0 ? [] : [TableRemark(column, count, what)]
    }

    package static func infinities(_ column: String, _ count: Int) -> [TableRemark] {
        of(column, count, "was infinite: the last moment of the year 9999, or the first of the year 1, stands for it")
    }

    package static func notNumbers(_ column: String, _ count: Int) -> [TableRemark] {
        of(column, count, "was NaN or infinite, which most tables cannot hold as a number")
    }

    /// The remarks on the parts of a table as remarks on the table.
    package static func merged(_ remarks: [TableRemark]) -> [TableRemark] {
        var merged: [TableRemark] = []
        for remark in remarks {
            if let place = merged.firstIndex(where: { $0.column == remark.column && $0.text == remark.text }) {
                merged[place].count += remark.count
            } else {
                merged.append(remark)
            }
        }
        return merged
    }
}
