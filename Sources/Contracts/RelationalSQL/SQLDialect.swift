package import DestinationKinds
package import Destinations
import Digests
package import LoadPackages
package import Schemas

/// What one database's SQL has of its own. `SQLPrinter` writes the rest, the same for all.
package protocol SQLDialect: Sendable {
    var kind: DestinationKind { get }

    // MARK: Names

    func quote(_ name: String) -> String

    /// A name, not quoted, that no naming convention makes, for a staging table of our own.
    func reserved(_ name: String) -> String

    /// A table of the dataset, with all that it takes not to mean a staging one: `main."t"`.
    func table(_ name: String) -> String

    /// The statement that makes the dataset, for print; nil where a dataset need not be made.
    var datasetCreation: String? { get }

    // MARK: Values and types

    /// A value as it is printed; executed, it is a parameter.
    func literal(_ value: RecordValue) -> String

    /// Type and constraints of a column that we create.
    ///
    /// - Parameters:
    ///   - isUnique: by a constraint that is declared with the column, where the database can do that.
    ///   - isStrict: the table knows few types and takes their values alone, where there are such tables.
    func declaration(of column: Column, isUnique: Bool, isStrict: Bool) -> String

    /// Equality for which null equals null, in a form that large joins can use.
    func nullSafeEquality(_ left: String, _ right: String) -> String

    /// What dlt's history has as the end of a version that has not ended, where a time stands for it.
    func activeEnd(_ microseconds: Int64) -> RecordValue

    // MARK: Tables

    /// The statement that adds columns may hold several of them.
    var addsSeveralColumns: Bool { get }

    /// A column that must not be null can be added as such; otherwise it is made so when it is there.
    var addsRequiredColumns: Bool { get }

    /// A column can be added as unique; otherwise added columns never are.
    var addsUniqueColumns: Bool { get }

    /// Rows come by another way than INSERT, which leads to fewer places.
    var copiesRows: Bool { get }

    /// What makes a column that is there demand a value; nil where that cannot be.
    func requirement(of column: String, in table: String) -> String?

    /// What stands behind the names of an INSERT for its values to take the place of those that the database would make.
    var identityOverride: String { get }

    /// Adding a column keeps readers waiting until the commit: then rows are staged, and tables changed last.
    var altersKeepReadersWaiting: Bool { get }

    /// Empties a table the quick way.
    func truncation(of table: String) -> String

    /// Puts a table of the dataset in the place of another.
    func swap(_ table: String, successor: String) -> [String]

    /// Indexes a column of a table that is there, or makes it unique by what a constraint in the table's declaration would have made.
    func creation(of index: TableIndex, on table: String) -> String

    /// Gives an index the name that it has on another table, which the table that has it is now called; nil where there is no need.
    func renaming(of index: TableIndex, from table: String, to other: String) -> String?

    // MARK: Staging

    /// A staging table of a load, which hides no table of the dataset: `temp."t"`.
    func staging(_ name: String, of load: LoadID) -> String

    /// Makes a staging table with these columns.
    func createStaging(_ name: String, of load: LoadID, columns: String) -> String

    /// Makes a staging table of what a query finds, in the place of one that a killed run has left.
    func collect(_ name: String, of load: LoadID, query: SQLStatement) -> [SQLStatement]

    /// An expression that orders rows of a staging table as they came.
    var stagingPosition: String { get }

    /// The declaration of the column behind `stagingPosition`, name first; nil where rows have a place by themselves.
    var stagingPositionColumn: String? { get }

    /// Makes a filled staging table fit to be searched by each of these keys: indexes, or statistics for the planner.
    func settle(_ name: String, of load: LoadID, keys: [[String]]) -> [String]

    // MARK: Rows

    /// The statement that takes the rows of a job, as it is printed. Without a semicolon.
    func insertion(_ rows: RowInsert, of load: LoadID) -> String

    // MARK: Reading

    /// A load id as it is ordered by bytes.
    func ordered(_ loadID: String) -> String

    /// Of two rows with one time the one that was written later comes first; `, …` after the time of a table, or nothing.
    func laterFirst(_ alias: String) -> String

    /// An expression for a time, as text from which `microseconds` reads it.
    func readableTime(_ expression: String) -> String

    func microseconds(_ text: String) -> Int64?

    /// An expression for a time, as people read it.
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

    /// The name of an index of ours. Databases have one space of names for tables and indexes, so it is none that a table can have, and the
    /// same in every load.
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
