import SystemIO

/// The libduckdb that `DLT_LIBDUCKDB` names; `scripts/test` makes one by `scripts/libduckdb`.
package enum DuckDBLibrary {
    package static var isThere: Bool {
        if let path = Environment.get("DLT_LIBDUCKDB"), !path.isEmpty { return true }
        Warning.once()
        return false
    }

    package static let absence = "there is no libduckdb: run `DLT_LIBDUCKDB=$(scripts/libduckdb) swift test …`"

    /// The folder of the extensions that a DuckLake needs, beside the library; `scripts/libduckdb --ducklake` puts them there.
    package static var extensions: String? {
        guard let path = Environment.get("DLT_LIBDUCKDB"), !path.isEmpty else { return nil }
        let folder = Paths.join(Paths.parent(path), "extensions")
        return Files.exists(folder) ? folder : nil
    }

    package static let absenceOfExtensions =
        "there are no extensions: run `DLT_LIBDUCKDB=$(scripts/libduckdb --version 1.5.5 --ducklake) swift test …`"

    /// Nobody should take a run for a complete one that has left these tests out.
    private enum Warning {
        static let said: Void = {
            try? Descriptor.standardError.writeAll("warning: tests of DuckDB are skipped: \(absence)\n")
        }()
        static func once() { _ = said }
    }
}
