import CSQLite

package struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The primary result code, such as `SQLITE_BUSY`. See <https://sqlite.org/rescode.html>.
    package let code: Int32
    package let extendedCode: Int32
    package let message: String
    /// The statement that failed, if there was one.
    package let sql: String?
    /// The `errno` that caused an error of the file system, or 0.
    package let systemCode: Int32
    /// Where in the statement the library saw a mistake, in bytes; nil where it does not say.
    package let offset: Int?

    package var description: String { sql.map { "\(message) (in: \($0))" } ?? message }

    /// Another connection holds a lock.
    package var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }
    package var isInterruption: Bool { code == SQLITE_INTERRUPT }
    package var isFull: Bool { code == SQLITE_FULL }
    package var isCantOpen: Bool { code == SQLITE_CANTOPEN }
    package var isNotADatabase: Bool { code == SQLITE_NOTADB }
    package var isCorrupt: Bool { code == SQLITE_CORRUPT }
    package var isReadOnly: Bool { code == SQLITE_READONLY }
    /// A killed program has left a journal or log, which only a connection that may write can bring to an end.
    package var isUnfinished: Bool {
        isReadOnly && ([3, 1].contains(extendedCode >> 8))
    }
    package var isConstraint: Bool { code == SQLITE_CONSTRAINT }
    package var isInputOutput: Bool { code == SQLITE_IOERR }
    package var isDenied: Bool { code == SQLITE_PERM || code == SQLITE_AUTH }
    /// A value whose type the column does not accept.
    package var isMismatch: Bool { code == SQLITE_MISMATCH }
    /// The statement does not fit the existing tables.
    package var isRefusal: Bool { code == SQLITE_ERROR }
    package var isTooBig: Bool { code == SQLITE_TOOBIG }

    /// - Parameter result: what the library returned.
    init(result: Int32, connection: OpaquePointer?, sql: String?) {
        code = result & 0xFF
        extendedCode = result
        self.sql = sql
        if let connection {
            message = String(cString: sqlite3_errmsg(connection))
            systemCode = code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? sqlite3_system_errno(connection) : 0
            let place = dlt_sqlite_error_offset(connection)
            offset = sql == nil || place < 0 ? nil : Int(place)
        } else {
            message = String(cString: sqlite3_errstr(result))
            systemCode = 0
            offset = nil
        }
    }
}
