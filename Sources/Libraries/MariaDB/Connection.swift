import CMariaDB
import Glibc

/// A connection to a server of MariaDB or MySQL. Used from one thread at a time.
///
/// Nothing blocks in the library: this type does all the waiting, so that it can be interrupted.
package final class Connection {
    /// Where the server is, and who asks. What is nil comes from the option files that MariaDB's own programs read
    /// (`[client]`), or else from the library.
    package struct Settings: Sendable {
        package var host: String?
        package var port: UInt32?
        package var socket: String?
        package var user: String?
        package var password: String?
        package var database: String?
        /// PEM files.
        package var authority: String?
        package var certificate: String?
        package var key: String?
        /// Whether the server's certificate must be good; nil: as the library decides.
        package var verifiesServer: Bool?
        /// Whether the connection must be encrypted.
        package var needsTLS = false
        /// Seconds to wait for the server's first answers.
        package var timeout = 30.0

        package init() {}
    }

    /// Asked ten times a second during waits.
    package let isInterrupted: () -> Bool
    private let settings: Settings
    let handle: OpaquePointer

    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { dlt_mariadb_load().map { String(cString: $0) } }

    package init(_ settings: Settings, isInterrupted: @escaping () -> Bool = { false }) throws(MariaDBError) {
        if let absence = Self.absence { throw MariaDBError(0, absence) }
        guard let handle = mysql_init(nil) else { throw MariaDBError(2008, "out of memory") }
        self.handle = handle
        self.settings = settings
        self.isInterrupted = isInterrupted
        try connect()
    }

    deinit { mysql_close(handle) }

    private func connect() throws(MariaDBError) {
        _ = mysql_options(handle, Int32(MYSQL_OPT_NONBLOCK), nil)
        option(MYSQL_READ_DEFAULT_GROUP, "client")
        option(MYSQL_SET_CHARSET_NAME, "utf8mb4")
        var number: UInt32 = 0
        // A server could otherwise ask for any file of this machine.
        _ = mysql_options(handle, Int32(MYSQL_OPT_LOCAL_INFILE), &number)
        number = UInt32(min(max(settings.timeout, 1), 3600))
        _ = mysql_options(handle, Int32(MYSQL_OPT_CONNECT_TIMEOUT), &number)
        if let authority = settings.authority { option(MYSQL_OPT_SSL_CA, authority) }
        if let certificate = settings.certificate { option(MYSQL_OPT_SSL_CERT, certificate) }
        if let key = settings.key { option(MYSQL_OPT_SSL_KEY, key) }
        var flag: CChar = 1
        if settings.needsTLS || settings.verifiesServer == true {
            _ = mysql_options(handle, Int32(MYSQL_OPT_SSL_ENFORCE), &flag)
        }
        if let verifies = settings.verifiesServer {
            flag = verifies ? 1 : 0
            _ = mysql_options(handle, Int32(MYSQL_OPT_SSL_VERIFY_SERVER_CERT), &flag)
        }
        let texts = [settings.host, settings.user, settings.password, settings.database, settings.socket]
        // They must outlive the first call.
        let copies = texts.map { text in text.map { strdup($0) } ?? nil }
        defer { for copy in copies { free(copy) } }
        var result: OpaquePointer?
        let deadline = now() + settings.timeout
        var wanted = mysql_real_connect_start(
            &result, handle, copies[0], copies[1], copies[2], copies[3], settings.port ?? 0, copies[4], 0)
        while wanted != 0 {
            if isInterrupted() { throw .interruption }
            guard now() < deadline else {
                throw MariaDBError(0, "no answer within \(Int(settings.timeout)) s", isTimeout: true)
            }
            let ready = wait(wanted)
            if ready != 0 { wanted = mysql_real_connect_cont(&result, handle, ready) }
        }
        guard result != nil else { throw failure() }
    }

    private func option(_ number: Int, _ value: String) {
        _ = value.withCString { mysql_options(handle, Int32(number), $0) }
    }

    /// The version, such as `10.11.6-MariaDB-0+deb12u1`.
    package var serverVersion: String { mysql_get_server_info(handle).map { String(cString: $0) } ?? "" }

    package var isMariaDB: Bool { serverVersion.contains("MariaDB") }

    // MARK: Statements

    /// Runs a statement, whose rows are gone.
    package func execute(_ sql: String) throws(MariaDBError) {
        let rows = try query(sql)
        while try rows.next() {}
    }

    /// Runs a query; its rows come as they are found, and must end before the next statement.
    package func query(_ sql: String) throws(MariaDBError) -> Rows {
        // The library keeps the text's address until the statement is sent.
        let count = sql.utf8.count
        guard let text = strdup(sql) else { throw MariaDBError(2008, "out of memory") }
        defer { free(text) }
        var status: Int32 = 0
        var wanted = mysql_real_query_start(&status, handle, text, UInt(count))
        while wanted != 0 {
            let ready = try waitForServer(wanted)
            if ready != 0 { wanted = mysql_real_query_cont(&status, handle, ready) }
        }
        guard status == 0 else { throw failure() }
        return try Rows(self)
    }

    /// All rows of a small query, as text; nil for NULL.
    package func texts(_ sql: String) throws(MariaDBError) -> [[String?]] {
        let rows = try query(sql)
        var all: [[String?]] = []
        while try rows.next() {
            all.append(
                rows.columns.indices.map { column in rows.bytes(column).map { String(decoding: $0, as: UTF8.self) } })
        }
        return all
    }

    // MARK: Waiting

    /// Waits up to a tenth of a second for what the library wants; 0 when there is nothing yet.
    func wait(_ wanted: Int32) -> Int32 {
        func wants(_ flag: Int) -> Bool { wanted & Int32(flag) != 0 }
        var events: Int32 = 0
        if wants(MYSQL_WAIT_READ) { events |= POLLIN }
        if wants(MYSQL_WAIT_WRITE) { events |= POLLOUT }
        if wants(MYSQL_WAIT_EXCEPT) { events |= POLLPRI }
        var polled = pollfd(fd: mysql_get_socket(handle), events: Int16(events), revents: 0)
        guard poll(&polled, 1, 100) > 0 else { return 0 }
        let found = Int32(polled.revents)
        var ready = 0
        if found & (POLLIN | POLLHUP | POLLERR) != 0, wants(MYSQL_WAIT_READ) {
            ready |= MYSQL_WAIT_READ
        }
        if found & (POLLOUT | POLLHUP | POLLERR) != 0, wants(MYSQL_WAIT_WRITE) {
            ready |= MYSQL_WAIT_WRITE
        }
        if found & POLLPRI != 0 { ready |= MYSQL_WAIT_EXCEPT }
        return Int32(ready)
    }

    /// The same during a statement, which an interruption ends at the server, too.
    func waitForServer(_ wanted: Int32) throws(MariaDBError) -> Int32 {
        if isInterrupted() {
            kill("CONNECTION")
            throw .interruption
        }
        return wait(wanted)
    }

    /// Ends the statement that runs; the connection can be used again.
    func killQuery() { kill("QUERY") }

    /// From a connection beside this one: a server notices a closed connection only when it sends rows.
    private func kill(_ what: String) {
        var settings = settings
        settings.timeout = min(settings.timeout, 3)
        guard let other = try? Connection(settings) else { return }
        try? other.execute("KILL \(what) \(mysql_thread_id(handle))")
    }

    func failure() -> MariaDBError {
        MariaDBError(
            Int(mysql_errno(handle)), mysql_error(handle).map { String(cString: $0) } ?? "unknown",
            sqlState: mysql_sqlstate(handle).map { String(cString: $0) } ?? "HY000")
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    // MARK: SQL text

    package static func quoteIdentifier(_ name: String) -> String {
        "`" + name.replacing("`", with: "``") + "`"
    }

    /// For a session whose sql_mode lets a backslash escape, as is usual.
    package static func quoteLiteral(_ text: String) -> String {
        var quoted = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": quoted += "''"
            case "\\": quoted += "\\\\"
            case "\0": quoted += "\\0"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "'"
    }
}
