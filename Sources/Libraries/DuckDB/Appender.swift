import CDuckDB

/// Inserts rows into a table, in chunks of columns: exact for every type, and the fastest way.
///
/// Fill the first rows of the `vectors`, `append` them, repeat, then `flush`. The rows belong to the connection's
/// transaction. <https://duckdb.org/docs/stable/clients/c/appender>
public final class Appender {
    /// The memory layout of a column's values, by DuckDB's numbers. <https://duckdb.org/docs/stable/clients/c/types>
    public enum ColumnType: Int32, Sendable {
        /// Filled with texts, which DuckDB casts to the column's type.
        case other = 0
        /// A boolean is one byte, 0 or 1.
        case boolean = 1, int8, int16, int32, int64, double = 11, int128 = 16
        /// Of 2, 4, 8 or 16 bytes, for up to 4, 9, 18 or 38 `digits`: the value times ten to the power of `scale`.
        case decimal = 19
        /// Days since 1970, of four bytes; microseconds since midnight, of eight.
        case date = 13, time = 14
        /// Since 1970, in eight bytes; the last is TIMESTAMP WITH TIME ZONE, in microseconds UTC.
        case microseconds = 12, seconds = 20, milliseconds, nanoseconds, microsecondsUTC = 31
        case text = 17, blob
        /// Texts, which DuckDB stores unchanged.
        case json = 1000
    }

    public struct Column: Sendable {
        public let type: ColumnType
        /// The digits of a decimal.
        public let digits, scale: Int
        /// Any other type: the cast from text loses nothing; it succeeds or fails.
        public let isCastExactly: Bool

        init(_ type: duckdb_logical_type?) {
            let (id, name) = (duckdb_get_type_id(type), duckdb_logical_type_get_alias(type))
            defer { duckdb_free(name) }
            let isJSON = name.map { String(cString: $0) == "JSON" } ?? false
            self.type = isJSON ? .json : ColumnType(rawValue: id) ?? .other
            (digits, scale) = (Int(duckdb_decimal_width(type)), Int(duckdb_decimal_scale(type)))
            // INTERVAL, ENUM, UUID and BIT.
            isCastExactly = [15, 23, 27, 29].contains(id)
        }
    }

    /// Rows of a chunk: 2,048.
    public let capacity = Int(duckdb_vector_size())
    /// The columns to fill, in the order of their names, with their memory.
    public private(set) var columns: [Column] = []
    public var vectors: [ColumnVector] = []

    private let database: Database
    private let table: String
    private var appender: duckdb_appender?
    private var chunk: duckdb_data_chunk?
    private let mostHeld: Int
    /// The number of rows that are not written into the table yet.
    package private(set) var held = 0

    /// - Parameters:
    ///   - names: the columns to fill, each once; other columns of the table get their default or NULL.
    ///   - mostHeld: the number of rows after which they are written into the table. The library would hold 204,800:
    ///     150 MB more for 54,000 rows of
    ///     171 columns. A DuckLake makes a file each time.
    package init(
        _ database: Database, catalog: String?, schema: String?, table: String, columns names: [String],
        mostHeld: Int = 8192
    ) throws(DuckDBError) {
        self.database = database
        self.table = table
        self.mostHeld = mostHeld
        try check(duckdb_appender_create_ext(database.connection, catalog, schema, table, &appender))
        for name in names { try check(duckdb_appender_add_column(appender, name)) }
        var types = names.indices.map { duckdb_appender_column_type(appender, idx_t($0)) }
        defer { for index in types.indices { duckdb_destroy_logical_type(&types[index]) } }
        for index in types.indices {
            columns.append(Column(types[index]))
            guard columns[index].type == .other else { continue }
            duckdb_destroy_logical_type(&types[index])
            types[index] = duckdb_create_logical_type(Int32(DUCKDB_TYPE_VARCHAR))
        }
        chunk = duckdb_create_data_chunk(&types, idx_t(types.count))
        begin()
    }

    deinit {
        duckdb_destroy_data_chunk(&chunk)
        // Destroying it alone would write the rows that were not flushed.
        if appender != nil { _ = duckdb_appender_clear(appender) }
        _ = duckdb_appender_destroy(&appender)
    }

    private func begin() { vectors = columns.indices.map { ColumnVector(chunk, idx_t($0)) } }

    /// Takes the first rows of the vectors, which can then be filled again.
    package func append(rows: Int) throws(DuckDBError) {
        if database.isInterrupted() { throw database.failure("INTERRUPT Error: Interrupted!", "append to \(table)") }
        duckdb_data_chunk_set_size(chunk, idx_t(rows))
        try check(duckdb_append_data_chunk(appender, chunk))
        duckdb_data_chunk_reset(chunk)
        begin()
        held += rows
        if held >= mostHeld { try flush() }
    }

    /// Writes the rows that the appender holds into the table.
    package func flush() throws(DuckDBError) {
        held = 0
        try check(duckdb_appender_flush(appender))
    }

    private func check(_ state: Int32) throws(DuckDBError) {
        if state == DUCKDB_SUCCESS { return }
        var error = duckdb_appender_error_data(appender)
        defer { duckdb_destroy_error_data(&error) }
        throw database.failure(
            duckdb_error_data_message(error), "append to \(table)", type: duckdb_error_data_error_type(error))
    }
}
