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

    /// Ends the transaction, and the connection; may be called twice.
    func close()
}

/// The rows of a selection, one after the other, never all at once.
package protocol TableRows: AnyObject {
    /// Appends the next row as one JSON object, without line breaks between its tokens; false after the last one.
    ///
    /// - Parameter record: empty, and kept by the caller. Nothing is allocated for a value: see `RecordKeys` and the writers of
    /// `ByteBuffer` (JSONText, DateTimes).
    func next(_ record: ByteBuffer) throws(TableError) -> Bool

    /// What happened to values that the destination's types cannot hold, once each at the end: infinity that was clamped, and so on.
    var remarks: [TableRemark] { get }

    /// Ends the query, also in the middle.
    func close()
}

extension TableRows {
    package var remarks: [TableRemark] { [] }
}

/// "3 dates of orders.paid are infinite: 9999-12-31 or 0001-01-01 stands for them".
package struct TableRemark: Sendable, Equatable {
    package var message: String
    package var hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// What happened to some values of a column; empty for none.
    package static func of(_ column: String, _ count: Int, _ what: String) -> [TableRemark] {
        count == 0 ? [] : [TableRemark("\(count == 1 ? "a value" : "each of \(count) values") of \(column) \(what)")]
    }

    package static func infinities(_ column: String, _ count: Int) -> [TableRemark] {
        of(column, count, "was infinite: the last moment of the year 9999, or the first of the year 1, stands for it")
    }

    package static func notNumbers(_ column: String, _ count: Int) -> [TableRemark] {
        of(column, count, "was NaN or infinite, which most tables cannot hold as a number")
    }
}
