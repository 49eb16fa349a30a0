package import JSONText
package import Schemas

/// An ability of sessions: to show what they would do, in the destination's own language. The same code makes the
/// text and the statements that run.
package protocol PlanPrinting: DestinationSession {
    /// - Parameter now: the time of dlt's own records, in microseconds.
    func plan(_ load: PackageLoad, _ records: SystemRows, now: Int64) throws(DestinationError) -> LoadPlanText
}

package struct LoadPlanText: Sendable {
    /// The plan in the destination's language, including its beginning and end.
    package let script: String
    /// Step by step, for people.
    package let lines: [String]
    /// Step by step, for programs.
    package let steps: [JSONValue]

    package init(script: String, lines: [String], steps: [JSONValue]) {
        self.script = script
        self.lines = lines
        self.steps = steps
    }
}

/// An ability of destinations: to print the definitions of tables without being opened.
package protocol TableDefining: Destination {
    /// - Parameter pipeline: determines the dataset.
    static func definitions(of tables: [TableChange], pipeline: String) throws(DestinationError) -> String

    /// The type of a column that we created, as `StoredColumn.type` reports it.
    static func storedType(of column: Column) -> String
}
