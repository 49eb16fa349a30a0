import Destinations
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordStreams
import Schemas

/// Pipelines with another home, and homes that have lost their rows.
extension Loader {
    // MARK: Before a run publishes

    /// Refuses unnamed pipelines that have another home, before their packages exist.
    func refuse(_ run: String, _ pipelines: [PackageLine.Pipeline], dataDirectory: String) throws {
        guard settings.mode == .load else { return }
        for pipeline in pipelines where pipeline.isUnnamed {
            guard let spool = Spool(dataDirectory: dataDirectory, pipeline: pipeline.name), spool.exists,
                let home = try? spool.home(), home.destination != nil, try !isHome(home, of: pipeline.name)
            else { continue }
            spool.refuse(run: run)
            refusals.append((spool, run))
            let words = HomeWords(home, pipeline.name, try destination(for: pipeline.name), settings.commands)
            keep(ProgramError(.configuration, words.refusalOfRun, hint: words.unnamedHint))
        }
    }

    /// Whether a run of the pipeline was refused, which was reported.
    func hasRefused(_ spool: Spool) -> Bool { refusals.contains { $0.spool.path == spool.path } }

    // MARK: Runs without packages

    /// For a run without packages: whether the destination has what the pipeline remembers.
    func checkPresence(of spool: Spool, isUnnamed: Bool) throws {
        guard settings.mode == .load, spool.exists else { return }
        let home = try spool.home()
        guard home.destination != nil else { return }
        let destination = try destination(for: spool.pipeline)
        guard try isHome(home, of: spool.pipeline) else {
            let words = HomeWords(home, spool.pipeline, destination, settings.commands)
            let hint = isUnnamed ? words.unnamedHint : words.movingHint
            if isUnnamed { throw ProgramError(.configuration, words.absence, hint: hint) }
            return messages.warning(words.absence, hint: hint)
        }
        let state = try spool.committedState()
        // A pipeline without memory delivers everything in each run.
        guard !state.sources.subtrees.isEmpty else { return }
        let names = try spool.committedSchema(spool.pipeline).map { SystemNames($0) } ?? .standard
        let session = try destination.open(.read)
        defer { session.abandon() }
        guard try session.dataset.newestState(spool.pipeline, names) == nil else { return }
        throw ProgramError(
            .data,
            "unable to find what was loaded of pipeline \(spool.pipeline): \(destination.location) no longer has anything of it",
            hint:
                "restore it; or \(settings.commands.reset(spool.pipeline)), and run the whole pipe again, which then delivers "
                + "everything once more")
    }
}
