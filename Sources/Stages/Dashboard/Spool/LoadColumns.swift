import LoadPackages
import RunJournals
import SystemIO

/// The newest runs of a pipeline, and loads without a journal, side by side: what charts and the grid draw, oldest first.
struct LoadColumns {
    struct Column {
        enum Subject {
            case run(RunID)
            case package(LoadID)
        }

        let subject: Subject
        let at: Int64
        let health: Health
        /// nil of a run that is not known to have made rows.
        let rows: Int?
        let tables: [(name: String, rows: Int)]
        let seconds: Double?
    }

    let columns: [Column]

    init(_ catalog: Catalog, _ pipeline: PipelineFacts, count: Int, limit: TimeLimit) {
        var columns: [Column] = []
        var shown: Set<LoadID> = []
        let now = Clock.nowMicroseconds()
        for id in pipeline.runs {
            guard columns.count < count, !limit.isOver || columns.isEmpty else { break }
            guard let run = catalog.runs.run(id, pipeline.journal) else { continue }
            // One run may make a package, and another load it: its rows count once, in the newer one.
            let packages = run.loadIDs.filter { shown.insert($0).inserted }
            let isRepeated = packages.isEmpty && !run.loadIDs.isEmpty
            if isRepeated && run.outcome == .done { continue }
            columns.append(
                Column(
                    run, isRepeated ? nil : packages, at: id.microseconds ?? run.began ?? 0, now: now, catalog, pipeline
                ))
        }
        // Journals do not reach as far back as packages, and older versions wrote none.
        let oldest = columns.count == count ? columns.last?.at : nil
        for (id, place) in pipeline.packages().prefix(count) where !shown.contains(id) {
            guard !limit.isOver, oldest.map({ id.microseconds >= $0 }) ?? true else { break }
            guard let facts = catalog.memory.facts(id, in: place, of: pipeline.spool) else { continue }
            columns.append(
                Column(
                    subject: .package(id), at: id.microseconds, health: place.health, rows: facts.rows,
                    tables: facts.tables, seconds: nil))
        }
        self.columns = Array(columns.sorted { $0.at < $1.at }.suffix(count))
    }
}

extension LoadColumns.Column {
    /// - Parameter packages: whose rows count here; nil if all of the run's packages count elsewhere.
    fileprivate init(
        _ run: RecordedRun, _ packages: [LoadID]?, at: Int64, now: Int64, _ catalog: Catalog, _ pipeline: PipelineFacts
    ) {
        let facts = (packages ?? []).compactMap { id in
            pipeline.place(of: id).flatMap { catalog.memory.facts(id, in: $0, of: pipeline.spool) }
        }
        var tables: [(name: String, rows: Int)] = []
        for table in facts.flatMap(\.tables) {
            if let place = tables.firstIndex(where: { $0.name == table.name }) {
                tables[place].rows += table.rows
            } else {
                tables.append(table)
            }
        }
        self.init(
            subject: .run(run.id), at: at, health: run.outcome.health,
            rows: packages == nil ? nil : facts.isEmpty ? run.rows : facts.reduce(0) { $0 + $1.rows },
            tables: packages != nil && facts.isEmpty ? run.tables : tables, seconds: run.seconds(now: now))
    }

    func rows(of table: String) -> Int { tables.first { $0.name == table }?.rows ?? 0 }
}
