package import Destinations
package import Schemas

/// What one database's SQL has of its own. `SQLPrinter` writes the rest, the same for all.
package protocol SQLDialect: Sendable {
    func quote(_ name: String) -> String

    /// A value as it is printed; executed, it is a parameter.
    func literal(_ value: RecordValue) -> String

    /// A table of the dataset, with all that it takes not to mean a temporary one: `main."t"`.
    func table(_ name: String) -> String

    /// A temporary table of this connection: `temp."t"`.
    func temporary(_ name: String) -> String

    /// What follows the name of a temporary table that is being created.
    var temporaryOptions: String { get }

    /// Type and constraints of a column that we create.
    ///
    /// - Parameter isStaged: in a temporary table, where constraints serve only to find errors early.
    func declaration(of column: Column, isStaged: Bool) -> String

    /// How the statement that adds columns is spelled for several of them; nil where it takes one.
    var addsSeveralColumns: Bool { get }

    /// An expression that orders rows of a staging table as they came.
    var stagingPosition: String { get }

    /// The declaration of the column behind `stagingPosition`, name first; nil where rows have a place by themselves.
    var stagingPositionColumn: String? { get }

    /// Makes a filled temporary table fit to be searched by each of these keys: indexes, or statistics for the planner.
    func settle(temporary name: String, keys: [[String]]) -> [String]

    /// Equality for which null equals null, in a form that large joins can use.
    func nullSafeEquality(_ left: String, _ right: String) -> String

    /// What dlt's history has as the end of a version that has not ended, where a time stands for it.
    func activeEnd(_ microseconds: Int64) -> RecordValue

    /// Empties a table the quick way.
    func truncation(of table: String) -> String

    /// The statement that takes the rows of a job, as it is printed. Without a semicolon.
    func insertion(_ rows: RowInsert) -> String
}

extension SQLDialect {
    package func activeEnd(_ microseconds: Int64) -> RecordValue { .timestamp(microseconds) }

    /// The table that the rows of a job go into, qualified.
    package func target(of rows: RowInsert) -> String {
        switch rows.place {
        case .table: table(rows.table)
        case .staging: temporary(rows.table)
        case .successor(let name): table(name)
        }
    }

    package func names(_ columns: [Column]) -> String { columns.map { quote($0.name) }.joined(separator: ", ") }
}
