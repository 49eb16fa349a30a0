package import DestinationKinds
package import Destinations
import Digests
package import LoadPackages
package import Schemas

/// The SQL of one database. `SQLPrinter` writes everything that all databases share.
package protocol SQLDialect: Sendable {
    var kind: DestinationKind { get }

    // MARK: Names

    func quote(_ name: String) -> String

    /// A name, not quoted, that no naming convention produces, for a staging table of our own.
    func reserved(_ name: String) -> String

    /// A table of the dataset, qualified so that it never means a staging table: `main."t"`.
    func table(_ name: String) -> String

    /// The statement that creates the dataset, for printing; nil where a dataset needs no creation.
    var datasetCreation: String? { get }

    // MARK: Values and types

    /// A value as printed; when executed, it is a parameter.
    func literal(_ value: RecordValue) -> String

    /// Type and constraints of a column that we create.
    ///
    /// - Parameters:
    ///   - isUnique: through a constraint in the column's declaration, where the database supports that.
    ///   - isStrict: the table knows few types and accepts only their values, where there are such tables.
    func declaration(of column: Column, isUnique: Bool, isStrict: Bool) -> String

    /// Equality for which null equals null, in a form that is fast for large joins.
    func nullSafeEquality(_ left: String, _ right: String) -> String

    /// The time that marks a current version's end in dlt's history, where it is not null.
    func activeEnd(_ microseconds: Int64) -> RecordValue

    // MARK: Tables

    /// Whether one statement can add several columns.
    var addsSeveralColumns: Bool { get }

    /// Whether a required column can be added as such; otherwise it becomes required afterwards.
    var addsRequiredColumns: Bool { get }

    /// Whether a column can be added as unique; otherwise added columns never are.
    var addsUniqueColumns: Bool { get }

    /// Whether rows arrive by another way than INSERT, which supports fewer kinds of tables.
    var copiesRows: Bool { get }

    /// The statement that makes an existing column required; nil where that is impossible.
    func requirement(of column: String, in table: String) -> String?

    /// The clause after the names of an INSERT that makes its values replace those that the database would generate.
    var identityOverride: String { get }

    /// Whether adding a column keeps readers waiting until the commit: then rows are staged, and tables changed last.
    var altersKeepReadersWaiting: Bool { get }

    /// Empties a table the quick way.
    func truncation(of table: String) -> String

    /// Replaces one table of the dataset by another.
    func swap(_ table: String, successor: String) -> [String]

    /// Indexes a column of an existing table, or makes it unique with the same effect as a constraint in the table's
    /// declaration.
    func creation(of index: TableIndex, on table: String) -> String

    /// Renames an index after its table was renamed, to the name that it had on the replaced table; nil where that is
    /// not needed.
    func renaming(of index: TableIndex, from table: String, to other: String) -> String?

    // MARK: Staging

    /// A staging table of a load, which never hides a table of the dataset: `temp."t"`.
    func staging(_ name: String, of load: LoadID) -> String

    /// Creates a staging table with these columns.
    func createStaging(_ name: String, of load: LoadID, columns: String) -> String

    /// Creates a staging table from a query, replacing one that a killed run has left.
    func collect(_ name: String, of load: LoadID, query: SQLStatement) -> [SQLStatement]

    /// An expression that orders the rows of a staging table by their arrival.
    var stagingPosition: String { get }

    /// The declaration of the column for `stagingPosition`, name first; nil where rows have a position by themselves.
    var stagingPositionColumn: String? { get }

    /// Prepares a filled staging table for searches by each of these keys: indexes, or statistics for the planner.
    func settle(_ name: String, of load: LoadID, keys: [[String]]) -> [String]

    // MARK: Rows

    /// The statement that inserts the rows of a job, as printed. Without a semicolon.
    func insertion(_ rows: RowInsert, of load: LoadID) -> String

    // MARK: Reading

    /// A load id in an expression that sorts by bytes.
    func ordered(_ loadID: String) -> String

    /// Orders rows of equal time, the one written later first; `, …` after the time of a table, or nothing.
    func laterFirst(_ alias: String) -> String

    /// An expression for a time, as text from which `microseconds` reads it.
    func readableTime(_ expression: String) -> String

    func microseconds(_ text: String) -> Int64?

    /// An expression for a time, in a readable form.
    func shownTime(_ expression: String) -> String
}

extension SQLDialect {
    package func reserved(_ name: String) -> String { "\"\(name)\"" }
    package var datasetCreation: String? { nil }
    package func activeEnd(_ microseconds: Int64) -> RecordValue { .timestamp(microseconds) }
    package var addsRequiredColumns: Bool { true }
    package func requirement(of column: String, in table: String) -> String? { nil }
    package var identityOverride: String { "" }
    package var copiesRows: Bool { false }
    package func declaration(of column: Column, isUnique: Bool) -> String {
        declaration(of: column, isUnique: isUnique, isStrict: false)
    }
    package var addsUniqueColumns: Bool { false }
    package var altersKeepReadersWaiting: Bool { false }
    package func truncation(of table: String) -> String { "DELETE FROM \(table)" }
    package func swap(_ name: String, successor: String) -> [String] {
        [
            "DROP TABLE IF EXISTS \(table(name))",
            "ALTER TABLE \(table(successor)) RENAME TO \(quote(name))",
        ]
    }
    package func creation(of index: TableIndex, on table: String) -> String {
        let kind = index.isUnique ? "UNIQUE INDEX" : "INDEX"
        let name = quote(self.name(of: index, on: table))
        return "CREATE \(kind) \(name) ON \(self.table(table)) (\(quote(index.column)))"
    }
    package func renaming(of index: TableIndex, from table: String, to other: String) -> String? { nil }

    /// The name of an index of ours. Tables and indexes share one name space in databases, so no table can have this
    /// name, and it is the same in every load.
    package func name(of index: TableIndex, on table: String) -> String {
        let name = reserved(table) + " " + index.column
        guard kind.tableNames.excess(of: name) != nil else { return name }
        var digest = XXH64()
        var whole = name
        whole.withUTF8 { digest.update(UnsafeRawBufferPointer($0)) }
        let tag = " " + digest.hexDigest()
        var short = name
        while kind.tableNames.excess(of: short + tag) != nil { short.unicodeScalars.removeLast() }
        return short + tag
    }
    package func ordered(_ loadID: String) -> String { loadID }
    package func laterFirst(_ alias: String) -> String { "" }
    package func readableTime(_ expression: String) -> String { expression }
    package func shownTime(_ expression: String) -> String { expression }

    /// The table that the rows of a job go into, qualified.
    package func target(of rows: RowInsert, of load: LoadID) -> String {
        switch rows.place {
        case .table: table(rows.table)
        case .staging: staging(rows.table, of: load)
        case .successor(let name): table(name)
        }
    }

    package func names(_ columns: [Column]) -> String { columns.map { quote($0.name) }.joined(separator: ", ") }
}
