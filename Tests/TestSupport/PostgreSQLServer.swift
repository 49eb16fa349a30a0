import SystemIO

/// The server that `scripts/postgresql run` has started for the tests; `scripts/test` does.
package enum PostgreSQLServer {
    /// By its socket; needs no password.
    package static let url = variable("DLT_TEST_POSTGRESQL")
    /// By 127.0.0.1, with the password in it.
    package static let tcpURL = variable("DLT_TEST_POSTGRESQL_TCP")

    package static var isRunning: Bool { url != nil && tcpURL != nil }

    package static let absence = "there is no PostgreSQL server: run `scripts/postgresql run swift test …`"

    /// A name for a schema, a role, or a database that no other test has.
    package static func uniqueName(_ prefix: String = "test") -> String {
        var random = FastRandom()
        return prefix + "_" + String(random.next(), radix: 36)
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
            try? Descriptor.standardError.writeAll("warning: tests of PostgreSQL are skipped: \(absence)\n")
        }()
        static func once() { _ = said }
    }
}
