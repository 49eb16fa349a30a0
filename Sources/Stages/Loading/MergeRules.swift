import DateTimes
import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// A schema's rules for merging a chain of tables, as a merge that a destination can execute. Refuses hints that the
/// chain's strategy cannot honour.
struct MergeRules {
    let schema: Schema
    let root: Table
    /// When the load's versions begin, in microseconds.
    let time: Int64
    /// Tables that get rows.
    let staged: Set<ExactString>

    init(schema: Schema, root: Table, manifest: Manifest) {
        self.schema = schema
        self.root = root
        time = manifest.loadID.microseconds
        staged = Set(manifest.jobs.filter { $0.rows > 0 }.map { ExactString($0.table) })
    }

    private var primaryKey: [Column] { columns("primary_key") }
    private var mergeKey: [Column] { columns("merge_key") }

    /// Columns with a hint. A column that never had a value is in no table.
    private func columns(_ hint: String) -> [Column] { root.completeColumns.filter { $0.has(hint) } }

    /// The merge; nil when there are no keys, and rows are just inserted.
    ///
    /// - Throws: for hints that the strategy cannot honour.
    func merge() throws -> TableMerge? {
        let name = root.mergeStrategy ?? MergeStrategy.deleteInsert.rawValue
        guard let strategy = MergeStrategy(rawValue: name) else {
            throw refusal("there is no merge strategy \"\(name)\"", "use another strategy")
        }
        try check(strategy)
        if strategy == .deleteInsert && primaryKey.isEmpty && mergeKey.isEmpty { return nil }
        let nested = schema.chain(from: root.name).dropFirst().filter(\.hasSeenData)
        return TableMerge(
            strategy: try merged(strategy), root: merged(root, rowKey: try rowKey(strategy, isNeeded: !nested.isEmpty)),
            nested: try nested.map { try self.nested($0, strategy) }, primaryKey: primaryKey, mergeKey: mergeKey,
            hardDelete: columns("hard_delete").first,
            order: columns("dedup_sort").first.map {
                TableMerge.Order(column: $0.name, isDescending: $0.hints["dedup_sort"]?.stringValue == "desc")
            },
            isDeduplicated: root.properties["x-stage-data-deduplicated"]?.boolValue ?? false)
    }

    // MARK: Unsupported hints

    private func check(_ strategy: MergeStrategy) throws {
        for hint in ["hard_delete", "dedup_sort"] where columns(hint).count > 1 {
            let names = columns(hint).map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw refusal("several columns have the hint \(hint): \(names)", "leave the hint to one of them")
        }
        switch strategy {
        case .deleteInsert:
            if primaryKey.isEmpty { try refuse("dedup_sort", strategy, "without a primary key") }
            if primaryKey.isEmpty && mergeKey.isEmpty { try refuse("hard_delete", strategy, "without a key") }
        case .upsert, .insertOnly:
            if primaryKey.isEmpty {
                throw refusal(
                    "the merge strategy \(strategy.rawValue) needs a primary key", "name it with --primary-key")
            }
            try refuse("merge_key", strategy)
            try refuse("dedup_sort", strategy)
        case .history:
            try refuse("hard_delete", strategy)
            try refuse("dedup_sort", strategy)
        }
    }

    private func refuse(_ hint: String, _ strategy: MergeStrategy, _ condition: String = "") throws {
        guard let column = columns(hint).first else { return }
        let condition = condition.isEmpty ? "" : " " + condition
        throw refusal(
            "the merge strategy \(strategy.rawValue)\(condition) cannot honour the hint \(hint) of column \"\(column.name)\"",
            "remove the hint (for example --columns '{\"\(column.name)\": {\"\(hint)\": false}}'), or use another strategy"
        )
    }

    private func refusal(_ reason: String, _ hint: String) -> LoadFailure {
        LoadFailure(
            .broken, .data, "unable to load table \"\(root.name)\": \(reason)",
            hint: "\(hint); then run the whole pipe again")
    }

    // MARK: Tables

    private func merged(_ table: Table, rowKey: String) -> MergedTable {
        MergedTable(name: table.name, columns: table.storedColumns, rowKey: rowKey)
    }

    private func rowKey(_ strategy: MergeStrategy, isNeeded: Bool) throws -> String {
        if strategy == .history { return SystemColumns.id }
        let single = primaryKey.count == 1 ? primaryKey : []
        if let column = (columns("row_key") + columns("unique") + single).first { return column.name }
        guard isNeeded else { return SystemColumns.id }
        throw refusal("it has no column that identifies its rows, for the tables below it", "keep the column _dlt_id")
    }

    private func nested(_ table: Table, _ strategy: MergeStrategy) throws -> NestedTable {
        func column(_ hint: String) -> String? { table.completeColumns.first { $0.has(hint) }?.name }
        let parent = table.parent ?? ""
        let link: String?
        switch strategy {
        case .history: link = column("parent_key")
        default: link = column("root_key") ?? (table.isChild(of: root.name) ? column("parent_key") : nil)
        }
        guard let link else {
            throw refusal(
                "its nested table \"\(table.name)\" has no column that links to its rows",
                "set root_key_propagation in the schema's normalizer, before the first load")
        }
        return NestedTable(
            table: merged(table, rowKey: column("row_key") ?? column("unique") ?? SystemColumns.id), parent: parent,
            link: link,
            isStaged: staged.contains(ExactString(table.name)))
    }

    // MARK: Histories

    private func merged(_ strategy: MergeStrategy) throws -> TableMerge.Strategy {
        switch strategy {
        case .deleteInsert: return .deleteInsert
        case .upsert: return .upsert
        case .insertOnly: return .insertOnly
        case .history: break
        }
        guard let from = columns("x-valid-from").first, let to = columns("x-valid-to").first,
            let version = columns("x-row-version").first
        else {
            throw refusal(
                "it lacks a column that the merge strategy scd2 needs",
                "name the strategy with --write-disposition, which adds them")
        }
        let given = try timestamp(root.properties["x-boundary-timestamp"], "boundary_timestamp")
        let active = try timestamp(to.hints["x-active-record-timestamp"], "active_record_timestamp")
        return .history(
            TableMerge.Validity(
                from: from.name, to: to.name, version: version.name, time: given ?? time, isGiven: given != nil,
                active: active))
    }

    private func timestamp(_ value: JSONValue?, _ name: String) throws -> Int64? {
        guard let value, !value.isNull else { return nil }
        let text = value.stringValue ?? value.serialized()
        let time = Array(text.utf8).withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
        guard let time else {
            throw refusal("its \(name) \(value.serialized()) is not a time", "write it as 2024-01-31T12:00:00Z")
        }
        return time
    }
}

extension Table {
    /// The columns that exist in a destination: with a type, and with a name, which dlt's schemas can lack.
    var storedColumns: [Column] { completeColumns.filter { !$0.name.isEmpty } }
}
