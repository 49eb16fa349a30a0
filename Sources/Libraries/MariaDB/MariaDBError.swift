/// Why the server, or the library, refuses.
package struct MariaDBError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server's numbers begin at 1000, those of the library at 2000; 0: neither of them.
    /// <https://mariadb.com/kb/en/mariadb-error-code-reference/>
    package let code: Int
    /// Five characters.
    package let sqlState: String
    /// One line.
    package let message: String
    /// `isInterrupted` requested it.
    package let isInterruption: Bool
    /// The server did not answer in time.
    package let isTimeout: Bool

    package init(
        _ code: Int, _ message: String, sqlState: String = "HY000", isInterruption: Bool = false,
        isTimeout: Bool = false
    ) {
        self.code = code
        self.sqlState = sqlState
        self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.isInterruption = isInterruption
        self.isTimeout = isTimeout
    }

    static let interruption = MariaDBError(0, "interrupted", isInterruption: true)

    package var description: String { message }

    /// The connection is lost, or there never was one.
    package var isDisconnection: Bool {
        isTimeout || code == 2002 || code == 2003 || code == 2005 || code == 2006 || code == 2013
    }
}
