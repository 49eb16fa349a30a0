import DestinationKinds
import Destinations
import Failures
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Decides the changes of tables: the columns they get, and what happens to their existing rows and to the new ones.
struct TablePlanner {
    let manifest: Manifest
    let schema: Schema
    let names: SystemNames
    let kind: DestinationKind
    let dataset: DatasetView
    /// How to replace tables whose stream does not name a strategy.
    let replaceStrategy: ReplaceStrategy?
    /// nil for the destination's default.
    let indexes: IndexChoice?
    /// Tables that the plan drops.
    let dropped: Set<ExactString>
    /// Shared with earlier packages with the same schema.
    private let memory: PlanMemory?
    /// The jobs of each written table: a package may have as many tables as records have levels.
    private let jobs: [ExactString: [Manifest.Job]]
    /// The roots of those tables.
    private let roots: Set<ExactString>

    init(
        manifest: Manifest, schema: Schema, names: SystemNames, kind: DestinationKind, dataset: DatasetView,
        replaceStrategy: ReplaceStrategy?, indexes: IndexChoice?, dropped: Set<ExactString>, memory: PlanMemory? = nil
    ) {
        self.manifest = manifest
        self.schema = schema
        self.names = names
        self.kind = kind
        self.dataset = dataset
        self.replaceStrategy = replaceStrategy
        self.indexes = indexes
        self.dropped = dropped
        self.memory = memory
        jobs = Dictionary(grouping: manifest.jobs) { ExactString($0.table) }
            .filter { schema.writeDisposition(of: $0.key.text) != .skip }
        roots = Set(jobs.keys.compactMap { schema.root(of: $0.text).map { ExactString($0.name) } })
    }

    /// What happens to the existing rows of a chain of tables, and to the new ones.
    private enum Treatment {
        case append
        case replace(ReplaceStrategy?)
        case merge(TableMerge)

        var touchesWholeChain: Bool {
            if case .append = self { return false }
            return true
        }

        func intent(_ chain: TableChain) -> LoadIntent {
            switch self {
            case .append: .append(chain)
            case .replace(let strategy): .replace(chain, strategy)
            case .merge(let merge): .merge(merge, chain)
            }
        }
    }

    func intents() throws -> [LoadIntent] {
        var intents: [LoadIntent] = []
        // In the order in which dlt makes them.
        for name in [names.version, names.state, names.loads] {
            if let table = schema[table: name] { intents += try evolution(of: table) }
        }
        var chains: [ExactString: (treatment: Treatment, tables: [WrittenTable])] = [:]
        for (place, table) in schema.tables.enumerated() where !names.contains(table.name) && table.hasSeenData {
            guard let root = schema.root(of: table.name) else { continue }
            let key = ExactString(root.name)
            guard roots.contains(key) else { continue }
            guard let treatment = try chains[key]?.treatment ?? treatment(of: root) else { continue }
            let jobs = jobs[ExactString(table.name)]
            if chains[key] == nil { chains[key] = (treatment, []) }
            guard try treatment.touchesWholeChain || jobs != nil || lacksRootKey(table) else { continue }
            intents += try evolution(of: table)
            let columns = columns(of: table)
            chains[key]?.tables.append(
                WrittenTable(
                    name: table.name, place: place, columns: columns, indexes: indexes(of: table, columns),
                    jobs: (jobs ?? []).filter { $0.rows > 0 }))
        }
        return intents
            + chains.sorted { $0.key < $1.key }.map { $0.value.treatment.intent(TableChain($0.value.tables)) }
    }

    private func columns(of table: String) throws -> [StoredColumn]? {
        dropped.contains(ExactString(table)) ? nil : try dataset.columns(of: table)
    }

    // MARK: Chains

    /// nil for a chain that is not loaded.
    private func treatment(of root: Table) throws -> Treatment? {
        switch schema.writeDisposition(of: root.name) {
        case .append: return .append
        case .skip: return nil
        case .replace: return .replace(try replacement(of: root))
        case .merge:
            let hasRows = manifest.jobs.contains { ExactString($0.table) == ExactString(root.name) && $0.rows > 0 }
            guard hasRows, let merge = try MergeRules(schema: schema, root: root, manifest: manifest).merge() else {
                return .append
            }
            return .merge(merge)
        }
    }

    private func replacement(of root: Table) throws -> ReplaceStrategy? {
        let named = manifest.replaceStrategies[ExactString(root.name)]
        guard let name = named ?? replaceStrategy?.rawValue else { return nil }
        if let strategy = ReplaceStrategy(rawValue: name), kind.replaceStrategies.contains(strategy) { return strategy }
        // The user can change a strategy that this command names.
        throw LoadFailure(
            named == nil ? .waits : .broken, .data,
            "unable to load table \"\(root.name)\": this destination has no replace strategy \(name)",
            hint: "it has \(kind.replaceStrategies.map(\.rawValue).joined(separator: ", "))", table: root.name)
    }

    // MARK: Columns

    private func columns(of table: Table) -> [Column] { memory?.columns(of: table.name) ?? table.storedColumns }

    /// The columns that a table lacks at the destination; nil if none.
    private func evolution(of table: Table) throws -> [LoadIntent] {
        if memory?.columns(of: table.name) != nil { return [] }
        let existing = try columns(of: table.name)
        let columns = table.storedColumns
        try checkNames(table, columns)
        let known = Set((existing ?? []).map { folded($0.name) })
        let missing = columns.filter { !known.contains(folded($0.name)) }
        guard !missing.isEmpty else {
            memory?.keep(columns, of: table.name)
            return []
        }
        try checkCount(table, known.count + missing.count)
        try checkTypes(table, missing)
        let indexes = self.indexes(of: table, missing).filter { existing == nil || $0.isUnique }
        let links = existing == nil ? nil : rootLinks(of: table, missing)
        return [
            .evolve(
                TableChange(table: table.name, columns: missing, indexes: indexes, rootLinks: links),
                isNew: existing == nil)
        ]
    }

    // MARK: Root keys

    /// Existing rows do not know their root row yet, and the rows below them have to learn it from them.
    private func lacksRootKey(_ table: Table) throws -> Bool {
        guard let column = rootKey(of: table), memory?.columns(of: table.name) == nil,
            let existing = try columns(of: table.name)
        else { return false }
        return !existing.contains { folded($0.name) == folded(column.name) }
    }

    private func rootKey(of table: Table) -> Column? {
        table.parent == nil ? nil : table.storedColumns.first { $0.has("root_key") }
    }

    /// How existing rows get a root key, if that is one of the missing columns.
    private func rootLinks(of table: Table, _ missing: [Column]) -> RootLinks? {
        guard let column = rootKey(of: table), missing.contains(where: { $0.name == column.name }),
            let parent = table.parent.flatMap({ schema[table: $0] }),
            let key = table.storedColumns.first(where: { $0.has("parent_key") })
        else { return nil }
        let rowKey = parent.storedColumns.first { $0.has("row_key") } ?? parent.storedColumns.first { $0.has("unique") }
        return RootLinks(
            column: column.name, parentKey: key.name, parent: parent.name,
            parentRowKey: rowKey?.name ?? SystemColumns.id,
            parentRootKey: parent.parent == nil ? nil : rootKey(of: parent)?.name ?? SystemColumns.rootID)
    }

    /// Rows of dlt's own tables are not searched for.
    private func indexes(of table: Table, _ columns: [Column]) -> [TableIndex] {
        TableIndex.chosen(indexes, for: columns, at: kind).filter { $0.isUnique || !names.contains(table.name) }
    }

    private func checkTypes(_ table: Table, _ columns: [Column]) throws {
        for column in columns {
            guard let refusal = kind.refusal(of: column) else { continue }
            throw LoadFailure(
                .broken, .data,
                "unable to make column \"\(column.name)\" of table \"\(table.name)\": \(kind.title) has no type for it, "
                    + refusal,
                hint: "run the whole pipe again with another precision in --columns")
        }
    }

    /// A name in the form that the destination compares.
    private func folded(_ name: String) -> ExactString {
        guard kind.casing == .insensitive else { return ExactString(name) }
        return ExactString(
            String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self))
    }

    private func checkNames(_ table: Table, _ columns: [Column]) throws {
        func refusal(_ reason: String, _ hint: String) -> LoadFailure {
            LoadFailure(
                .broken, .data, "unable to load table \"\(table.name)\": \(reason)", hint: hint, table: table.name)
        }
        let lengths =
            [kind.tableNames.excess(of: table.name).map { (table.name, $0, kind.tableNames) }]
            + columns.map { column in
                kind.columnNames.excess(of: column.name).map { (column.name, $0, kind.columnNames) }
            }
        for case let (name, length, limit)? in lengths {
            throw refusal(
                "the name \"\(name)\" has \(length) \(limit.unit.rawValue), the destination allows \(limit.count)",
                "run the whole pipe again with a lower dlt-normalize --max-identifier-length")
        }
        if kind.reserves(table: table.name) {
            throw refusal(
                "\(kind.title) reserves names like this one",
                "run the whole pipe again with another name for it")
        }
        if let column = columns.first(where: { kind.reserves(column: $0.name) }) {
            throw refusal(
                "\(kind.title) has a column \"\(column.name)\" of its own in each table",
                "run the whole pipe again with another name for it: dlt-normalize --rename \(ShellWord.quoted(column.name))=NAME"
            )
        }
        var seen: [ExactString: String] = [:]
        for column in columns {
            if let other = seen.updateValue(column.name, forKey: folded(column.name)) {
                throw refusal(
                    "the columns \"\(other)\" and \"\(column.name)\" are one column to this destination, which does not "
                        + "distinguish upper from lower case",
                    "run the whole pipe again with another name for one of them "
                        + "(dlt-normalize --rename \(ShellWord.quoted(column.name))=NAME), or, if the table is new, with a "
                        + "naming convention that ignores case too, such as snake_case")
            }
        }
    }

    private func checkCount(_ table: Table, _ count: Int) throws {
        guard let most = kind.maxColumns, count > most else { return }
        // Columns of a nested value have two underscores between their parts; wide rows without them are wide in the
        // source.
        let flat = table.columns.count { !$0.name.contains("__") }
        let hint =
            flat > most
            ? "run the whole pipe again without some of them: dlt-normalize --exclude PATH leaves one out"
            : "run the whole pipe again with a lower dlt-normalize --max-table-nesting, which keeps nested objects as json, "
                + "or with --columns declaring the widest object as json"
        throw LoadFailure(
            .broken, .data,
            "unable to load table \"\(table.name)\": it would have \(count) columns, the destination allows \(most)",
            hint: hint, table: table.name)
    }
}
