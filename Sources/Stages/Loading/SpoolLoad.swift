import Destinations
import Failures
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Packages of one pipeline's spool on their way into its home.
///
/// Locks are taken in the order that `SpoolLock` names: packages from the oldest on, so that two loads never wait for
/// each other; the home, shared unless this load chooses it; the destination's own; and, for moments, the pipeline's.
struct SpoolLoad {
    let loader: Loader
    let spool: Spool

    init(_ loader: Loader, _ spool: Spool) {
        self.loader = loader
        self.spool = spool
    }

    var settings: Loader.Settings { loader.settings }
    var messages: Messages { loader.messages }

    /// The wait for a lock that is held for moments only. `--lock-timeout 0` means not to wait for other loads; it must
    /// not cause random failures.
    var moment: FileLock.Wait { .seconds(momentSeconds) }
    var momentSeconds: Double { max(settings.lockTimeout, 2) }

    // MARK: Which, and in which order

    /// One package to load.
    struct Item {
        let id: LoadID
        /// nil for a package that cannot be read, which is reported when it is loaded.
        let known: WaitingPackage?
        /// How it was named, if it must be at the destination in the end, whichever program loads it.
        let origin: PackagePlace.Origin

        init(_ id: LoadID, _ known: WaitingPackage?, _ origin: PackagePlace.Origin?) {
            self.id = id
            self.known = known
            self.origin = origin ?? .spool
        }

        var isNamed: Bool { origin != .spool }
    }

    func load(_ places: [PackagePlace]) throws {
        let isHere: Bool
        do {
            let home = try spool.home()
            isHere = try loader.isHome(home, of: spool.pipeline) || home.destination == nil
        } catch let failure as LoadFailure { throw explained(failure) }
        var chosen: [PackagePlace] = []
        for place in places {
            // Packages are loaded in the order in which they were named.
            guard isHere, place.place == .waiting, place.movedTo == nil || wasRefusedElsewhere(place) else {
                try load(waiting: chosen)
                chosen = []
                try loadElsewhere(place)
                continue
            }
            chosen.append(place)
        }
        try load(waiting: chosen)
    }

    private func load(waiting places: [PackagePlace]) throws {
        if places.isEmpty { return }
        let items = try items(places)
        if settings.mode != .load {
            for item in items { try loader.loadAlone(PackagePlace(spool: spool, waiting: item.id)) }
            return
        }
        var limits = GroupLimits()
        // Two descriptors are open for each package: its lock, and its folder.
        if items.count > 16 {
            limits.packages = max(1, min(limits.packages, (ProcessLimits.raiseDescriptors() - 64) / 2))
        }
        for group in limits.groups(items.map { GroupLimits.Member($0.known) }) { try load(group: Array(items[group])) }
    }

    /// The packages, and before each the waiting ones that it builds on.
    private func items(_ places: [PackagePlace]) throws -> [Item] {
        let waiting = try locking(for: momentSeconds) { () throws(SystemError) in
            try spool.waitingPackages(lockedFor: moment)
        }
        var planned: Set<LoadID> = []
        // Waiting packages that are not planned yet.
        var rest = waiting.ids[...]
        var items: [Item] = []
        let origins = Dictionary(places.compactMap { place in place.id.map { ($0, place.origin) } }) { first, _ in first
        }
        for id in places.compactMap(\.id) where planned.insert(id).inserted {
            // Faults of the package itself are reported when it is loaded.
            let package = try? waiting.package(id)
            let before = try package.map { try foundations(of: $0, among: rest, waiting) } ?? []
            items += before.map { Item($0.id, $0, origins[$0.id]) }
            items.append(Item(id, package, origins[id]))
            if before.isEmpty, rest.first == id {
                rest = rest.dropFirst()
            } else {
                planned.formUnion(before.map(\.id))
                rest.removeAll { planned.contains($0) }
            }
        }
        return items
    }

    /// The waiting packages that must be loaded before one, oldest first.
    private func foundations(
        of package: WaitingPackage, among ids: ArraySlice<LoadID>, _ waiting: WaitingPackages
    ) throws -> [WaitingPackage] {
        var foundations = WaitingPackage.Foundations()
        foundations.insert(package)
        var found: [WaitingPackage] = []
        for id in ids.prefix(while: { $0 < package.id }).reversed() {
            // Others may build on a package that cannot be read, so it is not skipped.
            guard let earlier = try waiting.package(id), foundations.include(earlier) else { continue }
            foundations.insert(earlier)
            found.append(earlier)
        }
        return found.reversed()
    }

    // MARK: One group

    private func load(group items: [Item]) throws {
        var rest = items
        while !rest.isEmpty { rest = try loadAsFarAsPossible(rest) }
    }

    /// Loads packages up to the first that can never be loaded.
    ///
    /// - Returns: the packages after it.
    private func loadAsFarAsPossible(_ items: [Item]) throws -> [Item] {
        var locks: [LoadID: SpoolLock] = [:]
        defer { withExtendedLifetime(locks) {} }
        for id in items.map(\.id).sorted() {
            locks[id] = try locking(id) { () throws(SystemError) in
                try spool.lock(id, .exclusive, wait: .seconds(settings.lockTimeout))
            }
        }
        let home = try holdHome()
        defer { withExtendedLifetime(home) {} }
        var present: [Item] = []
        for item in items {
            let place = PackagePlace(spool: spool, waiting: item.id, item.origin)
            if home != nil, wasRefusedElsewhere(place) {
                let lock = try locking(for: momentSeconds) { () throws(SystemError) in try spool.lock(wait: moment) }
                try spool.retry([item.id])
                _ = consume lock
            }
            if home != nil, Files.exists(place.path) {
                present.append(item)
            } else if home != nil, !item.isNamed, place.movedTo == .loaded {
                messages.detail("package \(item.id) was loaded by another program")
            } else {
                try loadAway(place)
            }
        }
        if present.count > 1 {
            do {
                try transfer(present)
                return []
            } catch { if !isAboutPackages(error) { throw explained(error, present) } }
            messages.detail("unable to load \(present.count) packages together: going on one by one")
        }
        for (index, item) in present.enumerated() {
            do { try transfer([item]) } catch {
                guard !loader.isStop(error), let failure = LoadFailure(error), failure.isFinal else {
                    throw explained(error, Array(present[index...]))
                }
                // Released for `fail`, which may have to move packages that build on this one.
                locks = locks.filter { $0.key == item.id }
                let settled = try settle(failure, item.id, known: item.known)
                loader.keep(settled.error)
                return present[(index + 1)...].filter { !settled.moved.contains($0.id) }
            }
            locks[item.id] = nil
        }
        return []
    }

    /// Holds the pipeline's home; nil if that is not the destination of this run.
    private func holdHome() throws -> SpoolLock? {
        while true {
            // The first load of a pipeline chooses its home; others wait for it.
            let isFirst = try spool.home().destination == nil
            let lock = try locking { () throws(SystemError) in
                try spool.lockHome(isFirst ? .exclusive : .shared, wait: .seconds(settings.lockTimeout))
            }
            let home = try spool.home()
            guard (home.destination == nil) == isFirst else { continue }
            return try isFirst || loader.isHome(home, of: spool.pipeline) ? lock : nil
        }
    }

    /// Whether one of the packages may be the cause, so that the others can be loaded.
    private func isAboutPackages(_ error: any Error) -> Bool {
        if loader.isStop(error) { return false }
        switch error {
        case let error as DestinationError: return [.data, .conflict, .unusable, .usage].contains(error.kind)
        case is LoadFailure, is PackageDamage: return true
        case let error as SystemError: return error.isAbsence
        default: return false
        }
    }

    /// Transfers packages into the destinations, in one transaction each, and then moves them on.
    private func transfer(_ items: [Item]) throws {
        let transfer = try loader.transfer(for: spool.pipeline)
        let before: [FileStatus?]
        let schemas: [String]
        let results: [PackageTransfer.Result]
        do {
            var packages: [PackageReader] = []
            for item in items {
                packages.append(try spool.open(item.id, in: .waiting, loadingRows: true, after: packages.last))
            }
            schemas = Array(Set(packages.map { ExactString($0.schema.name) })).map(\.text)
            before = spool.committedMark(schemas)
            try loader.loadBeside(packages, of: spool.pipeline)
            results = try transfer.load(packages)
        }
        do {
            try finish(results, transfer.destination, isUnchanged: { spool.committedMark(schemas) == before })
        } catch { throw Unfinished(reason: error) }
        loader.add(transfer.effects)
        RunRecorder.tables(transfer.tables, of: spool.pipeline)
        for result in results {
            try loader.tell(result.manifest, result.outcome)
            loader.visit(spool, result.manifest.loadID)
        }
    }

    /// The destination has the packages, and the spool could not be brought in step: whatever the reason, the packages
    /// are not at fault.
    struct Unfinished: Error {
        let reason: any Error
    }

    /// Brings the spool in step with a destination that has these packages.
    ///
    /// - Parameter isUnchanged: whether no other program has committed a state or schema here since before the load.
    private func finish(
        _ results: [PackageTransfer.Result], _ destination: any Destination, isUnchanged: () -> Bool
    ) throws {
        let lock = try locking(for: momentSeconds) { () throws(SystemError) in try spool.lock(wait: moment) }
        let isUnchanged = isUnchanged()
        var schemas: [(name: ExactString, schema: Schema)] = []
        for result in results {
            schemas.removeAll { $0.name == ExactString(result.schema.name) }
            schemas.append((ExactString(result.schema.name), result.schema))
        }
        for (_, schema) in schemas {
            // An identical, readable file needs no write.
            let known = try? spool.committedSchema(schema.name)
            if known?.versionHash == schema.versionHash { continue }
            // A later load at the destination may have been faster here.
            if let known, !isUnchanged, known.version > schema.version { continue }
            try spool.commit(schema)
        }
        if let state = results.last?.state {
            let known = try? spool.committedState()
            if known != state, isUnchanged || known.map({ $0.version <= state.version }) ?? true {
                try spool.commit(state)
            }
        }
        var home = try spool.home()
        if home.destination == nil {
            home.destination = destination.location
            home.dataset = destination.dataset
            home.identifierLimit = home.identifierLimit ?? results.first?.manifest.identifierLimit
            try spool.commit(home)
        }
        let ids = results.map(\.manifest.loadID)
        try spool.move(ids, from: .waiting, to: .loaded)
        try spool.trimLoaded(keeping: settings.keepLoaded, holding: ids)
        _ = consume lock
    }

    // MARK: Locks

    /// Takes a lock; reports one that is held too long.
    ///
    /// - Parameters:
    ///   - id: the id of the package, if it is not the pipeline's lock.
    ///   - seconds: how long to wait; nil for the user's setting.
    func locking<Lock: ~Copyable>(
        _ id: LoadID? = nil, for seconds: Double? = nil, _ take: () throws(SystemError) -> Lock
    ) throws -> Lock {
        do throws(SystemError) { return try take() } catch {
            guard error.isHeldLock else { throw error }
            let what = id.map { "package \($0) of pipeline" } ?? "pipeline"
            let seconds = Int(seconds ?? settings.lockTimeout)
            throw ProgramError(
                .temporary,
                "unable to lock \(what) \(spool.pipeline): another program has held it for \(seconds) s",
                hint:
                    "try again when it has ended, or wait longer with --lock-timeout; `fuser \(error.object)` names it")
        }
    }
}
