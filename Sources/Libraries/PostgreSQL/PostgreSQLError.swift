import CPostgreSQL

package struct PostgreSQLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Five characters, <https://www.postgresql.org/docs/current/errcodes-appendix.html>; nil if the error does not
    /// come from a server.
    package let sqlState: String?
    package let message: String
    package let detail: String?
    package let hint: String?
    /// The server's place at the failure, such as `COPY t, line 3, column a`.
    package let context: String?
    /// Which character of the statement the server means, counted from 1.
    package let position: Int?
    /// Whether the connection is broken, or never existed.
    package let isDisconnected: Bool
    /// `Connection.isInterrupted` requested it.
    package let isInterruption: Bool
    /// The statement that failed, if there was one.
    package let sql: String?

    package var description: String { sql.map { "\(message) (in: \($0))" } ?? message }

    init(
        _ message: String, sqlState: String? = nil, isDisconnected: Bool = false, isInterruption: Bool = false,
        sql: String? = nil
    ) {
        self.sqlState = sqlState
        self.message = message
        detail = nil
        hint = nil
        context = nil
        position = nil
        self.isDisconnected = isDisconnected
        self.isInterruption = isInterruption
        self.sql = sql
    }

    /// - Parameter result: a result with an error.
    init(_ result: OpaquePointer, isDisconnected: Bool, isInterruption: Bool, sql: String?) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        sqlState = field("C")
        let whole = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        message = field("M").map(oneLine) ?? oneLine(whole)
        detail = field("D").map(oneLine)
        hint = field("H")
        context = field("W")
        position = field("P").flatMap { Int($0) }
        self.isDisconnected = isDisconnected
        self.isInterruption = isInterruption
        self.sql = sql
    }

    /// The error of a failed connection. The library provides only text; verbose, it contains the code.
    init(connecting text: String, sqlState: String? = nil) {
        let line = oneLine(text)
        var state = sqlState
        var shown = line
        // "connection to server at … failed: FATAL:  28P01: password authentication failed for user "x" LOCATION:  …"
        let parts = line.split(separator: ": ", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated().dropFirst() {
            let code = part.drop { $0 == " " }
            // Letters alone are FATAL.
            guard code.utf8.count == 5, code.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 }),
                code.utf8.contains(where: { 0x30...0x39 ~= $0 })
            else { continue }
            state = String(code)
            shown = (parts[..<index] + parts[(index + 1)...]).joined(separator: ": ")
            break
        }
        // The position in the server's source code does not help users.
        if let end = shown.firstRange(of: " LOCATION:")?.lowerBound { shown = String(shown[..<end]) }
        self.init(shown, sqlState: state, isDisconnected: true)
    }
}

private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: { $0 == "\n" || $0 == "\t" }).joined(separator: " ")
}
