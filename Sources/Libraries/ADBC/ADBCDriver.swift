import CADBC

/// A driver of ADBC: a library that was opened by its path.
package final class ADBCDriver {
    let table: UnsafeMutablePointer<AdbcDriver>

    /// - Parameters:
    ///   - path: of the library; a name without a slash is one that the system's loader finds.
    ///   - entry: the function that describes the driver; nil: the usual one.
    package init(_ path: String, entry: String? = nil) throws(ADBCError) {
        table = .allocate(capacity: 1)
        table.initialize(to: AdbcDriver())
        let failure: UnsafePointer<CChar>?
        if let entry { failure = dlt_adbc_open(path, entry, table) } else { failure = dlt_adbc_open(path, nil, table) }
        guard failure == nil else {
            throw ADBCError(.notFound, failure.map { String(cString: $0) } ?? "")
        }
    }

    deinit {
        var error = AdbcError()
        _ = table.pointee.release?(table, &error)
        error.release?(&error)
        table.deallocate()
    }
}

/// Calls a function of a driver.
func call(
    _ name: String, _ function: ((UnsafeMutablePointer<AdbcError>) -> AdbcStatusCode)?
) throws(ADBCError) {
    guard let function else { throw ADBCError(.notImplemented, "the driver lacks \(name)") }
    var error = AdbcError()
    error.vendor_code = .min
    let status = function(&error)
    guard status != UInt8(ADBC_STATUS_OK) else {
        error.release?(&error)
        return
    }
    throw ADBCError(status, &error, doing: name)
}
