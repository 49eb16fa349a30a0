package import Destinations
import Failures
import LoadPackages
import SystemIO

/// The progress of a load that is not valid yet: the status of its row in `_dlt_loads`, where readers trust only 0.
enum LoadMark: Int64 {
    /// Its staging tables are complete; some of the tables may have changed.
    case publishing = 1
    /// The tables are in their final form; dlt's own records may be missing.
    case published = 2
}

/// A load where each statement takes effect at once, and a kill leaves the effects of earlier ones.
///
/// 1. *Prepare*: tables, columns, staging. Without a mark a run begins here; it first drops what an earlier one has
///    staged.
/// 2. The mark `publishing`. From here on no other load may write before this one is valid: a repetition could affect
///    the other's rows.
/// 3. *Publish*: after every kill, from its first statement on. Then the mark `published`, so that a later package of the
///    same session is not published over.
/// 4. dlt's records, the load's own last, with status 0: it is the commit.
/// 5. *Clean up*: staging, then marks. The next session that writes removes the leftovers of a kill.
extension SQLSession {
    func apply(
        _ plan: SQLPlan, _ load: PackageLoad, _ rows: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        try cleanUp(load.names)
        let marks = try reader.marks(load.names)
        if let other = marks.keys.filter({ $0 != load.loadID && applied[$0] == nil }).min() {
            // A published load can no longer be disturbed by another one.
            guard marks[load.loadID] == .published else { throw SQLSession.interrupted(other, before: load.loadID) }
        }
        if marks[load.loadID] != nil { marked.insert(load.loadID) }
        switch marks[load.loadID] {
        case nil:
            try prepare(plan, load, rows, progress)
            fallthrough
        case .publishing: try publish(plan, load, marks[load.loadID], rows, progress)
        case .published: break
        }
        applied[load.loadID] = plan
    }

    private static func interrupted(_ other: LoadID, before load: LoadID) -> DestinationError {
        DestinationError(
            .temporary,
            "unable to load package \(load): load \(other) was interrupted while its rows were being published",
            hint: "load that package again first")
    }

    private func prepare(
        _ plan: SQLPlan, _ load: PackageLoad, _ rows: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        for step in plan.prepare { try run(step, of: load, rows, progress) }
        try progress(.step)
    }

    private func publish(
        _ plan: SQLPlan, _ load: PackageLoad, _ mark: LoadMark?, _ rows: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        if plan.publish.isEmpty { return }
        if mark == nil {
            marked.insert(load.loadID)
            try run(plan.mark(load, .publishing, now: Clock.nowMicroseconds()), of: load.loadID)
        } else {
            // A table that this load has dropped is new to the plan now.
            for step in plan.prepare where step.definesTable { try run(step, of: load, rows, progress) }
        }
        for step in plan.publish { try run(step, of: load, rows, progress) }
        try run(plan.mark(load, .published, now: Clock.nowMicroseconds()), of: load.loadID)
    }

    func writeRecords(_ records: [SystemRows]) throws(DestinationError) {
        var time = Clock.nowMicroseconds()
        for rows in records {
            let plan = applied[rows.loadID] ?? SQLPlan()
            for step in plan.records(rows, from: &time, isRepeatable: true) {
                // A schema's version is the same whichever run wrote it.
                if case .insertRecord(let record) = step, record.table == rows.names.version,
                    case .text(let hash)? = record["version_hash"], try reader.schema(hash: hash, rows.names) != nil
                {
                    continue
                }
                try run(step, of: rows.loadID)
            }
        }
        // They are valid now, whatever happens to this step.
        try? finish(records)
        applied = [:]
    }

    private func finish(_ records: [SystemRows]) throws(DestinationError) {
        for rows in records {
            guard let plan = applied[rows.loadID] else { continue }
            for step in plan.cleanUp { try run(step, of: rows.loadID) }
            if marked.contains(rows.loadID) { try removeMarks(of: rows.loadID, rows.names) }
        }
    }

    /// Removes leftovers of killed runs that no run needs: staging tables of loads that are valid or were not marked,
    /// and marks of valid loads.
    package func cleanUp(_ names: SystemNames) throws(DestinationError) {
        guard !isTransaction, access == .write else { return }
        var open = Set<LoadID>()
        var valid: [LoadID] = []
        for load in try reader.marks(names).keys {
            if try reader.hasLoad(load.text, names) { valid.append(load) } else { open.insert(load) }
        }
        do throws(SQLFailure) {
            for staging in try connection.stagingTables() where !open.contains(staging.load) {
                _ = try connection.execute(SQLStatement("DROP TABLE IF EXISTS \(staging.name)"))
            }
        } catch { throw error.explained("drop staging tables") }
        for load in valid { try removeMarks(of: load, names) }
    }

    private func removeMarks(of load: LoadID, _ names: SystemNames) throws(DestinationError) {
        for mark in [LoadMark.published, .publishing] { try run(SQLPlan.removal(of: mark, load, names), of: load) }
    }
}
