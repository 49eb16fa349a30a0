/// How the rows of a load meet the table's rows with the same keys, by dlt's names.
package enum MergeStrategy: String, CaseIterable, Sendable {
    /// Deletes rows with an incoming key, and the rows below them; then inserts all incoming rows.
    case deleteInsert = "delete-insert"
    /// Updates rows with an incoming primary key, and inserts the others.
    case upsert
    /// Inserts only rows with an unknown primary key.
    case insertOnly = "insert-only"
    /// Rows are versions with a time of validity: dlt's slowly changing dimension of type 2.
    case history = "scd2"

    package static let names = allCases.map(\.rawValue)
}

/// How a table is replaced, if its stream or the user names a strategy, by dlt's names.
package enum ReplaceStrategy: String, CaseIterable, Sendable {
    case truncateAndInsert = "truncate-and-insert"
    case insertFromStaging = "insert-from-staging"
    case stagingOptimized = "staging-optimized"

    package static let names = allCases.map(\.rawValue)
}
