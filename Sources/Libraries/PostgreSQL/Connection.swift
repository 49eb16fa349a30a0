import CPostgreSQL
import Glibc

/// A connection to a server. Use from one thread at a time.
///
/// Nothing blocks in the library: this type does all the waiting, so that it can be interrupted.
/// <https://www.postgresql.org/docs/current/libpq-async.html>
package final class Connection {
    /// Asked ten times a second during a wait for the server, or as often as was wished; true cancels the running statement.
    package let isInterrupted: () -> Bool
    /// Milliseconds from one question to the next.
    package var interval: Int32 = 100
    private let connection: OpaquePointer
    private var isCopying = false
    private var isCopyingOut = false
    /// The message of a COPY that was received last, in the library's memory.
    private var message: UnsafeMutablePointer<CChar>?

    private init(_ connection: OpaquePointer, isInterrupted: @escaping () -> Bool) {
        self.connection = connection
        self.isInterrupted = isInterrupted
    }

    deinit {
        if let message { PQfreemem(message) }
        PQfinish(connection)
    }

    /// - Parameters:
    ///   - parameters: in order; later ones win. The first `dbname` may be a URI, whose options replace it in the order.
    ///   - timeout: seconds to wait for each of its hosts, unless `connect_timeout` is among the options.
    package static func open(
        _ parameters: [(name: String, value: String)], timeout: Double, isInterrupted: @escaping () -> Bool = { false }
    ) throws(PostgreSQLError) -> Connection {
        if let absence = ConnectionOptions.absence { throw PostgreSQLError(absence, isDisconnected: true) }
        let started = withCStrings(parameters.map(\.name)) { names in
            withCStrings(parameters.map(\.value)) { values in PQconnectStartParams(names, values, 1) }
        }
        guard let started else { throw PostgreSQLError("out of memory", isDisconnected: true) }
        // Otherwise the library would print notices to stderr.
        _ = PQsetNoticeProcessor(started, { _, _ in }, nil)
        let connection = Connection(started, isInterrupted: isInterrupted)
        try connection.finishConnecting(timeout: timeout)
        return connection
    }

    private func finishConnecting(timeout: Double) throws(PostgreSQLError) {
        // A failed connection provides only text, which contains the code if it is verbose.
        _ = PQsetErrorVerbosity(connection, Int32(DLT_PQERRORS_VERBOSE))
        let options = PQconninfo(connection).map(ConnectionOptions.collect) ?? [:]
        let named = options["connect_timeout"].flatMap { Double($0) }
        let hosts = (options["host"] ?? options["hostaddr"] ?? "").split(separator: ",").count
        let seconds = named.map { $0 > 0 ? $0 : .infinity } ?? timeout
        let deadline = now() + seconds * Double(max(hosts, 1))
        var wanted = Int32(DLT_PGRES_POLLING_WRITING)
        while PQstatus(connection) != DLT_CONNECTION_BAD {
            let isReady = wait(wanted == DLT_PGRES_POLLING_READING ? POLLIN : POLLOUT)
            if isInterrupted() { throw PostgreSQLError("interrupted", isDisconnected: true, isInterruption: true) }
            if now() > deadline {
                throw PostgreSQLError("no answer within \(Int(seconds)) s", isDisconnected: true)
            }
            guard isReady else { continue }
            wanted = PQconnectPoll(connection)
            if wanted == DLT_PGRES_POLLING_OK {
                _ = PQsetErrorVerbosity(connection, Int32(DLT_PQERRORS_DEFAULT))
                _ = PQsetnonblocking(connection, 1)
                return
            }
            if wanted == DLT_PGRES_POLLING_FAILED { break }
        }
        // The server asked for a password, and there is none to send: it reports nothing further.
        throw PostgreSQLError(
            connecting: lastMessage, sqlState: PQconnectionNeedsPassword(connection) == 1 ? "28P01" : nil)
    }

    /// The version, such as 150006 for 15.6.
    package var serverVersion: Int { Int(PQserverVersion(connection)) }

    package var isConnected: Bool { !isGivenUp && PQstatus(connection) == DLT_CONNECTION_OK }

    // MARK: Statements

    /// Runs one or several statements; returns what the last one did.
    @discardableResult
    package func execute(_ sql: String) throws(PostgreSQLError) -> QueryResult {
        guard PQsendQuery(connection, sql) == 1 else { throw failure(sql) }
        return try result(sql)
    }

    /// Runs one statement with parameters `$1` and so on, as text.
    @discardableResult
    package func execute(_ sql: String, _ values: [String?]) throws(PostgreSQLError) -> QueryResult {
        if values.isEmpty { return try execute(sql) }
        let isSent = withOptionalCStrings(values) { values in
            PQsendQueryParams(connection, sql, Int32(values.count), nil, values.baseAddress, nil, nil, 0)
        }
        guard isSent == 1 else { throw failure(sql) }
        return try result(sql)
    }

    /// Sends one statement with parameters, as text, and does not wait: `receive` does. A text of two statements is refused.
    package func send(_ sql: String, _ values: [String?] = []) throws(PostgreSQLError) {
        let isSent = withOptionalCStrings(values) { values in
            PQsendQueryParams(connection, sql, Int32(values.count), nil, values.baseAddress, nil, nil, 0)
        }
        guard isSent == 1 else { throw failure(sql) }
        try flush(sql)
    }

    /// What the statement that was sent has done.
    package func receive(_ sql: String) throws(PostgreSQLError) -> QueryResult { try result(sql) }

    private func result(_ sql: String) throws(PostgreSQLError) -> QueryResult {
        defer { isCancelled = false }
        var last: QueryResult?
        var reason: PostgreSQLError?
        while true {
            let next: OpaquePointer?
            // When a session is ended, the server first reports the reason, then the end.
            do { next = try nextResult(sql) } catch { throw reason ?? error }
            guard let next else { break }
            switch PQresultStatus(next) {
            case Int32(DLT_PGRES_COMMAND_OK), Int32(DLT_PGRES_TUPLES_OK), Int32(DLT_PGRES_EMPTY_QUERY):
                last = QueryResult(next)
            case Int32(DLT_PGRES_COPY_IN):
                isCopying = true
                return QueryResult(next)
            case Int32(DLT_PGRES_COPY_OUT):
                isCopyingOut = true
                return QueryResult(next)
            default:
                reason = reason ?? self.reason(next, sql)
                PQclear(next)
            }
        }
        if let reason { throw reason }
        guard let last else { throw failure(sql) }
        return last
    }

    private func reason(_ result: OpaquePointer, _ sql: String) -> PostgreSQLError {
        // A request to cancel may be answered only after the statement that it was sent for.
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        let isOurs = isCancelled || state == "57014" && isInterrupted()
        return PostgreSQLError(result, isDisconnected: !isConnected, isInterruption: isOurs, sql: sql)
    }

    /// The next result of a request; nil after the last one.
    private func nextResult(_ sql: String) throws(PostgreSQLError) -> OpaquePointer? {
        try flush(sql)
        while PQisBusy(connection) == 1 {
            _ = wait(POLLIN)
            if isInterrupted() { try cancel(sql) }
            guard PQconsumeInput(connection) == 1 else { throw failure(sql) }
        }
        return PQgetResult(connection)
    }

    /// Sends the data that is still in the library's memory.
    private func flush(_ sql: String) throws(PostgreSQLError) {
        while true {
            let left = PQflush(connection)
            if left == 0 { return }
            guard left == 1 else { throw failure(sql) }
            // The server may be unable to read on before it has written.
            _ = wait(POLLIN | POLLOUT)
            if isInterrupted() { try cancel(sql) }
            guard PQconsumeInput(connection) == 1 else { throw failure(sql) }
        }
    }

    // MARK: COPY

    /// Begins `COPY … FROM STDIN`; `copy` and `endCopy` follow.
    /// <https://www.postgresql.org/docs/current/libpq-copy.html>
    package func beginCopy(_ sql: String) throws(PostgreSQLError) {
        try execute(sql)
        guard isCopying else { throw PostgreSQLError("the server does not expect data", sql: sql) }
    }

    /// Sends a part of the data, cut anywhere.
    package func copy(_ bytes: UnsafeRawBufferPointer) throws(PostgreSQLError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        let sent = PQputCopyData(
            connection, start.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count))
        guard sent == 1 else { throw failure("COPY") }
        try flush("COPY")
    }

    package func copy(_ bytes: [UInt8]) throws(PostgreSQLError) {
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(PostgreSQLError) in try copy(bytes) }
    }

    /// Returns the number of rows.
    package func endCopy() throws(PostgreSQLError) -> Int {
        isCopying = false
        guard PQputCopyEnd(connection, nil) == 1 else { throw failure("COPY") }
        return try result("COPY").affectedRows
    }

    /// Cancels the COPY; the transaction has failed then.
    package func abandonCopy() {
        guard isCopying else { return }
        isCopying = false
        guard isConnected, PQputCopyEnd(connection, "abandoned") == 1 else { return }
        _ = try? result("COPY")
    }

    // MARK: COPY to us

    /// Begins `COPY … TO STDOUT`; `nextCopied` follows until it returns nil. A text of two statements is refused.
    package func beginCopyOut(_ sql: String) throws(PostgreSQLError) {
        try send(sql)
        _ = try result(sql)
        guard isCopyingOut else { throw PostgreSQLError("the statement sends no data", sql: sql) }
    }

    /// The next message of the server, valid until the next call: a row, in the binary format with the header before the first one;
    /// nil after the last one.
    package func nextCopied() throws(PostgreSQLError) -> UnsafeBufferPointer<UInt8>? {
        if let message {
            PQfreemem(message)
            self.message = nil
        }
        guard isCopyingOut else { return nil }
        while true {
            let count = PQgetCopyData(connection, &message, 1)
            if count > 0, let message {
                return UnsafeBufferPointer(
                    start: UnsafeRawPointer(message).assumingMemoryBound(to: UInt8.self), count: Int(count))
            }
            if count == 0 {
                // A full pipe after this program must not let a request to stop wait; here nothing has arrived yet.
                _ = wait(POLLIN)
                if isInterrupted() { try cancel("COPY") }
                guard PQconsumeInput(connection) == 1 else { throw failure("COPY") }
                continue
            }
            isCopyingOut = false
            // -1: the end, or the server's error; -2: the connection's.
            guard count == -1 else { throw failure("COPY") }
            _ = try result("COPY")
            return nil
        }
    }

    /// Asks the server to end a COPY to us, and takes what is on its way; the transaction, or its part since a savepoint, has failed then.
    package func abandonCopyOut() {
        guard isCopyingOut, isConnected else { return }
        if let request = PQgetCancel(connection) { Connection.send(request) }
        do { while try nextCopied() != nil {} } catch {}
        isCopyingOut = false
    }

    // MARK: Waiting

    private var isCancelled = false
    private var cancelledAt = 0.0
    /// The server was asked to cancel and did not answer.
    private var isGivenUp = false
    /// Seconds that a server has for its answer to the cancellation.
    private static let patience = 3.0

    /// Asks the server to cancel its work; if it does not answer either, the wait ends.
    private func cancel(_ sql: String) throws(PostgreSQLError) {
        if !isCancelled {
            isCancelled = true
            cancelledAt = now()
            if let request = PQgetCancel(connection) { Connection.send(request) }
        } else if now() - cancelledAt > Connection.patience {
            isGivenUp = true
            throw PostgreSQLError(
                "interrupted, and the server does not answer", isDisconnected: true, isInterruption: true, sql: sql)
        }
    }

    /// The request uses a connection of its own, and the library waits for its end: not on this thread, which would
    /// also hang if the server has stopped.
    private static func send(_ request: OpaquePointer) {
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                let request = context.map { OpaquePointer($0) }
                var message = [CChar](repeating: 0, count: 256)
                _ = PQcancel(request, &message, Int32(message.count))
                PQfreeCancel(request)
                return nil
            }, UnsafeMutableRawPointer(request))
        if failure == 0 { pthread_detach(thread) } else { PQfreeCancel(request) }
    }

    /// Waits for at most a tenth of a second; false when nothing arrived.
    private func wait(_ events: Int32) -> Bool {
        var waiting = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        return poll(&waiting, 1, interval) > 0
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private var lastMessage: String { PQerrorMessage(connection).map { String(cString: $0) } ?? "" }

    private func failure(_ sql: String) -> PostgreSQLError {
        isCopying = false
        // The server may have sent a message that explains the end of the connection.
        if let result = PQgetResult(connection) {
            defer { PQclear(result) }
            if PQresultErrorField(result, Int32(UInt8(ascii: "C"))) != nil { return reason(result, sql) }
        }
        let message = lastMessage.split(whereSeparator: { $0 == "\n" || $0 == "\t" }).joined(separator: " ")
        return PostgreSQLError(
            message.isEmpty ? "the connection is broken" : message, isDisconnected: !isConnected,
            isInterruption: isCancelled, sql: sql)
    }

    // MARK: SQL text

    package static func quoteIdentifier(_ name: String) -> String {
        "\"" + doubling([UInt8(ascii: "\"")], in: name) + "\""
    }

    /// Correct for any value of `standard_conforming_strings`.
    package static func quoteLiteral(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return "'" + doubling([UInt8(ascii: "'")], in: text) + "'" }
        return "E'" + doubling([UInt8(ascii: "'"), UInt8(ascii: "\\")], in: text) + "'"
    }

    /// By bytes: Swift treats a quote and a following combining accent as one character.
    private static func doubling(_ marks: [UInt8], in text: String) -> String {
        var doubled: [UInt8] = []
        for byte in text.utf8 {
            if marks.contains(byte) { doubled.append(byte) }
            doubled.append(byte)
        }
        return String(decoding: doubled, as: UTF8.self)
    }
}

private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    withOptionalCStrings(texts + [nil]) { body($0.baseAddress) }
}

private func withOptionalCStrings<Result>(
    _ texts: [String?], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = texts.map { $0.flatMap { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    return copies.map { $0.map { UnsafePointer($0) } }.withUnsafeBufferPointer(body)
}
