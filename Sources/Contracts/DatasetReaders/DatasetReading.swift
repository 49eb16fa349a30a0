package import Destinations

/// An ability of destinations: their datasets can be read, and nothing can be written on the way.
///
/// Three walls stand between a query and the database, for every destination alike: the text is one statement, and the database's own
/// parser takes it for a query; what reaches beyond the database, or stays after the query, is refused; and the session cannot write.
package protocol DatasetReading: Destination {
    /// Begins a session on the dataset. While another program holds the database it waits up to the target's `lockTimeout`.
    ///
    /// - Parameter control: stops queries of this session.
    /// - Throws: `.noInput` where there is no such database or dataset; `.temporary` when a lock was held all the time.
    func read(_ control: QueryControl) throws(DestinationError) -> any ReadingSession

    /// The datasets of the place that dlt has loaded, whatever dataset the target names.
    func datasets(_ control: QueryControl) throws(DestinationError) -> [String]
}
