package import Destinations
import Failures
package import LoadPackages

/// Messages about faults of rows.
package struct RowFaults: Sendable {
    private let table: String
    private let file: String

    package init(_ job: Manifest.Job) { self.init(table: job.table, file: job.file) }

    package init(table: String, file: String) {
        self.table = table
        self.file = file
    }

    /// - Parameter row: counted from 1.
    package func damaged(_ reason: String, _ row: Int) -> DestinationError {
        DestinationError(.data, "unable to insert into table \"\(table)\": row \(row) of \(file) \(reason)")
    }

    /// A value does not belong to its column's type.
    package func mismatch(_ value: String, _ column: RowColumn, _ row: Int) -> DestinationError {
        damaged("has \(value) in column \"\(column.name)\", which is \(column.type)", row)
    }

    /// The same for a value that was parsed.
    package func mismatch(
        _ cell: Cell, _ text: UnsafeMutablePointer<UInt8>, _ column: RowColumn, _ row: Int
    ) -> DestinationError {
        let value =
            switch cell.kind {
            case .integer: String(Int64(bitPattern: cell.bits))
            case .real: "\(Double(bitPattern: cell.bits))"
            case .text, .bytes:
                String(
                    decoding: UnsafeBufferPointer(start: text + Int(cell.bits), count: min(Int(cell.count), 60)),
                    as: UTF8.self)
            }
        return mismatch(value, column, row)
    }
}
