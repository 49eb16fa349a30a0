package import LoadPackages
package import SystemIO

/// A unit of reading and writing. It ends by `commit` or `abandon`; releasing it abandons it.
package protocol DestinationSession: AnyObject {
    /// The contents of the dataset.
    var dataset: DatasetView { get }

    /// Makes the intents of packages true, except for dlt's own records, in the order in which the packages build on
    /// each other. May be called several times before one commit. Packages that only append may share statements.
    ///
    /// - Parameters:
    ///   - rows: the rows of a job of a load. Requested when needed: `progress` has reported all rows of one job before
    ///     the next one is requested, so that each can be counted.
    ///   - progress: called as work proceeds; an error from it ends the work.
    /// - Throws: errors of reading rows; the destination's own errors are `DestinationError`.
    func apply(
        _ loads: [PackageLoad], rows: (LoadID, Manifest.Job) throws -> JobFile,
        progress: (LoadProgress) throws -> Void
    ) throws

    /// Writes dlt's own records of the applied packages, which makes the loads valid. Returns once everything is
    /// durable. After an error no load is valid; without transactions, only the loads before the failed one are.
    func commit(_ records: [SystemRows]) throws(DestinationError)

    /// Removes the leftovers of killed runs whose loads are valid. `apply` does so too; this is for a session that has
    /// nothing to apply.
    func cleanUp(_ names: SystemNames) throws(DestinationError)

    /// What happened to the rows of tables so far, as far as it is known.
    var effects: RowEffects { get }

    func abandon()
}

extension DestinationSession {
    package var effects: RowEffects { RowEffects() }

    package func cleanUp(_ names: SystemNames) throws(DestinationError) {}

    /// The same for one package.
    package func apply(
        _ load: PackageLoad, rows: (Manifest.Job) throws -> JobFile, progress: (LoadProgress) throws -> Void
    ) throws {
        try apply([load], rows: { try rows($1) }, progress: progress)
    }
}

/// What one package makes true.
package struct PackageLoad: Sendable {
    package let loadID: LoadID
    /// The name of the schema, which a load record contains.
    package let schemaName: String
    package let names: SystemNames
    package let intents: [LoadIntent]

    package init(loadID: LoadID, schemaName: String, names: SystemNames, intents: [LoadIntent]) {
        self.loadID = loadID
        self.schemaName = schemaName
        self.names = names
        self.intents = intents
    }

    /// Whether tables or columns are added or removed.
    package var changesTables: Bool {
        intents.contains {
            switch $0 {
            case .evolve, .drop: true
            case .append, .replace, .merge, .empty: false
            }
        }
    }

    /// Whether rows are only added, and neither existing rows nor any table changes.
    package var onlyAppends: Bool {
        intents.allSatisfy { if case .append = $0 { true } else { false } }
    }
}

package enum LoadProgress: Sendable {
    /// The number of rows inserted since the last call.
    case inserted(rows: Int, table: String)
    case merging(table: String)
    case step
}

/// The rows of one job.
package struct JobFile {
    package let job: Manifest.Job
    /// The file as stored: newline-delimited JSON in zstd frames. nil if rows are rewritten on the way.
    package let path: String?
    /// The same, decompressed.
    package let blocks: () throws -> BlockReader

    package init(job: Manifest.Job, path: String?, blocks: @escaping () throws -> BlockReader) {
        self.job = job
        self.path = path
        self.blocks = blocks
    }
}
