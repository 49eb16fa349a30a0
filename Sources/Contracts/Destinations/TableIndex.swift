package import DestinationKinds
package import Schemas

/// An index of one column of a table.
package struct TableIndex: Sendable, Equatable {
    package let column: String
    /// No two rows may have the same value there.
    package let isUnique: Bool

    package init(column: String, isUnique: Bool) {
        self.column = column
        self.isUnique = isUnique
    }

    /// Those that a new table with these columns gets, in the order of the columns.
    ///
    /// - Parameter choice: nil for what the destination does by itself.
    package static func chosen(
        _ choice: IndexChoice?, for columns: [Column], at kind: DestinationKind
    ) -> [TableIndex] {
        let usual = kind.indexChoices.first ?? .nothing
        let choice = choice ?? usual
        let keepsUnique = choice == .unique || (choice == .lookup && usual == .unique)
        let rowKey = columns.rowKey?.name
        return columns.compactMap { column in
            if keepsUnique && column.has("unique") { return TableIndex(column: column.name, isUnique: true) }
            guard choice == .lookup, column.has("parent_key") || column.name == rowKey else { return nil }
            return TableIndex(column: column.name, isUnique: false)
        }
    }
}

extension [Column] {
    /// The column that is another in each row; nil where there is none.
    package var rowKey: Column? { first { $0.has("row_key") } ?? first { $0.name == SystemColumns.id } }
}
