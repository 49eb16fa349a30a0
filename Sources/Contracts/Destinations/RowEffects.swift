package import JSONText

/// How many rows of each table a session has inserted, changed and removed, as far as the destination reports it.
package struct RowEffects: Sendable, Equatable {
    package struct Counts: Sendable, Equatable {
        /// nil where only the number of incoming rows is known.
        package var inserted: Int?
        package var updated = 0
        package var removed = 0

        package init() {}
    }

    /// By table: the tables of which rows were changed or removed.
    package private(set) var tables: [ExactString: Counts] = [:]

    package enum Kind: Sendable, Equatable { case inserts, updates, removes }

    package init() {}

    package mutating func add(_ rows: Int, _ kind: Kind, of table: String) {
        var counts = tables[ExactString(table)] ?? Counts()
        switch kind {
        case .inserts: counts.inserted = (counts.inserted ?? 0) + rows
        case .updates: counts.updated += rows
        case .removes: counts.removed += rows
        }
        tables[ExactString(table)] = counts
    }

    package mutating func add(_ other: RowEffects) {
        for (table, counts) in other.tables {
            if let inserted = counts.inserted { add(inserted, .inserts, of: table.text) }
            add(counts.updated, .updates, of: table.text)
            add(counts.removed, .removes, of: table.text)
        }
    }
}
