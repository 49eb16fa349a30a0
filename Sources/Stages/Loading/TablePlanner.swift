import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Plans what happens to tables: which are made, changed, emptied, filled and merged, and in which order.
///
/// A table is changed where its rows come first, before anything is inserted. Where that would keep readers waiting, rows
/// are staged, and the tables are changed and filled from there in the end.
struct TablePlanner {
    let manifest: Manifest
    let schema: Schema
    let names: SystemNames
    let destination: any Destination
    let transaction: any DestinationTransaction
    /// The way to replace tables whose stream did not name one.
    let replaceStrategy: String?
    /// Tables that the plan has dropped, or will.
    let dropped: Set<ExactString>
    /// The jobs of each table that is written: a package may have as many tables as records have levels.
    private let jobs: [ExactString: [Manifest.Job]]

    init(
        manifest: Manifest, schema: Schema, names: SystemNames, destination: any Destination,
        transaction: any DestinationTransaction, replaceStrategy: String?, dropped: Set<ExactString>
    ) {
        self.manifest = manifest
        self.schema = schema
        self.names = names
        self.destination = destination
        self.transaction = transaction
        self.replaceStrategy = replaceStrategy
        self.dropped = dropped
        jobs = Dictionary(grouping: manifest.jobs) { ExactString($0.table) }
            .filter { schema.writeDisposition(of: $0.key.text) != .skip }
    }

    /// Steps in the order of the fields.
    private struct Phases {
        var creations: [LoadStep] = []
        var deletions: [LoadStep] = []
        var insertions: [LoadStep] = []
        var changes: [LoadStep] = []
        var completions: [LoadStep] = []
        var cleanup: [LoadStep] = []

        var steps: [LoadStep] { creations + deletions + insertions + changes + completions + cleanup }
    }

    /// What becomes of the rows that a chain of tables has, and of those that come.
    private enum Treatment {
        case append
        /// Rows are deleted, and the new ones inserted.
        case replace
        case truncate
        case replaceFromStaging
        case swap
        case merge(TableMerge)

        var touchesWholeChain: Bool {
            if case .append = self { return false }
            return true
        }
    }

    func steps() throws -> [LoadStep] {
        var phases = Phases()
        // In the order in which dlt makes them.
        for name in [names.version, names.state, names.loads] {
            if let table = schema[table: name], let change = try change(of: table, existing: columns(of: name)) {
                phases.creations.append(change)
            }
        }
        let withJobs = Set(jobs.keys)
        var treatments: [ExactString: Treatment] = [:]
        for table in schema.tables where !names.contains(table.name) && table.hasSeenData {
            guard let root = schema.root(of: table.name) else { continue }
            let key = ExactString(root.name)
            guard let treatment = try treatments[key] ?? treatment(of: root, withJobs) else { continue }
            treatments[key] = treatment
            if treatment.touchesWholeChain || withJobs.contains(ExactString(table.name)) {
                try plan(table, treatment, &phases)
            }
        }
        for (_, treatment) in treatments.sorted(by: { $0.key < $1.key }) {
            if case .merge(let merge) = treatment { phases.completions.append(.merge(merge)) }
        }
        return phases.steps
    }

    private func columns(of table: String) throws -> [String]? {
        dropped.contains(ExactString(table)) ? nil : try transaction.columns(of: table)
    }

    // MARK: Chains

    /// nil for a chain that the package does not touch.
    private func treatment(of root: Table, _ withJobs: Set<ExactString>) throws -> Treatment? {
        let chain = schema.chain(from: root.name)
        guard chain.contains(where: { withJobs.contains(ExactString($0.name)) }) else { return nil }
        switch schema.writeDisposition(of: root.name) {
        case .append: return .append
        case .skip: return nil
        case .replace: return try replacement(of: root)
        case .merge:
            let hasRows = manifest.jobs.contains { ExactString($0.table) == ExactString(root.name) && $0.rows > 0 }
            guard hasRows, let merge = try MergeRules(schema: schema, root: root, manifest: manifest).merge() else {
                return .append
            }
            return .merge(merge)
        }
    }

    private func replacement(of root: Table) throws -> Treatment {
        guard let strategy = manifest.replaceStrategies[ExactString(root.name)] ?? replaceStrategy else {
            return .replace
        }
        guard destination.capabilities.replaceStrategies.contains(strategy) else {
            throw LoadFailure(
                .waits, .data,
                "unable to load table \"\(root.name)\": the replace strategy \(strategy) is not one of this destination",
                hint: "it has \(destination.capabilities.replaceStrategies.joined(separator: ", "))")
        }
        switch strategy {
        case "truncate-and-insert": return .truncate
        case "insert-from-staging": return .replaceFromStaging
        default: return .swap
        }
    }

    // MARK: One table

    private func plan(_ table: Table, _ treatment: Treatment, _ phases: inout Phases) throws {
        let existing = try columns(of: table.name)
        let change = try change(of: table, existing: existing)
        let jobs = (jobs[ExactString(table.name)] ?? []).filter { $0.rows > 0 }
        var place = RowInsert.Place.table
        if existing == nil {
            phases.creations += change.map { [$0] } ?? []
            if case .merge = treatment { place = .staging }
        } else {
            place = self.place(table, treatment, changes: change != nil && !jobs.isEmpty)
            if place == .table || !destination.capabilities.locksReadersOnAlter {
                phases.creations += change.map { [$0] } ?? []
            } else if case .successor = place {
                // The new table has all columns.
            } else {
                phases.changes += change.map { [$0] } ?? []
            }
            if jobs.isEmpty, case .successor = place { place = .table }
            removal(table, treatment, place, &phases)
        }
        guard !jobs.isEmpty else { return }
        prepare(table, treatment, place, &phases)
        phases.insertions += jobs.map {
            .insertRows(RowInsert(table: table.name, place: place, columns: table.storedColumns, job: $0))
        }
    }

    /// Where the rows of a table that is there go.
    private func place(_ table: Table, _ treatment: Treatment, changes: Bool) -> RowInsert.Place {
        switch treatment {
        case .merge, .replaceFromStaging: return .staging
        case .swap:
            let index = schema.tables.firstIndex { ExactString($0.name) == ExactString(table.name) } ?? 0
            return .successor("(successor \(index))")
        case .append, .replace, .truncate:
            return changes && destination.capabilities.locksReadersOnAlter ? .staging : .table
        }
    }

    /// Removes the rows that are there, for a treatment that does.
    private func removal(
        _ table: Table, _ treatment: Treatment, _ place: RowInsert.Place, _ phases: inout Phases
    ) {
        let step: LoadStep
        switch treatment {
        case .append, .merge: return
        case .swap:
            if case .successor = place { return }
            step = .deleteRows(table: table.name)
        case .truncate: step = .truncateRows(table: table.name)
        case .replace, .replaceFromStaging: step = .deleteRows(table: table.name)
        }
        if place == .staging { phases.completions.append(step) } else { phases.deletions.append(step) }
    }

    /// Makes the table that rows wait in, and takes them from there in the end.
    private func prepare(
        _ table: Table, _ treatment: Treatment, _ place: RowInsert.Place, _ phases: inout Phases
    ) {
        let whole = TableChange(table: table.name, columns: table.storedColumns)
        switch place {
        case .table: break
        case .staging:
            phases.creations.append(.createStaging(whole))
            if case .merge = treatment {} else { phases.completions.append(.insertFromStaging(whole)) }
            phases.cleanup.append(.dropStaging(table: table.name))
        case .successor(let name):
            phases.creations.append(.createTable(TableChange(table: name, columns: whole.columns)))
            phases.completions.append(.swapTable(table.name, successor: name))
        }
    }

    // MARK: Columns

    /// What a table lacks at the destination; nil when nothing.
    private func change(of table: Table, existing: [String]?) throws -> LoadStep? {
        let columns = table.storedColumns
        try checkNames(table, columns)
        let known = Set((existing ?? []).map(folded))
        let missing = columns.filter { !known.contains(folded($0.name)) }
        guard !missing.isEmpty else { return nil }
        try checkCount(table, known.count + missing.count)
        let change = TableChange(table: table.name, columns: missing)
        return existing == nil ? .createTable(change) : .addColumns(change)
    }

    /// A name as the destination compares it.
    private func folded(_ name: String) -> ExactString {
        guard destination.capabilities.foldsCase else { return ExactString(name) }
        return ExactString(
            String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self))
    }

    private func checkNames(_ table: Table, _ columns: [Column]) throws {
        if let longest = destination.capabilities.maxIdentifierLength {
            for name in [table.name] + columns.map(\.name) where name.unicodeScalars.count > longest {
                throw LoadFailure(
                    .permanent, .data,
                    "unable to load table \"\(table.name)\": the name \"\(name)\" has \(name.unicodeScalars.count) "
                        + "characters, the destination holds \(longest)",
                    hint: "run the whole pipe again with dlt-normalize --max-identifier-length \(longest)")
            }
        }
        var seen: [ExactString: String] = [:]
        for column in columns {
            if let other = seen.updateValue(column.name, forKey: folded(column.name)) {
                throw LoadFailure(
                    .permanent, .data,
                    "unable to load table \"\(table.name)\": the columns \"\(other)\" and \"\(column.name)\" are one "
                        + "column to this destination, which does not tell capital from small letters",
                    hint: "run the whole pipe again with a naming convention that does not either, such as snake_case")
            }
        }
    }

    private func checkCount(_ table: Table, _ count: Int) throws {
        guard let most = destination.capabilities.maxColumns, count > most else { return }
        throw LoadFailure(
            .permanent, .data,
            "unable to load table \"\(table.name)\": it would have \(count) columns, the destination allows \(most)",
            hint:
                "run the whole pipe again with a lower dlt-normalize --max-table-nesting, which keeps nested objects as json, "
                + "or with --columns declaring the widest object as json")
    }
}
