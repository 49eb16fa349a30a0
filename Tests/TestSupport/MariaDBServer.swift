import SystemIO

/// The server that `scripts/mariadb run` has started for the tests; `scripts/test` does.
package enum MariaDBServer {
    /// By its socket; needs no password.
    package static let url = variable("DLT_TEST_MARIADB")
    /// By 127.0.0.1, with the password in it.
    package static let tcpURL = variable("DLT_TEST_MARIADB_TCP")

    package static var isRunning: Bool { url != nil && tcpURL != nil }

    package static let absence = "there is no MariaDB server: run `scripts/mariadb run swift test …`"

    /// The same server with another database.
    package static func url(_ url: String?, database: String) -> String {
        (url ?? "").replacing("/dlt?", with: "/\(database)?").replacing(/\/dlt$/, with: "/\(database)")
    }

    private static func variable(_ name: String) -> String? {
        guard let value = Environment.get(name), !value.isEmpty else {
            Warning.once()
            return nil
        }
        return value
    }

    /// Nobody should take a run for a complete one that has left these tests out.
    private enum Warning {
        static let said: Void = {
            try? Descriptor.standardError.writeAll("warning: tests of MariaDB are skipped: \(absence)\n")
        }()
        static func once() { _ = said }
    }
}
