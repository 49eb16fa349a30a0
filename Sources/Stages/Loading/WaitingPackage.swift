import JSONText
import LoadPackages
import Schemas
import SystemIO

/// A package that waits in a spool, as far as the order of packages depends on it.
struct WaitingPackage {
    let manifest: Manifest
    let changesState: Bool
    /// Root tables that it writes to.
    private let roots: Set<ExactString>
    /// Those of them where rows are replaced, merged or removed, so that what was there before counts.
    private let ordered: Set<ExactString>

    /// nil when it is not there any more.
    init?(_ id: LoadID, in spool: Spool) throws {
        let package: PackageReader
        do { package = try spool.open(id, in: .waiting) } catch {
            if Files.exists(spool.path(of: id, in: .waiting)) { throw error }
            return nil
        }
        manifest = package.manifest
        changesState = package.changesState
        var roots: Set<ExactString> = []
        var ordered: Set<ExactString> = []
        for job in package.manifest.jobs {
            let root = ExactString(package.schema.root(of: job.table)?.name ?? job.table)
            roots.insert(root)
            if package.schema.writeDisposition(of: job.table) != .append { ordered.insert(root) }
        }
        let refresh = package.manifest.refresh
        ordered.formUnion((refresh.drop + refresh.truncate).map { ExactString($0) })
        self.roots = roots.union(ordered)
        self.ordered = ordered
    }

    /// Whether later packages may have to be loaded after this one.
    var mayKeepOthersWaiting: Bool { changesState || !ordered.isEmpty }

    /// Whether an earlier package must be loaded before this one.
    func builds(on earlier: WaitingPackage) -> Bool {
        if changesState && manifest.base.loadID == earlier.manifest.loadID { return true }
        return !ordered.isDisjoint(with: earlier.roots) || !earlier.ordered.isDisjoint(with: roots)
    }

    /// The waiting packages that must be loaded before one, oldest first.
    static func predecessors(of id: LoadID, in spool: Spool) throws -> [LoadID] {
        // What is wrong with the package itself is told when it is loaded.
        guard let last = try? WaitingPackage(id, in: spool) else { return [] }
        var chosen = [last]
        for id in try spool.packages(.waiting).filter({ $0 < id }).sorted(by: >) {
            // One that cannot be read may be what others build on, so it is not passed over.
            guard let earlier = try WaitingPackage(id, in: spool) else { continue }
            if chosen.contains(where: { $0.builds(on: earlier) }) { chosen.append(earlier) }
        }
        return chosen.dropFirst().reversed().map(\.manifest.loadID)
    }
}
