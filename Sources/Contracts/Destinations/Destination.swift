package import ArgumentParser
package import DestinationKinds

/// A place that keeps datasets: the contract that every destination connector follows, and all that the stages know.
///
/// A stage says what should become true (`LoadIntent`); only the connector knows how. The stage opens a session, reads
/// the contents of the dataset as a `DatasetView`, makes intents from a package and the view, has the session apply all
/// of them at once, and commits. The connector makes no decisions about what is loaded. It never retries unless asked;
/// it waits for a lock up to `DestinationTarget.lockTimeout`.
///
/// The work for a package has three phases, and each has one law for every destination:
/// 1. *prepare*: create tables, add columns, fill staging tables named by the load. May be repeated from the start after a kill;
///    readers may see new empty tables and new empty columns, nothing else.
/// 2. *publish*: deletions, merges, insertions, dlt's own records, the load's last. One transaction where there is one. Where there is
///    none a marker comes first, each step can be repeated, and the record in `_dlt_loads` is the commit.
/// 3. *clean up*: drop staging. May be lost; the next run finishes it.
package protocol Destination: AnyObject {
    /// Options of this destination alone; `NoOptions` if it has none.
    associatedtype Options: ParsableArguments = NoOptions

    static var kind: DestinationKind { get }

    /// Examines the URL; `open` connects.
    init(_ target: DestinationTarget, _ options: Options) throws(DestinationError)

    /// The place without credentials, the same for every spelling of its URL: a pipeline remembers it as its home.
    var location: String { get }

    /// The dataset for a pipeline when none was named.
    var dataset: String { get }

    /// Limits of this place that are known only there, such as the number of columns of a table.
    var kind: DestinationKind { get }

    /// Begins a session; there can be only one at a time. For reading, a place that does not exist yet is an empty one,
    /// and nothing is created. For writing, the session first takes the dataset's write lock, so that everything it
    /// reads stays true until its end.
    func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession
}

extension Destination {
    package var kind: DestinationKind { Self.kind }
}

package struct NoOptions: ParsableArguments {
    package init() {}
}

package struct DestinationTarget: Sendable {
    package let url: DestinationURL
    /// nil when none was named.
    package let dataset: String?
    package let pipeline: String
    /// Seconds to wait for a lock that another program holds.
    package let lockTimeout: Double
    /// The folder of spools, for a destination that keeps its records there; nil for the usual one.
    package let dataDirectory: String?

    package init(
        url: DestinationURL, dataset: String?, pipeline: String, lockTimeout: Double = 60, dataDirectory: String? = nil
    ) {
        self.url = url
        self.dataset = dataset
        self.pipeline = pipeline
        self.lockTimeout = lockTimeout
        self.dataDirectory = dataDirectory
    }
}

package enum DestinationAccess: Sendable { case read, write }
