import JSONText
import LoadPackages
import Synchronization

/// What pages need of a package's manifest, small enough to keep thousands.
struct PackageFacts: Sendable {
    let id: LoadID
    let rows: Int
    let bytes: Int64
    /// Rows by table, in the order of the package.
    let tables: [(name: String, rows: Int)]
    let schemaName: String
    let schemaHash: String
    /// Of the schema that it was built on; nil for the first.
    let baseSchemaHash: String?
    let changedState: [String]
    let runKey: String?

    init(_ manifest: Manifest) {
        id = manifest.loadID
        rows = manifest.rows
        bytes = manifest.bytes
        var tables: [(name: String, rows: Int)] = []
        for job in manifest.jobs {
            if tables.last?.name == job.table {
                tables[tables.count - 1].rows += job.rows
            } else {
                tables.append((job.table, job.rows))
            }
        }
        self.tables = tables
        schemaName = manifest.schemaName
        schemaHash = manifest.schemaHash
        baseSchemaHash = manifest.base.schemaHash
        changedState = manifest.base.subtrees.keys
        runKey = manifest.runKey
    }

    var changesSchema: Bool { baseSchemaHash != schemaHash }
}

/// Manifests never change, so each is read once; of the oldest that were asked for some are forgotten.
final class PackageMemory: Sendable {
    private struct Key: Hashable {
        let pipeline: String
        let id: LoadID
    }

    private static let capacity = 8192
    private let known = Mutex<[Key: PackageFacts]>([:])

    /// nil where the manifest cannot be read, as when the package has just moved on.
    func facts(_ id: LoadID, in place: Spool.Place, of spool: Spool) -> PackageFacts? {
        let key = Key(pipeline: spool.pipeline, id: id)
        if let facts = known.withLock({ $0[key] }) { return facts }
        guard let manifest = try? spool.manifest(of: id, in: place) else { return nil }
        let facts = PackageFacts(manifest)
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
            known[key] = facts
        }
        return facts
    }

    /// Only what is known already.
    func remembered(_ id: LoadID, of spool: Spool) -> PackageFacts? {
        known.withLock { $0[Key(pipeline: spool.pipeline, id: id)] }
    }
}
