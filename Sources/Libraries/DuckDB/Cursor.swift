import CDuckDB
import Glibc

/// The rows of one query as they are found, some thousand at a time, over a connection of its own.
/// <https://duckdb.org/docs/stable/clients/c/query#streaming-results>
public final class Cursor {
    /// What a statement is. <https://duckdb.org/docs/stable/clients/c/api#duckdb_statement_type>
    package enum Kind: Sendable { case query, explanation, other }

    /// A column of the result, and how its values lie in a vector.
    public struct Column: Sendable {
        public let name: String
        public let form: Form
        /// Of a decimal.
        public let digits, scale: Int
        package let typeID: Int32
        /// Of a list, array, struct or map, whose form is `other`: nil for any other type.
        public let parts: Parts?
    }

    /// What the values of a nested type are made of.
    public indirect enum Parts: Sendable {
        case list(Column)
        /// Each value has this number of elements.
        case array(Column, count: Int)
        case structure([Column])
        case map(key: Column, value: Column)
    }

    /// <https://duckdb.org/docs/stable/clients/c/types>
    public enum Form: Int32, Sendable {
        /// Of a type that is not read as it is; a cast to text is.
        case other = 0
        case boolean = 1, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float, double
        case microseconds = 12, date, time
        case int128 = 16, text, blob, decimal
        case seconds = 20, milliseconds, nanoseconds
        case microsecondsUTC = 31
        case json = 1000
    }

    package let kind: Kind
    public private(set) var columns: [Column] = []
    /// Of the rows that `next` has brought.
    public private(set) var vectors: [ColumnVector] = []
    public private(set) var rowCount = 0

    private let database: Database
    private let sql: String
    private var connection: duckdb_connection?
    private var statement: duckdb_prepared_statement?
    private var result = duckdb_result()
    private var hasResult = false
    /// What is known of the columns is final.
    package private(set) var hasRun = false
    private var chunk: duckdb_data_chunk?

    /// Compiles one statement, and finds out what it is.
    ///
    /// - Parameter preparation: a statement that the connection begins with.
    package init(_ database: Database, after preparation: String? = nil, _ sql: String) throws(DuckDBError) {
        self.database = database
        self.sql = sql
        guard duckdb_connect(database.database, &connection) == DUCKDB_SUCCESS else {
            throw DuckDBError("out of memory")
        }
        if let preparation {
            var result = duckdb_result()
            let state = duckdb_query(connection, preparation, &result)
            let reason = state == DUCKDB_SUCCESS ? nil : duckdb_result_error(&result).map { String(cString: $0) }
            duckdb_destroy_result(&result)
            if state != DUCKDB_SUCCESS {
                duckdb_disconnect(&connection)
                throw DuckDBError(reason ?? "unknown", sql: preparation)
            }
        }
        guard duckdb_prepare(connection, sql, &statement) == DUCKDB_SUCCESS else {
            let error = DuckDBError(
                duckdb_prepare_error(statement).map { String(cString: $0) } ?? "unknown", sql: sql)
            duckdb_destroy_prepare(&statement)
            duckdb_disconnect(&connection)
            throw error
        }
        switch duckdb_prepared_statement_type(statement) {
        case 1: kind = .query
        case 4: kind = .explanation
        default: kind = .other
        }
        for index in 0..<duckdb_prepared_statement_column_count(statement) {
            var type = duckdb_prepared_statement_column_logical_type(statement, index)
            defer { duckdb_destroy_logical_type(&type) }
            let name = duckdb_prepared_statement_column_name(statement, index)
            defer { duckdb_free(UnsafeMutableRawPointer(mutating: name)) }
            columns.append(Column(name.map { String(cString: $0) } ?? "", type))
        }
    }

    deinit { close() }

    package func close() {
        duckdb_destroy_data_chunk(&chunk)
        if hasResult { duckdb_destroy_result(&result) }
        hasResult = false
        duckdb_destroy_prepare(&statement)
        duckdb_disconnect(&connection)
        rowCount = 0
    }

    /// Begins to run.
    package func run(_ values: [Database.Value]) throws(DuckDBError) {
        for (index, value) in values.enumerated() {
            guard Database.bind(statement, idx_t(index + 1), value) == DUCKDB_SUCCESS else {
                throw DuckDBError(duckdb_prepare_error(statement).map { String(cString: $0) } ?? "unknown", sql: sql)
            }
        }
        var pending: duckdb_pending_result?
        defer { duckdb_destroy_pending(&pending) }
        guard duckdb_pending_prepared_streaming(statement, &pending) == DUCKDB_SUCCESS, finish(pending) else {
            throw DuckDBError(duckdb_pending_error(pending).map { String(cString: $0) } ?? "unknown", sql: sql)
        }
        hasResult = true
        guard duckdb_execute_pending(pending, &result) == DUCKDB_SUCCESS else { throw failure }
        hasRun = true
        // Parameters decide about types, and until they do nothing is known of the columns.
        columns = (0..<duckdb_column_count(&result)).map { index in
            var type = duckdb_column_logical_type(&result, index)
            defer { duckdb_destroy_logical_type(&type) }
            return Column(duckdb_column_name(&result, index).map { String(cString: $0) } ?? "", type)
        }
    }

    private var failure: DuckDBError {
        DuckDBError(duckdb_result_error(&result).map { String(cString: $0) } ?? "unknown", sql: sql)
    }

    private func finish(_ pending: duckdb_pending_result?) -> Bool {
        // Microseconds, while only the library's own threads have work.
        var pause: useconds_t = 50
        while true {
            switch Int(duckdb_pending_execute_task(pending)) {
            case DUCKDB_PENDING_READY: return true
            case DUCKDB_PENDING_ERROR: return false
            case DUCKDB_PENDING_NO_TASKS:
                usleep(pause)
                pause = min(pause * 2, 1000)
            default: pause = 50
            }
            if database.isInterrupted() { duckdb_interrupt(connection) }
        }
    }

    /// Goes to the next rows; false when there are none. The rows before are gone then.
    package func next() throws(DuckDBError) -> Bool {
        duckdb_destroy_data_chunk(&chunk)
        rowCount = 0
        guard hasResult else { return false }
        if database.isInterrupted() { throw DuckDBError("INTERRUPT Error: Interrupted!", sql: sql) }
        chunk = duckdb_fetch_chunk(result)
        guard chunk != nil else {
            if let text = duckdb_result_error(&result), text.pointee != 0 { throw failure }
            return false
        }
        rowCount = Int(duckdb_data_chunk_get_size(chunk))
        vectors = columns.indices.map { ColumnVector(chunk, idx_t($0)) }
        return rowCount > 0
    }

    /// Ends what runs, from any thread.
    package func interrupt() { duckdb_interrupt(connection) }
}

extension Cursor.Column {
    fileprivate init(_ name: String, _ type: duckdb_logical_type?) {
        self.name = name
        let (id, alias) = (duckdb_get_type_id(type), duckdb_logical_type_get_alias(type))
        defer { duckdb_free(alias) }
        typeID = id
        form = alias.map { String(cString: $0) == "JSON" } ?? false ? .json : Cursor.Form(rawValue: id) ?? .other
        (digits, scale) = (Int(duckdb_decimal_width(type)), Int(duckdb_decimal_scale(type)))
        parts = Cursor.Parts(type, id)
    }
}

extension Cursor.Parts {
    fileprivate init?(_ type: duckdb_logical_type?, _ id: Int32) {
        func column(_ name: String, _ type: duckdb_logical_type?) -> Cursor.Column {
            var type = type
            defer { duckdb_destroy_logical_type(&type) }
            return Cursor.Column(name, type)
        }
        switch id {
        case 24: self = .list(column("", duckdb_list_type_child_type(type)))
        case 33:
            self = .array(
                column("", duckdb_array_type_child_type(type)), count: Int(duckdb_array_type_array_size(type)))
        case 25:
            self = .structure(
                (0..<duckdb_struct_type_child_count(type)).map { index in
                    let name = duckdb_struct_type_child_name(type, index)
                    defer { duckdb_free(name) }
                    return column(
                        name.map { String(cString: $0) } ?? "", duckdb_struct_type_child_type(type, index))
                })
        case 26:
            self = .map(
                key: column("", duckdb_map_type_key_type(type)), value: column("", duckdb_map_type_value_type(type)))
        default: return nil
        }
    }
}

extension ColumnVector {
    /// The vectors of the parts: the elements of all lists one after the other, or a vector for each member of a struct. A map is a
    /// list of structs of two members.
    package func parts(of column: Cursor.Column) -> [ColumnVector] {
        switch column.parts {
        case nil: []
        case .list?: [ColumnVector(duckdb_list_vector_get_child(vector))]
        case .array?: [ColumnVector(duckdb_array_vector_get_child(vector))]
        case .structure(let members)?:
            members.indices.map { ColumnVector(duckdb_struct_vector_get_child(vector, idx_t($0))) }
        case .map?:
            (0..<2).map {
                ColumnVector(duckdb_struct_vector_get_child(duckdb_list_vector_get_child(vector), $0))
            }
        }
    }

    /// Of a list or map in a row, the place of its elements.
    package func elements(_ row: Int) -> Range<Int> {
        let place = data + row * 16
        let start = Int(place.load(as: UInt64.self))
        return start..<(start + Int(place.load(fromByteOffset: 8, as: UInt64.self)))
    }

    @inlinable
    public func isNull(_ row: Int) -> Bool {
        guard let validity else { return false }
        return validity[row >> 6] >> UInt64(truncatingIfNeeded: row & 63) & 1 == 0
    }

    @inlinable
    public func value<Value: BitwiseCopyable>(_ row: Int, as type: Value.Type = Value.self) -> Value {
        data.load(fromByteOffset: row &* MemoryLayout<Value>.size, as: Value.self)
    }

    /// Of a text or BLOB, where it lies.
    @inlinable
    public func bytes(_ row: Int) -> UnsafeBufferPointer<UInt8> {
        let place = data + row &* 16
        let count = Int(place.load(as: UInt32.self))
        let start =
            count <= 12 ? UnsafeRawPointer(place + 4) : place.load(fromByteOffset: 8, as: UnsafeRawPointer?.self)
        return UnsafeBufferPointer(start: start?.assumingMemoryBound(to: UInt8.self), count: count)
    }
}
