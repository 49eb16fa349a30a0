package import LoadPackages
package import SystemIO

/// A place that keeps datasets: the contract every connector for writing follows, and all that the load stage knows.
///
/// The stage pushes. It begins one transaction a package, reads what is there, makes a plan of `LoadStep` values, and
/// has the transaction execute them in order; rows are handed over a block at a time. The connector turns steps into
/// its own language in one place, which also prints `--sql`, and decides nothing about what is
/// loaded. It never retries what it was not told to; a lock is waited for up to `DestinationTarget.lockTimeout`.
///
/// Nothing that was executed may be visible to anyone before `commit` returns, and everything must be durable then.
package protocol Destination: AnyObject {
    /// The schemes of URLs it serves.
    static var schemes: [String] { get }

    /// Looks at the URL; `begin` connects. Without write access a place that does not exist yet is an empty one, and nothing is created.
    init(_ target: DestinationTarget, access: DestinationAccess) throws(DestinationError)

    /// The place without credentials, the same for every spelling of its URL: what a pipeline remembers as its home.
    var location: String { get }

    /// The dataset that is meant when none was named, given the pipeline's name.
    var dataset: String { get }

    /// dlt's name of the destination type, which is part of the pipeline's state there.
    var typeName: String { get }

    var capabilities: DestinationCapabilities { get }

    /// Begins the only transaction of this connection. For writing it first takes the dataset's write lock, so that
    /// what it then reads stays true until its end.
    func begin() throws(DestinationError) -> any DestinationTransaction

    /// A step in the destination's own language, made by what executes it. Rows are parameters and a comment. Asks for no
    /// connection, nor does `init`: the first transaction connects.
    func sql(for step: LoadStep) -> String
}

package struct DestinationTarget: Sendable {
    package let url: DestinationURL
    /// nil when none was named.
    package let dataset: String?
    package let pipeline: String
    /// How long to wait for somebody else's lock.
    package let lockTimeout: Double

    package init(url: DestinationURL, dataset: String?, pipeline: String, lockTimeout: Double = 60) {
        self.url = url
        self.dataset = dataset
        self.pipeline = pipeline
        self.lockTimeout = lockTimeout
    }
}

package enum DestinationAccess: Sendable { case read, write }

/// What a destination can hold and do. nil is no limit.
package struct DestinationCapabilities: Sendable {
    /// In Unicode scalars.
    package var maxIdentifierLength: Int?
    package var maxColumns: Int?
    /// Names that differ only in the case of ASCII letters are one name.
    package var foldsCase: Bool
    /// Merge strategies by dlt's names; the first is what "merge" means.
    package var mergeStrategies: [String]
    /// Ways to replace a table by dlt's names, to be used when named. Without a name rows are deleted and inserted.
    package var replaceStrategies: [String]
    /// Adding a column keeps readers waiting until the commit: then rows are staged, and tables changed last.
    package var locksReadersOnAlter: Bool

    package init(
        maxIdentifierLength: Int?, maxColumns: Int?, foldsCase: Bool, mergeStrategies: [String],
        replaceStrategies: [String], locksReadersOnAlter: Bool
    ) {
        self.maxIdentifierLength = maxIdentifierLength
        self.maxColumns = maxColumns
        self.foldsCase = foldsCase
        self.mergeStrategies = mergeStrategies
        self.replaceStrategies = replaceStrategies
        self.locksReadersOnAlter = locksReadersOnAlter
    }
}

/// One transaction. It ends by `commit` or `rollback`; forgetting it rolls back.
///
/// Reading methods answer "nothing" for a dataset or table that does not exist.
package protocol DestinationTransaction: AnyObject {
    // MARK: Reading

    /// The names of a table's columns as they are there; nil when there is no such table.
    func columns(of table: String) throws(DestinationError) -> [String]?

    /// Whether `_dlt_loads` has a load of this id, completed.
    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool

    /// A completed load whose id ends with these digits of identity.
    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String?

    /// The greatest id of all completed loads.
    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID?

    /// The newest version of a schema.
    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema?

    /// A schema version by its hash, whatever its name.
    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema?

    /// The pipeline's newest state that belongs to a completed load.
    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState?

    /// The latest `inserted_at` and `created_at` in dlt's tables, in microseconds; new ones must be later.
    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64?

    // MARK: Writing

    /// Executes a step other than `insertRows`.
    func execute(_ step: LoadStep) throws(DestinationError)

    /// Inserts the rows of one job. Errors of reading pass through; those of the destination are `DestinationError`.
    ///
    /// - Parameter progress: called after each block with the rows inserted since; what it throws ends the insertion.
    func insert(_ rows: RowInsert, from blocks: BlockReader, progress: (Int) throws -> Void) throws

    /// Returns once everything is durable. After an error nothing is.
    func commit() throws(DestinationError)

    func rollback()
}
