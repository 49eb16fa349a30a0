package import LoadPackages
package import SystemIO

/// What is read and written in one go. It ends by `commit` or `abandon`; forgetting it abandons it.
package protocol DestinationSession: AnyObject {
    /// What the dataset holds.
    var dataset: DatasetView { get }

    /// Makes true what packages ask for, all but dlt's own records, in the order in which they build on each other. May be called again
    /// and again before one commit. Packages that only append may share statements.
    ///
    /// - Parameters:
    ///   - rows: of a job of a load, where they are. Asked for when they are needed: `progress` has told all rows of one job before the
    ///     next one is asked for, so that each can be counted.
    ///   - progress: called as work goes on; what it throws ends it.
    /// - Throws: what reading rows throws; the destination's own errors are `DestinationError`.
    func apply(
        _ loads: [PackageLoad], rows: (LoadID, Manifest.Job) throws -> JobFile,
        progress: (LoadProgress) throws -> Void
    ) throws

    /// Writes dlt's own records of what was applied, which makes the loads valid. Returns once everything is durable; after an error
    /// nothing is valid, or where there are no transactions only loads before the one that failed.
    func commit(_ records: [SystemRows]) throws(DestinationError)

    /// Removes what killed runs have left of loads that are valid. `apply` does it, too; for a session that has nothing to apply.
    func cleanUp(_ names: SystemNames) throws(DestinationError)

    /// What was done to the rows of tables so far, as far as it is known.
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

/// What is to become true by one package.
package struct PackageLoad: Sendable {
    package let loadID: LoadID
    /// The name of the schema, which a load record carries.
    package let schemaName: String
    package let names: SystemNames
    package let intents: [LoadIntent]

    package init(loadID: LoadID, schemaName: String, names: SystemNames, intents: [LoadIntent]) {
        self.loadID = loadID
        self.schemaName = schemaName
        self.names = names
        self.intents = intents
    }

    /// Tables or columns come or go.
    package var changesTables: Bool {
        intents.contains {
            switch $0 {
            case .evolve, .drop: true
            case .append, .replace, .merge, .empty: false
            }
        }
    }

    /// Only rows come, and neither those that are there nor any table is changed.
    package var onlyAppends: Bool {
        intents.allSatisfy { if case .append = $0 { true } else { false } }
    }
}

package enum LoadProgress: Sendable {
    /// So many rows were inserted since the last call.
    case inserted(rows: Int, table: String)
    case merging(table: String)
    case step
}

/// The rows of one job, where they are.
package struct JobFile {
    package let job: Manifest.Job
    /// The file as it lies: newline-delimited JSON in zstd frames. nil where rows are rewritten on the way.
    package let path: String?
    /// The same, decompressed.
    package let blocks: () throws -> BlockReader

    package init(job: Manifest.Job, path: String?, blocks: @escaping () throws -> BlockReader) {
        self.job = job
        self.path = path
        self.blocks = blocks
    }
}
