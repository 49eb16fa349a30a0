import CPostgreSQL

/// What libpq understands about a connection, without opening one.
/// <https://www.postgresql.org/docs/current/libpq-connect.html>
package enum ConnectionOptions {
    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { dlt_pq_load().map { String(cString: $0) } }

    /// The options in a URI or in a text of `key=value`.
    ///
    /// The error's message may repeat parts of the text, including passwords.
    package static func parse(_ text: String) throws(PostgreSQLError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw PostgreSQLError(reason.split(separator: "\n").joined(separator: " "))
        }
        return collect(options)
    }

    /// The options from the environment, from a service file, and from the library's build.
    package static func defaults() -> [String: String] { PQconndefaults().map(collect) ?? [:] }

    static func collect(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }
}
