package import LoadPackages
package import SystemIO

/// What is read and written in one go. It ends by `commit` or `abandon`; forgetting it abandons it.
package protocol DestinationSession: AnyObject {
    /// What the dataset holds.
    var dataset: DatasetView { get }

    /// Makes true what a package asks for, all but dlt's own records. May be called for several packages, in the order in which they
    /// build on each other, before one commit.
    ///
    /// - Parameters:
    ///   - rows: of a job, where they are.
    ///   - progress: called as work goes on; what it throws ends it.
    /// - Throws: what reading rows throws; the destination's own errors are `DestinationError`.
    func apply(_ load: PackageLoad, rows: (Manifest.Job) throws -> JobFile, progress: (LoadProgress) throws -> Void)
        throws

    /// Writes dlt's own records of what was applied, which makes the loads valid. Returns once everything is durable; after an error
    /// nothing is valid, or where there are no transactions only loads before the one that failed.
    func commit(_ records: [SystemRows]) throws(DestinationError)

    /// Removes what killed runs have left of loads that are valid. `apply` does it, too; for a session that has nothing to apply.
    func cleanUp(_ names: SystemNames) throws(DestinationError)

    func abandon()
}

extension DestinationSession {
    package func cleanUp(_ names: SystemNames) throws(DestinationError) {}
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
