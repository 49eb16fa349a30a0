import Destinations
import JSONText
import LoadPackages
import RunJournals
import Schemas
import SystemIO

/// What one load does by table, for the journal: rows, what is new in the table, and how long its rows take.
struct TableTimes {
    private var lines: [ExactString: RunTable] = [:]
    private var order: [ExactString] = []
    private var nanoseconds: [ExactString: Int64] = [:]
    private var last = Clock.monotonicNanoseconds()
    private var current: ExactString?
    private var packages: Set<LoadID> = []

    /// Counts a package that is going to be loaded.
    mutating func add(_ manifest: Manifest, _ intents: [LoadIntent]) {
        packages.insert(manifest.loadID)
        for job in manifest.jobs { change(job.table) { $0.rows += job.rows } }
        for case .evolve(let change, let isNew) in intents where lines[ExactString(change.table)] != nil {
            self.change(change.table) { line in
                if isNew { line.isNew = true } else { line.newColumns += change.columns.map(\.name) }
            }
        }
    }

    private mutating func change(_ table: String, _ edit: (inout RunTable) -> Void) {
        let name = ExactString(table)
        if lines[name] == nil { order.append(name) }
        edit(&lines[name, default: RunTable(at: 0, table: table, rows: 0)])
    }

    /// The time since the last call was that of this table, whose work goes on; without one, that of the table before.
    mutating func step(_ table: String?) {
        let now = Clock.monotonicNanoseconds()
        let name = table.map { ExactString($0) }
        if let name = name ?? current { nanoseconds[name, default: 0] += now - last }
        current = name
        last = now
    }

    /// A line for each table, in the order in which they came.
    func lines(_ effects: RowEffects) -> [RunTable] {
        let now = Clock.nowMicroseconds()
        return order.compactMap { name in
            guard var line = lines[name] else { return nil }
            line.at = now
            // With several packages in one transaction, the package of a row is not known.
            line.loadID = packages.count == 1 ? packages.first?.text : nil
            line.seconds = nanoseconds[name].map { Double($0) / 1e9 }
            line.removed = effects.tables[name]?.removed ?? 0
            line.updated = effects.tables[name]?.updated ?? 0
            return line
        }
    }
}
