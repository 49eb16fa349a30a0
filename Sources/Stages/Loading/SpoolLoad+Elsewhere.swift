import Destinations
import LoadPackages
import ProgramSupport
import SystemIO

/// Packages that do not move on.
extension SpoolLoad {
    /// The package has failed in a destination other than its home; two loads were given one line, and this one is at
    /// home.
    func wasRefusedElsewhere(_ place: PackagePlace) -> Bool {
        guard settings.mode == .load, place.isNamed, place.movedTo == .failed, let id = place.id,
            let reason = spool.failureReason(of: id), reason.status == Int(ExitStatus.configuration.rawValue),
            let here = try? loader.destination(for: spool.pipeline)
        else { return false }
        return reason.destination != here.location || reason.dataset != here.dataset
    }

    /// Loads a package that does not move on: its home is elsewhere, or it has left the folder of waiting packages.
    func loadElsewhere(_ place: PackagePlace) throws {
        guard let id = place.id else { return try loader.loadAlone(place) }
        let lock =
            settings.mode == .load
            ? try locking(id) { () throws(SystemError) in
                // Exclusively if it may have to be moved.
                try spool.lock(
                    id, place.isWaitingForItsLine ? .exclusive : .shared, wait: .seconds(settings.lockTimeout))
            } : nil
        try loadAway(place)
        withExtendedLifetime(lock) {}
    }

    /// The same, while its lock is held.
    func loadAway(_ place: PackagePlace) throws {
        let isWaiting = place.place == .waiting && Files.exists(place.path)
        guard isWaiting, settings.mode == .load, case .line(let waited) = place.origin, let id = place.id else {
            return try loader.loadAlone(place.place == .waiting ? whereItIs(place) : place)
        }
        let home = try spool.home()
        let names = HomeWords(home, spool.pipeline, try loader.destination(for: spool.pipeline), settings.commands)
        // A name that comes from a source may well be that of another project's pipeline.
        if (try? PackageReader.manifest(place.path))?.isUnnamed == true {
            let failure = LoadFailure(
                .elsewhere, .configuration, names.refusal(of: id),
                hint: waited ? names.waitingHint : names.unnamedHint)
            if waited { throw failure.error }
            let settled = try settle(failure, id, known: nil)
            if !loader.hasRefused(spool) { loader.keep(settled.error) }
            return
        }
        do {
            try loader.loadApart(place)
        } catch let failure as LoadFailure where failure.meaning == .conflict {
            let refusal = LoadFailure(.elsewhere, .configuration, names.refusal(of: id), hint: names.movingHint)
            if waited { throw refusal.hinting(names.waitingHint).error }
            return loader.keep(try settle(refusal, id, known: nil).error)
        } catch {
            if loader.isStop(error) { throw loader.stopped(hint: "run the same command again") }
            throw LoadFailure(error)?.error ?? error
        }
        messages.warning(names.warning(of: id), hint: names.warningHint)
        loader.visit(spool, id)
    }

    /// The current place of a package that waited: a loaded one may have gone to another destination, so this
    /// destination is asked.
    private func whereItIs(_ place: PackagePlace) throws -> PackagePlace {
        guard let id = place.id else { return place }
        switch place.movedTo {
        case .loaded?: return PackagePlace(spool.path(of: id, in: .loaded))
        case .failed?:
            let reason = spool.failureReason(of: id)
            throw LoadFailure(
                .waits, reason.flatMap { ExitStatus(rawValue: Int32($0.status)) } ?? .temporary,
                "unable to load package \(id): it has failed before" + (reason.map { ": \($0.message)" } ?? ""),
                hint: "run the whole pipe again; or, once its obstacle is removed, "
                    + settings.commands.packages("retry", spool.pipeline, [id.text]))
        default: return place
        }
    }
}
