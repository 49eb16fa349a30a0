import Destinations
import Schemas

/// Merges where each statement counts at once, so that a killed run leaves some of them done.
///
/// What a merge does to the staged rows alone comes before the load is marked, and is done once. What follows is run again from its
/// first statement on, and has to find out from the tables what is left to do: rows that this load has inserted are found there by
/// their keys like any others.
extension MergePrinter {
    /// A staging table that is made once and stays until the clean-up; nil for a merge that needs none.
    ///
    /// An upsert deletes a row whose deletion was staged, and inserts the deletion itself where there is no such row. When it is
    /// repeated both look the same; so what the table had at first is kept.
    static func kept(_ merge: TableMerge, _ dialect: any SQLDialect) -> String? {
        guard merge.strategy == .upsert, merge.hardDelete != nil else { return nil }
        return dialect.reserved("known \(merge.root.name)")
    }

    private var kept: String? { MergePrinter.kept(merge, dialect) }

    /// What is done to the staged rows, and refuses the load where they say so.
    func preparation() -> [SQLStatement] {
        switch merge.strategy {
        case .deleteInsert: settleKeys()
        case .upsert: upsertStaging() + (kept.map { collectKnown(root, merge.primaryKey, as: $0) } ?? [])
        case .insertOnly: insertOnlyStaging() + stagedNested.flatMap { settle($0) }
        case .history(let validity): HistoryPrinter(self, validity).staging()
        }
    }

    /// What is done to the tables.
    ///
    /// Of a delete-insert, rows are deleted before staged ones are left out, since those have keys too. Nested rows go before the
    /// rows that tell which they are, and come after them; in a history they come before, since their parent's coming says that
    /// they are there.
    func publication() -> [SQLStatement] {
        switch merge.strategy {
        case .deleteInsert: deleteInsert()
        case .upsert: repeatableUpsert()
        case .insertOnly: insertUnknown() + stagedNested.flatMap { insertUnknown($0) }
        case .history(let validity): HistoryPrinter(self, validity).publication()
        }
    }

    private func repeatableUpsert() -> [SQLStatement] {
        let wasKnown = kept.map { isCollected($0) }
        let conditions = ["NOT \(isKnown)"] + (wasKnown.map { ["NOT \($0)"] } ?? [])
        return replaceNested() + collectKnown(root, merge.primaryKey)
            + [update(), delete(where: wasKnown)].compactMap { $0 } + [insert(root, where: conditions), drop(known)]
            + insertNested()
    }
}
