/// What readers may see of a load that was killed (see `Destination`).
struct Laws {
    /// What was there when the last valid load was valid, and nothing of the next had been done.
    let before: Snapshot
    /// What is there when all is done.
    let end: Snapshot

    /// What is wrong with what a kill has left.
    func violations(_ left: Snapshot) -> [String] {
        if left.valid == end.valid { return left.visible.differences(from: end) }
        return left.marked.isEmpty ? prepared(left.visible) : published(left.visible)
    }

    /// Before it is marked a load has made nothing but new empty tables and columns.
    private func prepared(_ left: Snapshot) -> [String] {
        var found: [String] = []
        for (name, contents) in left.tables {
            guard let old = before.tables[name] else {
                if !contents.rows.isEmpty { found.append("new table \(name) has rows before it is marked") }
                continue
            }
            let columns = old.columns.map { $0[0] }
            // A state belongs to a load, and is believed with it.
            if name != "_dlt_pipeline_state", sorted(left.rows(name, columns)) != sorted(old.rows) {
                found.append("rows of \(name) changed before the mark")
            }
            let added = contents.columns.map { $0[0] }.filter { !columns.contains($0) }
            if left.rows(name, added).contains(where: { $0.contains { $0 != nil } }) {
                found.append("new columns of \(name) have values before the mark")
            }
        }
        found += before.tables.keys.filter { left.tables[$0] == nil }.map { "\($0) is gone before the mark" }
        return found
    }

    /// Whoever believes valid loads alone sees no row of another one.
    private func published(_ left: Snapshot) -> [String] {
        var found: [String] = []
        for (name, contents) in left.tables {
            var columns = contents.columns.map { $0[0] }
            guard let load = columns.firstIndex(of: "_dlt_load_id") else { continue }
            // The end of a version is written into rows of other loads.
            columns.removeAll { $0 == "_dlt_valid_to" }
            let believed = contents.rows.filter { left.valid.contains($0[load] ?? "") }
            let places = columns.map { column in contents.columns.firstIndex { $0[0] == column } }
            let old = Set(before.rows(name, columns))
            let unknown = believed.map { row in places.map { $0.flatMap { row[$0] } } }.filter { !old.contains($0) }
            if !unknown.isEmpty { found.append("\(name) has rows of valid loads that were not there: \(unknown)") }
        }
        return found
    }

    private func sorted(_ rows: [[String?]]) -> [String] { rows.map { "\($0)" }.sorted() }
}
