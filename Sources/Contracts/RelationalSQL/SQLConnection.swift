package import Destinations
import Failures
package import LoadPackages
import SystemIO

/// Why a statement failed. Its meaning depends on the purpose of the statement.
package struct SQLFailure: Error, Sendable {
    /// Whether a required column would have got null.
    package let lacksValue: Bool
    /// The failure in words, given a verb and its object to follow "unable to".
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

    /// For writing, takes the dataset's write lock; for reading, everything until the end is a snapshot.
    func begin(_ access: DestinationAccess) throws(DestinationError)

    /// Ends what `begin` began. After an error none of it has happened.
    func commit() throws(DestinationError)

    func rollback()

    // MARK: Statements

    /// Runs a statement to its end.
    ///
    /// - Returns: the first value of the first row, of a query that finds one.
    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String?

    /// The number of rows that the last statement of `execute` inserted, changed or deleted; nil where it is not known.
    var changedRows: Int? { get }

    /// The rows of a query, as text.
    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]]

    /// The columns of a table of the dataset, in their order; none when there is no such table.
    func columns(of table: String) throws(SQLFailure) -> [StoredColumn]

    /// Further properties of an existing table.
    func traits(of table: String) throws(SQLFailure) -> TableTraits

    // MARK: Preparations for a step

    /// Called before the first table is created.
    func createDataset() throws(DestinationError)

    /// Called before a change of a table that excludes its readers.
    func excludeReaders(from table: String) throws(DestinationError)

    /// Existing staging tables, of any load; none where they end with the transaction.
    func stagingTables() throws(SQLFailure) -> [StagingTable]

    // MARK: Rows

    /// Inserts the rows of jobs together. Errors of reading pass through; those of the database are `DestinationError`.
    ///
    /// - Parameters:
    ///   - next: the file of the next job, requested after `progress` has reported all rows of the previous one; nil
    ///     after the last.
    ///   - progress: called after each block with the rows inserted since; an error from it ends the insertion.
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

/// Properties of a table that another program may have made.
package struct TableTraits: Sendable {
    /// Accepts rows through INSERT only, like a view.
    package var takesInsertsOnly = false
    /// Knows few types, and accepts only their values.
    package var isStrict = false

    package init(takesInsertsOnly: Bool = false, isStrict: Bool = false) {
        self.takesInsertsOnly = takesInsertsOnly
        self.isStrict = isStrict
    }
}

/// A staging table that outlives the run that created it.
package struct StagingTable: Sendable {
    package let load: LoadID
    /// As the dialect spells it in statements.
    package let name: String

    package init(load: LoadID, name: String) {
        self.load = load
        self.name = name
    }
}

/// Waits for locks that a library does not wait for, or not in a way that notices a request to stop.
package enum LockWait {
    /// Tries until it succeeds, fails for another reason, or the time is over.
    ///
    /// - Parameters:
    ///   - seconds: how long.
    ///   - action: to follow "unable to".
    ///   - isHeld: whether a failure means that another program has the lock.
    ///   - overdue: the error if the lock was held all the time.
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
