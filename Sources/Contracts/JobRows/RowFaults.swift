package import Destinations
import Failures
package import LoadPackages

/// Words for what is wrong with a row.
package struct RowFaults: Sendable {
    private let table: String
    private let file: String

    package init(_ job: Manifest.Job) {
        table = job.table
        file = job.file
    }

    /// - Parameter row: counted from 1.
    package func damaged(_ reason: String, _ row: Int) -> DestinationError {
        DestinationError(.data, "unable to insert into table \"\(table)\": row \(row) of \(file) \(reason)")
    }

    /// A value is none of its column's type.
    package func mismatch(_ value: String, _ column: RowColumn, _ row: Int) -> DestinationError {
        damaged("has \(value) in column \"\(column.name)\", which is \(column.type)", row)
    }
}
