/// Which columns of the tables that a load creates are indexed.
package enum IndexChoice: String, CaseIterable, Sendable {
    /// No column is indexed, and none is made unique.
    case nothing = "none"
    /// Columns with the hint `unique`, which the destination then enforces.
    case unique
    /// In addition to the default, the columns that link rows of nested tables and their parents.
    case lookup
}
