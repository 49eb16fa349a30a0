import SystemIO

/// The drivers of ADBC in the folder that `DLT_ADBC_DRIVERS` names; `scripts/test` has `scripts/adbc-driver` make it.
package enum ADBCDrivers {
    package static let folder = Environment.get("DLT_ADBC_DRIVERS") ?? ""

    package static let sqlite = Paths.join(folder, "adbc_driver_sqlite/libadbc_driver_sqlite.so")

    package static var hasPostgreSQL: Bool {
        Files.exists(Paths.join(folder, "adbc_driver_postgresql/libadbc_driver_postgresql.so"))
    }

    package static var hasSQLite: Bool {
        let isThere = Files.exists(sqlite)
        if !isThere { _ = said }
        return isThere
    }

    package static let absence =
        "there is no driver: set DLT_ADBC_DRIVERS to the folder of `scripts/adbc-driver sqlite FOLDER`"

    /// Nobody should take a run for a complete one that has left these tests out.
    private static let said: Void = {
        try? Descriptor.standardError.writeAll("warning: tests of ADBC are skipped: \(absence)\n")
    }()
}
