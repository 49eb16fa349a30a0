import CMariaDB

/// The rows of a query, one after the other, as text and in the memory of the library.
///
/// A value is valid until the next row.
public final class Rows {
    public struct Column: Sendable {
        public let name: String
        public let type: ColumnType
        package let isUnsigned: Bool
        /// Text or bytes: bytes.
        package let isBinary: Bool
        /// Characters times their bytes, or digits.
        package let length: Int
        package let decimals: Int
    }

    /// How a value is written. <https://mariadb.com/kb/en/result-set-packets/#field-types>
    public enum ColumnType: Sendable, Equatable {
        case integer, decimal, float, double, null
        case date, time, datetime, timestamp, year
        case bit, json, text, blob, geometry
        case other
    }

    public private(set) var columns: [Column] = []
    private let connection: Connection
    private var result: OpaquePointer?
    /// Of the row: where its values are, and how long; nil before the first and after the last row.
    @usableFromInline var row: RowPointer?
    @usableFromInline var lengths: UnsafeMutablePointer<UInt>?
    private var sinceLook = 0

    /// - Parameter connection: has run a statement.
    init(_ connection: Connection) throws(MariaDBError) {
        self.connection = connection
        result = mysql_use_result(connection.handle)
        guard let result else {
            // A statement without rows.
            if mysql_errno(connection.handle) == 0 { return }
            throw connection.failure()
        }
        let fields = mysql_fetch_fields(result)
        for index in 0..<Int(mysql_num_fields(result)) {
            if let field = fields?[index] { columns.append(Column(field)) }
        }
    }

    deinit { abandon() }

    /// Ends the query at the server, unless all rows have been read; the transaction goes on.
    package func abandon() {
        if result != nil { connection.killQuery() }
        close()
    }

    /// Reads the rows that are still to come: nothing else can be done with the connection until then.
    package func close() {
        row = nil
        if let result { mysql_free_result(result) }
        result = nil
    }

    /// Goes to the next row; false after the last one.
    package func next() throws(MariaDBError) -> Bool {
        guard let result else { return false }
        var found: RowPointer?
        var wanted = mysql_fetch_row_start(&found, result)
        while wanted != 0 {
            let ready = try connection.waitForServer(wanted)
            if ready != 0 { wanted = mysql_fetch_row_cont(&found, result, ready) }
        }
        sinceLook += 1
        if sinceLook == 1024 {
            sinceLook = 0
            if connection.isInterrupted() { throw .interruption }
        }
        row = found
        guard found != nil else {
            // The end, and a lost connection, look alike.
            if mysql_errno(connection.handle) != 0 { throw connection.failure() }
            close()
            return false
        }
        lengths = mysql_fetch_lengths(result)
        return true
    }

    /// A value of the row; nil for NULL.
    @inlinable @inline(__always)
    public func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8>? {
        guard let start = row?[column], let lengths else { return nil }
        return UnsafeBufferPointer(
            start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: Int(lengths[column]))
    }
}

public typealias RowPointer = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

extension Rows.Column {
    fileprivate init(_ field: MYSQL_FIELD) {
        name = field.name.map { String(cString: $0) } ?? ""
        isUnsigned = Int(field.flags) & MYSQL_FLAG_UNSIGNED != 0
        isBinary = Int(field.charsetnr) == MYSQL_CHARSET_BINARY
        length = Int(field.length)
        decimals = Int(field.decimals)
        type =
            switch field.type {
            case 1, 2, 3, 8, 9: .integer
            case 0, 246: .decimal
            case 4: .float
            case 5: .double
            case 6: .null
            case 7, 17: .timestamp
            case 10, 14: .date
            case 11, 19: .time
            case 12, 18: .datetime
            case 13: .year
            case 16: .bit
            case 245: .json
            case 255: .geometry
            case 15, 247, 248, 249, 250, 251, 252, 253, 254: isBinary ? .blob : .text
            default: .other
            }
    }
}
