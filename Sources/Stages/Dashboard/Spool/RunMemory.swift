import LoadPackages
import RunJournals
import Synchronization

/// Runs that have ended never change, so each is read once.
final class RunMemory: Sendable {
    private struct Key: Hashable {
        let folder: String
        let id: RunID
    }

    private static let capacity = 2048
    private let known = Mutex<[Key: RecordedRun]>([:])

    /// nil where nothing of it can be read.
    func run(_ id: RunID, _ reader: JournalReader) -> RecordedRun? {
        let key = Key(folder: reader.folder.path, id: id)
        if let run = known.withLock({ $0[key] }) { return run }
        guard let run = try? reader.run(id, .full) else { return nil }
        // An unknown one may still go on elsewhere, and a program may join a run that the others have ended.
        guard run.outcome == .done, run.programs.contains(where: { $0.stage == .load }) else { return run }
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
            known[key] = run
        }
        return run
    }
}

extension RunOutcome {
    var health: Health {
        switch self {
        case .done: .done
        case .failed: .failed
        case .interrupted: .interrupted
        case .running: .running
        case .unknown: .unknown
        }
    }
}

extension RecordedRun {
    /// The packages that it has made or loaded.
    var loadIDs: [LoadID] {
        var ids: [LoadID] = []
        for package in programs.flatMap(\.packages) {
            if let id = LoadID(package.loadID), !ids.contains(id) { ids.append(id) }
        }
        return ids
    }

    /// Rows by table, as the last program that has counted them says.
    var tables: [(name: String, rows: Int)] {
        guard let program = programs.last(where: { !$0.tables.isEmpty }) else { return [] }
        var tables: [(name: String, rows: Int)] = []
        for table in program.tables {
            if let place = tables.firstIndex(where: { $0.name == table.table }) {
                tables[place].rows += table.rows
            } else {
                tables.append((table.table, table.rows))
            }
        }
        return tables
    }
}
