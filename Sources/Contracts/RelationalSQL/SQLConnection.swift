package import Destinations
import Failures
package import LoadPackages
import SystemIO

/// Why a statement failed. What it means can be said only with what it was for.
package struct SQLFailure: Error, Sendable {
    /// A column that must not be null was to get one.
    package let lacksValue: Bool
    /// The failure in words, given a verb and its object, fit after "unable to".
    package let explained: @Sendable (String) -> DestinationError

    package init(lacksValue: Bool, explained: @escaping @Sendable (String) -> DestinationError) {
        self.lacksValue = lacksValue
        self.explained = explained
    }
}

/// One connection to one database: all that `SQLSession` needs of it.
package protocol SQLConnection: AnyObject {
    var dialect: any SQLDialect { get }

    // MARK: Beginning and ending

    /// For writing it takes the dataset's write lock; for reading everything read until the end is of one moment.
    func begin(_ access: DestinationAccess) throws(DestinationError)

    /// Ends what `begin` began. After an error nothing of it is there.
    func commit() throws(DestinationError)

    func rollback()

    // MARK: Statements

    /// Runs a statement to its end.
    ///
    /// - Returns: the first value of the first row, of a query that finds one.
    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String?

    /// How many rows the last statement of `execute` has inserted, changed or deleted; nil where that is not known.
    var changedRows: Int? { get }

    /// The rows of a query, as text.
    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]]

    /// The columns of a table of the dataset, in their order; none when there is no such table.
    func columns(of table: String) throws(SQLFailure) -> [StoredColumn]

    /// What else is to be known of a table that is there.
    func traits(of table: String) throws(SQLFailure) -> TableTraits

    // MARK: What a database needs before a step

    /// Before the first table is made.
    func createDataset() throws(DestinationError)

    /// Before a table is changed in a way that excludes its readers.
    func excludeReaders(from table: String) throws(DestinationError)

    /// Staging tables that are there, of whichever load; none where they end with what `begin` began.
    func stagingTables() throws(SQLFailure) -> [StagingTable]

    // MARK: Rows

    /// Inserts the rows of jobs, in one go. Errors of reading pass through; those of the database are `DestinationError`.
    ///
    /// - Parameters:
    ///   - next: the file of the next job, to be asked for when `progress` has told all rows of the one before; nil behind the last one.
    ///   - progress: called after each block with the rows inserted since; what it throws ends the insertion.
    func insert(
        _ rows: RowInsert, into target: String, from next: () throws -> JobFile?, progress: (Int) throws -> Void
    ) throws
}

extension SQLConnection {
    package var changedRows: Int? { nil }
    package func traits(of table: String) throws(SQLFailure) -> TableTraits { TableTraits() }

    package func createDataset() throws(DestinationError) {
        guard let creation = dialect.datasetCreation else { return }
        do { _ = try execute(SQLStatement(creation)) } catch { throw error.explained("create the dataset") }
    }

    package func excludeReaders(from table: String) throws(DestinationError) {}
    package func stagingTables() throws(SQLFailure) -> [StagingTable] { [] }
}

/// What a table of somebody else may be.
package struct TableTraits: Sendable {
    /// Rows reach it by INSERT alone, as those of a view.
    package var takesInsertsOnly = false
    /// It knows few types, and takes their values alone.
    package var isStrict = false

    package init(takesInsertsOnly: Bool = false, isStrict: Bool = false) {
        self.takesInsertsOnly = takesInsertsOnly
        self.isStrict = isStrict
    }
}

/// A staging table that outlives the run which made it.
package struct StagingTable: Sendable {
    package let load: LoadID
    /// As the dialect spells it in statements.
    package let name: String

    package init(load: LoadID, name: String) {
        self.load = load
        self.name = name
    }
}

/// Waiting for locks that a library does not wait for, or not so that a request to stop would be seen.
package enum LockWait {
    /// Tries until it succeeds, or fails for another reason, or the time is over.
    ///
    /// - Parameters:
    ///   - seconds: how long.
    ///   - action: fit after "unable to".
    ///   - isHeld: whether a failure means that another program has the lock.
    ///   - overdue: the error when it was held all the time.
    package static func retry<Result, Failure: Error>(
        seconds: Double, action: String, isHeld: (Failure) -> Bool,
        explained: (Failure) -> DestinationError, overdue: () -> DestinationError,
        _ body: () throws(Failure) -> Result
    ) throws(DestinationError) -> Result {
        let deadline = Clock.monotonicNanoseconds() + Int64(min(seconds, 1e9) * 1e9)
        var pause = 1
        while true {
            do {
                return try body()
            } catch {
                guard isHeld(error) else { throw explained(error) }
                if Clock.monotonicNanoseconds() >= deadline { throw overdue() }
                if !StopSignal.sleep(milliseconds: pause) {
                    throw DestinationError(.stopped, "unable to \(action): asked to stop")
                }
                pause = min(pause * 2, 50)
            }
        }
    }
}
