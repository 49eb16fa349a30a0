/// Which columns of the tables that a load creates are indexed.
package enum IndexChoice: String, CaseIterable, Sendable {
    /// No column, and nothing is made unique.
    case nothing = "none"
    /// Columns with the hint `unique`, which the destination then keeps so.
    case unique
    /// Besides what tables get when nothing is said, the columns by which rows of nested tables and their parents find each other.
    case lookup
}
