import Destinations
import LoadPackages
import PipelineStates
import ProgramSupport
import RunJournals
import Schemas
import SystemIO

/// What happens to a package that was not loaded, and the message about it.
extension SpoolLoad {
    /// Moves a package that can never be loaded unchanged, whose lock is held, out of the way of later ones.
    ///
    /// - Returns: the message about it, and the packages that were moved.
    func settle(
        _ failure: LoadFailure, _ id: LoadID, known: WaitingPackage?
    ) throws -> (error: ProgramError, moved: Set<LoadID>) {
        let told = failure.hinting(hint(failure, id))
        let moved = try fail(id, told)
        if failure.meaning == .conflict || failure.meaning == .permanent && known?.changesState == true {
            try refresh(schema: moved.schema)
        }
        let others = moved.ids.count > 1 ? ", with \(moved.ids.count - 1) that build on it," : ""
        let show = settings.commands.packages("show", spool.pipeline, [id.text])
        for failed in moved.ids {
            RunRecorder.package(
                RunPackage(
                    at: Clock.nowMicroseconds(), loadID: failed.text, outcome: .failed,
                    rows: failed == id ? known?.rows ?? 0 : 0, destination: settings.url.masked), of: spool.pipeline)
        }
        messages.note("package \(id)\(others) is kept in \(spool.path)/failed; \(show) shows why")
        return (told.error, Set(moved.ids))
    }

    /// The hint for a package that is moved to `failed`.
    private func hint(_ failure: LoadFailure, _ id: LoadID) -> String? {
        let commands = settings.commands
        switch failure.meaning {
        case .permanent:
            let retry = commands.packages("retry", spool.pipeline, [id.text])
            let ways =
                "repair the table, then \(retry) && \(commands.load(spool.pipeline)); or run the whole pipe again instead"
            return failure.error.hint.map { "\($0); \(ways)" } ?? ways
        case .damaged where failure.error.hint == PackageDamage.dropping:
            return "drop it: \(commands.packages("drop", spool.pipeline, [id.text])); then run the whole pipe again"
        case .waits, .damaged, .broken, .conflict, .elsewhere: return failure.error.hint
        }
    }

    /// An error with a hint about the packages, which wait.
    func explained(_ error: any Error, _ items: [Item] = []) -> any Error {
        if let unfinished = error as? Unfinished { return explained(unfinished.reason, items) }
        let failure = LoadFailure(error)
        // A wrong URL should not be tried again.
        let isMistaken = failure?.error.status == .usage
        let command = settings.commands.load(spool.pipeline, url: isMistaken ? "URL" : nil)
        var again = "the package waits: \(command)" + (isMistaken ? ", with the URL corrected" : " loads it")
        let isRemembered = items.contains { $0.known?.changesState == true }
        if items.count > 1 { again = "\(items.count) packages wait: \(command)" + (isMistaken ? "" : " loads them") }
        if isRemembered {
            again += "; so does running the same command again"
        } else if items.contains(where: { $0.known?.appends == true }) {
            again += ". Running the whole pipe again would add its rows a second time"
        }
        if loader.isStop(error) { return loader.stopped(hint: again) }
        guard let failure else { return error }
        let hint = failure.error.hint.map { "\($0); \(again)" } ?? again
        return ProgramError(failure.error.status, failure.error.message, hint: hint)
    }

    /// Moves a package, whose lock is held, and all that build on it to `failed/`.
    private func fail(_ id: LoadID, _ failure: LoadFailure) throws -> (ids: [LoadID], schema: String) {
        var ids = [id]
        var locks: [SpoolLock] = []
        let lock = try locking(for: momentSeconds) { () throws(SystemError) in try spool.lock(wait: moment) }
        let schema = (try? spool.open(id, in: .waiting))?.manifest.schemaName ?? spool.pipeline
        let waiting = try WaitingPackages(spool)
        for other in waiting.ids where other > id {
            guard let package = try? waiting.package(other), package.changesState,
                let base = package.base, ids.contains(base)
            else { continue }
            // A load that holds it will notice that its base is gone.
            guard let lock = try? spool.lock(other, .exclusive, wait: .seconds(0)) else { continue }
            locks.append(lock)
            ids.append(other)
        }
        let reason = failure.reason(try? loader.destination(for: spool.pipeline))
        try spool.fail([id], reason)
        var following = reason
        following.message = "it builds on package \(id), which has failed: \(reason.message)"
        try spool.fail(Array(ids.dropFirst()), following)
        _ = consume lock
        withExtendedLifetime(locks) {}
        return (ids, schema)
    }

    /// Replaces local state and schema by the destination's, so that the next run starts from there.
    private func refresh(schema name: String) throws {
        let before = spool.committedMark([name])
        let names = try spool.committedSchema(name).map { SystemNames($0) } ?? .standard
        let session = try loader.destination(for: spool.pipeline).open(.read)
        let dataset = session.dataset
        let state = try dataset.newestState(spool.pipeline, names)?.state ?? PipelineState(pipeline: spool.pipeline)
        let latest = try dataset.newestLoad(names)
        let schema = try dataset.newestSchema(name, names)?.schema
        // A load that holds the destination may be waiting for the pipeline's lock.
        session.abandon()
        let lock = try locking(for: momentSeconds) { () throws(SystemError) in try spool.lock(wait: moment) }
        // Another load has brought a newer one.
        guard spool.committedMark([name]) == before else { return }
        // Whatever clock made the ids there, the next package's must be greater.
        var home = try spool.home()
        home.latestLoad = latest ?? home.latestLoad
        try spool.commit(home)
        if let schema { try spool.commit(schema) } else { try spool.forgetSchema(name) }
        try spool.commit(state)
        _ = consume lock
    }
}
