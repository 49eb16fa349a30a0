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

    /// The indexes of a new table with these columns, in the order of the columns.
    ///
    /// - Parameter choice: nil for the destination's default.
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
    /// The column that is unique in each row; nil if there is none.
    package var rowKey: Column? { first { $0.has("row_key") } ?? first { $0.name == SystemColumns.id } }
}
