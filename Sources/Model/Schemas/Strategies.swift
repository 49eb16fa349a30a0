/// How the rows of a load meet those that a table has with the same keys, by dlt's names.
package enum MergeStrategy: String, CaseIterable, Sendable {
    /// Rows with a key that comes are deleted, with the rows below them; then all that comes is inserted.
    case deleteInsert = "delete-insert"
    /// Rows with a primary key that comes are updated, the others inserted.
    case upsert
    /// Only rows with an unknown primary key are inserted.
    case insertOnly = "insert-only"
    /// Rows are versions with a time of validity: dlt's slowly changing dimension of type 2.
    case history = "scd2"

    package static let names = allCases.map(\.rawValue)
}

/// How a table is replaced where its stream or the user says how, by dlt's names.
package enum ReplaceStrategy: String, CaseIterable, Sendable {
    case truncateAndInsert = "truncate-and-insert"
    case insertFromStaging = "insert-from-staging"
    case stagingOptimized = "staging-optimized"

    package static let names = allCases.map(\.rawValue)
}
