import ADBC
import Failures
import SystemIO
import TableSources

/// Finds a driver's library: the path that was named; the folders of `DLT_ADBC_DRIVERS`; the Python environment that is active; and
/// what the system's loader finds.
struct DriverSearch {
    private let name: String
    private let product: ADBCProduct

    init(_ address: ADBCAddress) {
        name = address.name == "postgres" ? "postgresql" : address.name
        product = address.product
    }

    /// - Parameter path: what `--driver` says.
    func open(_ path: String?, shown: String) throws(TableError) -> ADBCDriver {
        if let path { return try open(path, shown) }
        let found = candidates.first { Files.exists($0) }
        if let found { return try open(found, shown) }
        do throws(ADBCError) { return try ADBCDriver(systemName, entry: product.entry) } catch {
            // There is one, but it cannot be used.
            if !error.message.contains("cannot open shared object file") { throw unusable(systemName, error, shown) }
        }
        throw TableError(
            .unavailable, "unable to connect to \(shown): there is no ADBC driver \(name)",
            hint: product == .duckdb
                ? "have DLT_LIBDUCKDB or --driver name a libduckdb.so"
                : "name it with --driver PATH, or install it: pip install adbc-driver-\(name), and set DLT_ADBC_DRIVERS to the folder "
                    + "site-packages")
    }

    private func open(_ path: String, _ shown: String) throws(TableError) -> ADBCDriver {
        do throws(ADBCError) { return try ADBCDriver(path, entry: product.entry) } catch {
            throw unusable(path, error, shown)
        }
    }

    private func unusable(_ path: String, _ error: ADBCError, _ shown: String) -> TableError {
        TableError(
            .unavailable, "unable to connect to \(shown): the driver \(path) cannot be used: \(error.message)",
            hint: "name a driver of ADBC with --driver PATH")
    }

    private var systemName: String { product == .duckdb ? "libduckdb.so" : fileName }

    private var fileName: String { "libadbc_driver_\(name).so" }

    /// In a Python environment each driver is in its package's folder.
    private var packaged: String { "adbc_driver_\(name)/\(fileName)" }

    private var candidates: [String] {
        var paths: [String] = []
        if product == .duckdb, let library = Environment.get("DLT_LIBDUCKDB"), !library.isEmpty {
            paths.append(library)
        }
        for folder in (Environment.get("DLT_ADBC_DRIVERS") ?? "").split(separator: ":") {
            paths += [fileName, packaged, "\(name).so"].map { Paths.join(String(folder), $0) }
        }
        if let environment = Environment.get("VIRTUAL_ENV"), !environment.isEmpty {
            // A pattern's own characters in the folder's name would mean something else.
            let libraries = (try? Files.list(Paths.join(environment, "lib"))) ?? []
            for python in libraries.sorted() where python.hasPrefix("python") {
                paths.append(Paths.join(environment, "lib", python, "site-packages", packaged))
            }
        }
        return paths
    }
}
