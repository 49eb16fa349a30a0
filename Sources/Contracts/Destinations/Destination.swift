package import ArgumentParser
package import DestinationKinds

/// A place that keeps datasets: the contract every connector for writing follows, and all that the stages know.
///
/// A stage says what is to become true (`LoadIntent`); only the connector knows how. It opens a session, reads from it what is
/// there as a `DatasetView`, makes intents of a package and the view, has the session apply all of them at once, and commits. The
/// connector decides nothing about what is loaded. It never retries what it was not asked to; a lock is waited for up to
/// `DestinationTarget.lockTimeout`.
///
/// What is done for a package has three phases, and each has one law for every destination:
/// 1. *prepare*: create tables, add columns, fill staging tables named by the load. May be repeated from the start after a kill;
///    readers may see new empty tables and new empty columns, nothing else.
/// 2. *publish*: deletions, merges, insertions, dlt's own records, the load's last. One transaction where there is one. Where there is
///    none a marker comes first, each step can be repeated, and the record in `_dlt_loads` is the commit.
/// 3. *clean up*: drop staging. May be lost; the next run finishes it.
package protocol Destination: AnyObject {
    /// What this destination alone can be asked for; `NoOptions` where that is nothing.
    associatedtype Options: ParsableArguments = NoOptions

    static var kind: DestinationKind { get }

    /// Looks at the URL; `open` connects.
    init(_ target: DestinationTarget, _ options: Options) throws(DestinationError)

    /// The place without credentials, the same for every spelling of its URL: what a pipeline remembers as its home.
    var location: String { get }

    /// The dataset that is meant when none was named, given the pipeline's name.
    var dataset: String { get }

    /// What this place itself limits, where it can be known only there, such as the columns of a table.
    var kind: DestinationKind { get }

    /// Begins a session, of which there is one at a time. For reading, a place that does not exist yet is an empty one, and nothing
    /// is created. For writing it first takes the dataset's write lock, so that what it then reads stays true until its end.
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

    package init(url: DestinationURL, dataset: String?, pipeline: String, lockTimeout: Double = 60) {
        self.url = url
        self.dataset = dataset
        self.pipeline = pipeline
        self.lockTimeout = lockTimeout
    }
}

package enum DestinationAccess: Sendable { case read, write }
