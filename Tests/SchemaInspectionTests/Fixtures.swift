import SystemIO
import TestSupport

/// Files written by dlt 1.31 and PyYAML 6.
enum Fixture {
    static func path(_ name: String) -> String { Paths.join(repository("Tests/Fixtures/inspection"), name) }

    static func text(_ name: String) throws -> String { String(decoding: try Files.readAll(path(name)), as: UTF8.self) }
}
