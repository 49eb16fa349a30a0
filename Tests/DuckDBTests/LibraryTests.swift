import DuckDB
import Glibc
import SystemIO
import TestSupport
import Testing

/// A process opens the library once, so each of these has its own.
struct LibraryTests {
    @Test func `a library that is not there is reported by its path`() async {
        await #expect(processExitsWith: .success) {
            setenv("DLT_LIBDUCKDB", "/absent/libduckdb.so", 1)
            #expect(
                Database.absence == "/absent/libduckdb.so: cannot open shared object file: No such file or directory")
            #expect(Database.libraryVersion == nil)
            let error = #expect(throws: DuckDBError.self) { _ = try Database.open() }
            #expect(error?.message == Database.absence)
        }
    }

    @Test func `a file that is not a library is reported`() async {
        await #expect(processExitsWith: .success) {
            let folder = try WorkDirectory()
            let file = try folder.write("libduckdb.so", String(repeating: "words ", count: 100))
            setenv("DLT_LIBDUCKDB", file, 1)
            #expect(Database.absence == "\(file): invalid ELF header")
        }
    }

    @Test func `a library of another machine is reported`() async {
        await #expect(processExitsWith: .success) {
            let folder = try WorkDirectory()
            // The header of a shared library; its machine is at byte 18.
            var bytes = Array(try Files.readAll("/proc/self/exe").prefix(4096))
            bytes[16] = 3
            bytes[18] = 0x14
            let file = try folder.write("libduckdb.so", bytes)
            setenv("DLT_LIBDUCKDB", file, 1)
            #expect(Database.absence == "\(file): not a library for this machine")
        }
    }

    @Test func `a library without one of the functions is too old`() async {
        await #expect(processExitsWith: .success) {
            setenv("DLT_LIBDUCKDB", "libm.so.6", 1)
            #expect(Database.absence == "libm.so.6 lacks duckdb_library_version: DuckDB 1.5 or newer is needed")
        }
    }

    @Test(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
    func `any number of threads may be the first`() async {
        await #expect(processExitsWith: .success) {
            await withTaskGroup(of: String?.self) { group in
                for _ in 0..<8 { group.addTask { Database.libraryVersion } }
                for await version in group { #expect(version?.hasPrefix("v") == true) }
            }
        }
    }
}
