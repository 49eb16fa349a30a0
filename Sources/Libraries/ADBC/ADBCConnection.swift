import CADBC

/// One connection to one database of a driver. Used from one thread at a time.
package final class ADBCConnection {
    package enum Depth: Int32, Sendable { case everything = 0, catalogs, schemas, tables }

    private let driver: ADBCDriver
    private let database: UnsafeMutablePointer<AdbcDatabase>
    private let connection: UnsafeMutablePointer<AdbcConnection>
    private var hasDatabase = false
    private var isOpen = false

    private var functions: AdbcDriver { driver.table.pointee }

    /// - Parameters:
    ///   - options: of the database, such as `uri`.
    ///   - wishes: options of the connection, which a driver need not know.
    package init(
        _ driver: ADBCDriver, options: [(key: String, value: String)], wishes: [(key: String, value: String)] = []
    ) throws(ADBCError) {
        self.driver = driver
        database = .allocate(capacity: 1)
        database.initialize(to: AdbcDatabase())
        connection = .allocate(capacity: 1)
        connection.initialize(to: AdbcConnection())
        let functions = driver.table.pointee
        let (database, connection) = (database, connection)
        try call("DatabaseNew", functions.DatabaseNew.map { new in { new(database, $0) } })
        hasDatabase = true
        for (key, value) in options {
            try call("DatabaseSetOption", functions.DatabaseSetOption.map { set in { set(database, key, value, $0) } })
        }
        try call("DatabaseInit", functions.DatabaseInit.map { initialize in { initialize(database, $0) } })
        try call("ConnectionNew", functions.ConnectionNew.map { new in { new(connection, $0) } })
        isOpen = true
        try call(
            "ConnectionInit", functions.ConnectionInit.map { initialize in { initialize(connection, database, $0) } })
        for (key, value) in wishes { wish(key, value) }
    }

    deinit {
        close()
        database.deallocate()
        connection.deallocate()
    }

    /// Ends the connection; statements must have ended before.
    package func close() {
        var error = AdbcError()
        if isOpen { _ = functions.ConnectionRelease?(connection, &error) }
        isOpen = false
        if hasDatabase { _ = functions.DatabaseRelease?(database, &error) }
        hasDatabase = false
        error.release?(&error)
    }

    /// Sets an option, unless the driver refuses it.
    private func wish(_ key: String, _ value: String) {
        let (functions, connection) = (functions, connection)
        try? call(
            "ConnectionSetOption", functions.ConnectionSetOption.map { set in { set(connection, key, value, $0) } })
    }

    /// An option's value; nil if the driver does not know it, or if it is longer than a name.
    package func option(_ key: String) -> String? {
        guard let get = functions.ConnectionGetOption else { return nil }
        var error = AdbcError()
        error.vendor_code = .min
        var length = 1024
        var bytes = [CChar](repeating: 0, count: length)
        let status = get(connection, key, &bytes, &length, &error)
        error.release?(&error)
        // The length includes a zero.
        guard status == UInt8(ADBC_STATUS_OK), length > 0, length <= bytes.count else { return nil }
        return String(decoding: bytes[..<(length - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: The catalog

    /// Catalogs, with schemas, tables and columns in them, as one stream of nested rows.
    ///
    /// - Parameter stream: an empty `ArrowArrayStream`.
    package func objects(
        _ depth: Depth, schema: String? = nil, table: String? = nil, into stream: UnsafeMutableRawPointer
    ) throws(ADBCError) {
        let (functions, connection) = (functions, connection)
        let target = OpaquePointer(stream)
        try call(
            "ConnectionGetObjects",
            functions.ConnectionGetObjects.map { get in
                { error in
                    withOptionalCString(schema) { schema in
                        withOptionalCString(table) { table in
                            get(connection, depth.rawValue, nil, schema, table, nil, nil, target, error)
                        }
                    }
                }
            })
    }

    /// The columns of a table.
    ///
    /// - Parameter schema: an empty `ArrowSchema`.
    package func columns(
        of table: String, in namespace: String?, catalog: String? = nil, into schema: UnsafeMutableRawPointer
    ) throws(ADBCError) {
        let (functions, connection) = (functions, connection)
        let target = OpaquePointer(schema)
        try call(
            "ConnectionGetTableSchema",
            functions.ConnectionGetTableSchema.map { get in
                { error in
                    withOptionalCString(catalog) { catalog in
                        withOptionalCString(namespace) { get(connection, catalog, $0, table, target, error) }
                    }
                }
            })
    }

    // MARK: Statements

    package func statement(_ sql: String) throws(ADBCError) -> ADBCStatement {
        let statement = try ADBCStatement(driver, connection, self)
        try statement.prepare(sql)
        return statement
    }
}

/// One statement; its stream must end before it. Used from one thread at a time, except `cancel`.
package final class ADBCStatement {
    private let driver: ADBCDriver
    /// Outlives the statement.
    private let connection: ADBCConnection
    private let statement: UnsafeMutablePointer<AdbcStatement>
    private var isOpen = false
    private var functions: AdbcDriver { driver.table.pointee }

    fileprivate init(
        _ driver: ADBCDriver, _ pointer: UnsafeMutablePointer<AdbcConnection>, _ connection: ADBCConnection
    ) throws(ADBCError) {
        self.driver = driver
        self.connection = connection
        statement = .allocate(capacity: 1)
        statement.initialize(to: AdbcStatement())
        let statement = statement
        try call("StatementNew", driver.table.pointee.StatementNew.map { new in { new(pointer, statement, $0) } })
        isOpen = true
    }

    deinit {
        close()
        statement.deallocate()
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        var error = AdbcError()
        _ = functions.StatementRelease?(statement, &error)
        error.release?(&error)
    }

    fileprivate func prepare(_ sql: String) throws(ADBCError) {
        let (functions, statement) = (functions, statement)
        try call("StatementSetSqlQuery", functions.StatementSetSqlQuery.map { set in { set(statement, sql, $0) } })
    }

    /// Runs the statement.
    ///
    /// - Parameter stream: an empty `ArrowArrayStream`.
    package func run(into stream: UnsafeMutableRawPointer) throws(ADBCError) {
        let (functions, statement) = (functions, statement)
        let target = OpaquePointer(stream)
        try call(
            "StatementExecuteQuery", functions.StatementExecuteQuery.map { run in { run(statement, target, nil, $0) } })
    }

    /// The columns that the statement's rows would have.
    ///
    /// - Parameter schema: an empty `ArrowSchema`.
    package func describe(into schema: UnsafeMutableRawPointer) throws(ADBCError) {
        let (functions, statement) = (functions, statement)
        let target = OpaquePointer(schema)
        try call(
            "StatementExecuteSchema", functions.StatementExecuteSchema.map { run in { run(statement, target, $0) } })
    }

    /// Why a stream ended, which it reports itself with less detail; nil if the driver has no more to say.
    package func failure(of stream: UnsafeMutableRawPointer) -> ADBCError? {
        var status = AdbcStatusCode(0)
        guard let read = functions.ErrorFromArrayStream, let error = read(OpaquePointer(stream), &status) else {
            return nil
        }
        return ADBCError(status, of: error)
    }

    /// Ends what the statement is doing, from any thread.
    package func cancel() {
        guard isOpen else { return }
        var error = AdbcError()
        error.vendor_code = .min
        _ = functions.StatementCancel?(statement, &error)
        error.release?(&error)
    }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}
