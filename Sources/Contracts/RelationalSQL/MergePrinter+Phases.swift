import Destinations
import Schemas

/// Merges where each statement takes effect at once, so that a killed run leaves a part of them done.
///
/// The changes to staged rows alone come before the load is marked, and happen once. The rest is repeated from its
/// first statement on, and has to find out from the tables what is left to do: rows that this load has inserted are
/// found by their keys like any others.
extension MergePrinter {
    /// A staging table that is created once and stays until the clean-up; nil for a merge that needs none.
    ///
    /// An upsert deletes a row whose deletion was staged, and inserts the deletion itself if there is no such row. In a
    /// repeated run both look the same, so the original keys of the table are kept.
    static func kept(_ merge: TableMerge, _ dialect: any SQLDialect) -> String? {
        guard merge.strategy == .upsert, merge.hardDelete != nil else { return nil }
        return dialect.reserved("known \(merge.root.name)")
    }

    private var kept: String? { MergePrinter.kept(merge, dialect) }

    /// The statements on the staged rows; refuses the load if the rows require it.
    func preparation() -> [SQLStatement] {
        switch merge.strategy {
        case .deleteInsert: settleKeys()
        case .upsert: upsertStaging() + (kept.map { collectKnown(root, merge.primaryKey, as: $0) } ?? [])
        case .insertOnly: insertOnlyStaging() + stagedNested.flatMap { settle($0) }
        case .history(let validity): HistoryPrinter(self, validity).staging()
        }
    }

    /// The statements on the tables.
    ///
    /// A delete-insert deletes rows before it leaves out staged ones, since those have keys too. Nested rows are
    /// deleted before the rows that identify them, and inserted after them; in a history they are inserted before,
    /// since the arrival of their parent indicates that they are there.
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
