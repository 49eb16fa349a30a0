import CSQLite

/// A compiled statement. Parameters count from 1, columns from 0, as in the library.
/// <https://sqlite.org/c3ref/stmt.html>
///
/// Binding and stepping allocate nothing in Swift, so a row costs no more than the library's calls.
package final class Statement {
    package enum ColumnType: Sendable { case integer, float, text, blob, null }

    private let handle: OpaquePointer
    // Keeps the connection open as long as the statement.
    private let database: Database

    init(_ handle: OpaquePointer, database: Database) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    package var sql: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }
    package var parameterCount: Int { Int(sqlite3_bind_parameter_count(handle)) }
    package var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    // MARK: Binding

    package func bind(_ index: Int, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, Int32(truncatingIfNeeded: index), value))
    }

    package func bind(_ index: Int, _ value: Int) throws(SQLiteError) { try bind(index, Int64(value)) }

    /// Not-a-number becomes NULL.
    package func bind(_ index: Int, _ value: Double) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, Int32(truncatingIfNeeded: index), value))
    }

    /// UTF-8 that must stay in place until the statement is stepped and reset; nothing is copied.
    package func bind(_ index: Int, text: UnsafeBufferPointer<UInt8>) throws(SQLiteError) {
        // A null address would bind NULL instead of "".
        guard let start = text.baseAddress else { return try bind(index, "") }
        let result = start.withMemoryRebound(to: CChar.self, capacity: text.count) {
            sqlite3_bind_text64(
                handle, Int32(truncatingIfNeeded: index), $0, UInt64(text.count), dlt_sqlite_static(),
                UInt8(SQLITE_UTF8))
        }
        try check(result)
    }

    /// Copies the text.
    package func bind(_ index: Int, _ value: String) throws(SQLiteError) {
        var value = value
        let result = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                // The address of an empty buffer may be null, which would bind NULL.
                withUnsafePointer(to: 0 as CChar) { empty in
                    sqlite3_bind_text64(
                        handle, Int32(truncatingIfNeeded: index), bytes.baseAddress ?? empty, UInt64(bytes.count),
                        dlt_sqlite_transient(), UInt8(SQLITE_UTF8))
                }
            }
        }
        try check(result)
    }

    /// Bytes that must stay in place until the statement is stepped and reset; nothing is copied.
    package func bind(_ index: Int, blob: UnsafeRawBufferPointer) throws(SQLiteError) {
        let index = Int32(truncatingIfNeeded: index)
        guard let start = blob.baseAddress, !blob.isEmpty else {
            return try check(sqlite3_bind_zeroblob(handle, index, 0))
        }
        try check(sqlite3_bind_blob64(handle, index, start, UInt64(blob.count), dlt_sqlite_static()))
    }

    /// Copies the bytes.
    package func bind(_ index: Int, blob: [UInt8]) throws(SQLiteError) {
        let index = Int32(truncatingIfNeeded: index)
        if blob.isEmpty { return try check(sqlite3_bind_zeroblob(handle, index, 0)) }
        let result = blob.withUnsafeBytes {
            sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), dlt_sqlite_transient())
        }
        try check(result)
    }

    package func bindNull(_ index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, Int32(truncatingIfNeeded: index)))
    }

    // MARK: Running

    /// Goes to the next row; false when there is none.
    @discardableResult
    package func step() throws(SQLiteError) -> Bool {
        let result = sqlite3_step(handle)
        if result == SQLITE_ROW { return true }
        if result == SQLITE_DONE { return false }
        try check(result)
        return false
    }

    /// Makes the statement ready to run again; parameters keep their values.
    package func reset() {
        // The result repeats the error that step has reported.
        sqlite3_reset(handle)
    }

    /// Runs to the end, discards rows, and resets; also after an error, so that the statement does not keep a
    /// transaction open.
    package func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    // MARK: Columns of the row

    package var columnCount: Int { Int(sqlite3_column_count(handle)) }

    package func columnName(_ index: Int) -> String {
        sqlite3_column_name(handle, Int32(truncatingIfNeeded: index)).map { String(cString: $0) } ?? ""
    }

    /// The type that the table's definition gives the column of a result; nil for an expression, or where it gives none.
    package func declaredType(_ index: Int) -> String? {
        sqlite3_column_decltype(handle, Int32(truncatingIfNeeded: index)).map { String(cString: $0) }
    }

    /// The place of a parameter by its name, with its mark: `:name`; nil when there is none.
    package func parameterIndex(_ name: String) -> Int? {
        let index = sqlite3_bind_parameter_index(handle, name)
        return index > 0 ? Int(index) : nil
    }

    /// The name of a parameter, with its mark; nil for one that has none.
    package func parameterName(_ index: Int) -> String? {
        sqlite3_bind_parameter_name(handle, Int32(truncatingIfNeeded: index)).map { String(cString: $0) }
    }

    package func type(_ index: Int) -> ColumnType {
        switch sqlite3_column_type(handle, Int32(truncatingIfNeeded: index)) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .float
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    package func isNull(_ index: Int) -> Bool {
        sqlite3_column_type(handle, Int32(truncatingIfNeeded: index)) == SQLITE_NULL
    }

    package func int64(_ index: Int) -> Int64 { sqlite3_column_int64(handle, Int32(truncatingIfNeeded: index)) }

    package func double(_ index: Int) -> Double { sqlite3_column_double(handle, Int32(truncatingIfNeeded: index)) }

    /// UTF-8, valid until the next step, reset, or reading of the column as another type. NULL is empty.
    package func text(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let index = Int32(truncatingIfNeeded: index)
        // In this order: the length is valid only after the conversion. <https://sqlite.org/c3ref/column_blob.html>
        let start = sqlite3_column_text(handle, index)
        return UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, index)))
    }

    package func string(_ index: Int) -> String { String(decoding: text(index), as: UTF8.self) }

    /// Valid until the next step, reset, or reading of the column as another type. NULL is empty.
    package func blob(_ index: Int) -> UnsafeRawBufferPointer {
        let index = Int32(truncatingIfNeeded: index)
        let start = sqlite3_column_blob(handle, index)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, index)))
    }

    @inline(__always)
    private func check(_ result: Int32) throws(SQLiteError) {
        try database.check(result, self.sql)
    }
}
