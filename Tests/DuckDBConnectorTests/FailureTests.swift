import DuckDB
import SystemIO
import TestSupport
import Testing

/// What goes wrong is one sentence with the documented status, and the package waits.
@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct FailureTests {
    let pipeline: DuckDBPipeline

    init() throws { pipeline = try DuckDBPipeline() }

    /// Expects that a load fails and keeps its package, which can be loaded when `mend` has been run.
    private func expectFailure(
        _ script: String, _ status: Int32, _ told: String, _ more: [String: String] = [:],
        mend: () throws -> Void = {}
    ) throws {
        let result = try pipeline.shell(script, more)
        let sentences = result.stderr.split(separator: "\n").filter { $0.hasPrefix("dlt-load: unable") }
        #expect(result.status == status && sentences.count == 1, "\(result)")
        #expect(sentences.first?.contains(told) == true, "\(result)")
        #expect(try pipeline.waiting() == 1)
        #expect(try pipeline.leftovers().filter { !$0.hasSuffix(".wal") } == [])
        try mend()
        let again = try pipeline.shell("dlt-load \"$URL\" --pending")
        #expect(again.status == 0, "\(again)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...100))
    }

    @Test(arguments: [
        ("/absent/libduckdb.so", "/absent/libduckdb.so: cannot open shared object file: No such file or directory"),
        ("libm.so.6", "libm.so.6 lacks duckdb_library_version: DuckDB 1.5 or newer is needed"),
        ("TEXT", "libduckdb.so: invalid ELF header"), ("OTHER", "libduckdb.so: not a library for this machine"),
    ])
    func `a library that cannot be used is named, and nothing is made`(_ library: String, _ told: String) throws {
        _ = try pipeline.package(rows: 100)
        var path = library
        if !library.contains("lib") {
            var bytes = Array(String(repeating: "no library ", count: 100).utf8)
            if library == "OTHER" {
                // The header of a shared library; its machine is at byte 18.
                bytes = Array(try Files.readAll("/proc/self/exe").prefix(4096))
                (bytes[16], bytes[18]) = (3, 0x14)
            }
            path = try pipeline.folder.write("data/libduckdb.so", bytes)
        }
        try expectFailure("dlt-load \"$URL\" --pending", 69, told, ["DLT_LIBDUCKDB": path]) {
            #expect(!Files.exists(pipeline.file))
        }
    }

    @Test(arguments: ["unique", "lookup"])
    func `indexes are refused, and nothing is made`(_ choice: String) throws {
        _ = try pipeline.package(rows: 100)
        let result = try pipeline.shell("dlt-load \"$URL\" --pending --indexes \(choice)")
        #expect(
            result.status == 64 && result.stderr.contains("unable to make indexes (\(choice)) in DuckDB: "), "\(result)"
        )
        #expect(try pipeline.waiting() == 1 && !Files.exists(pipeline.file))
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending --indexes none").status == 0)
        #expect(
            try pipeline.query(
                "SELECT 1 FROM duckdb_indexes() UNION ALL SELECT 2 FROM duckdb_constraints() WHERE constraint_type = 'UNIQUE'"
            ) == [])
    }

    @Test func `no library is needed to print a plan for a file that is not there`() throws {
        _ = try pipeline.package(rows: 100)
        let result = try pipeline.shell(
            "dlt-load \"$URL\" --pending --sql", ["DLT_LIBDUCKDB": "/absent/libduckdb.so"])
        #expect(result.status == 0 && result.stdout.contains("CREATE SCHEMA IF NOT EXISTS \"x\".\"p_dataset\""))
    }

    @Test func `a newer storage version is named with what helps`() throws {
        _ = try pipeline.package(rows: 100)
        let database = try pipeline.connect(readOnly: false)
        try database.execute("CREATE TABLE keep (a INTEGER)")
        database.close()
        let whole = try pipeline.folder.bytes("x.duckdb")
        var bytes = whole
        // The version is at byte 12 of the first block, which begins with its checksum.
        bytes.replaceSubrange(12..<14, with: [0xFF, 0x7F])
        var sum: UInt64 = 5381
        for place in stride(from: 8, to: 4096, by: 8) {
            let word = bytes[place..<place + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            sum ^= word &* 0xbf58_476d_1ce4_e5b9
        }
        bytes.replaceSubrange(0..<8, with: (0..<8).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) })
        try pipeline.folder.write("x.duckdb", bytes)
        try expectFailure("dlt-load \"$URL\" --pending", 65, "version number 32767, but we can only read") {
            #expect(try pipeline.folder.bytes("x.duckdb") == bytes)
            try pipeline.folder.write("x.duckdb", whole)
        }
        #expect(try pipeline.value("SELECT count(*) FROM x.main.keep") == "0")
    }

    @Test(arguments: ["", "words instead of a database, enough of them for a page: ", "SQLite format 3\0"])
    func `what is not a database is left alone`(_ text: String) throws {
        _ = try pipeline.package(rows: 100)
        let bytes = Array(String(repeating: text, count: 500).utf8)
        try pipeline.folder.write("x.duckdb", bytes)
        try expectFailure("dlt-load \"$URL\" --pending", 65, "is not a DuckDB database, or its creation was never") {
            #expect(try pipeline.folder.bytes("x.duckdb") == bytes)
            try Files.remove(pipeline.file)
        }
    }

    @Test func `a folder in the place of the file is named`() throws {
        _ = try pipeline.package(rows: 100)
        try Files.makeDirectory(pipeline.file)
        try expectFailure("dlt-load \"$URL\" --pending", 73, "Is a directory") { try Files.removeTree(pipeline.file) }
    }

    // MARK: Places that cannot be written

    private static let mountsArePermitted =
        (try? runShell("unshare -m bash -c 'mount -t tmpfs -o size=1m none /mnt'").status) == 0

    /// Runs a script in which `place` is a small disk of its own, and a package of 100 rows waits.
    private func onDisk(_ options: String, _ script: String) throws -> ProgramResult {
        _ = try pipeline.package(rows: 100)
        try Files.makeDirectory(pipeline.folder.path("place"))
        return try pipeline.shell(
            "unshare -m bash -c 'mount -t tmpfs -o \(options) none place || exit; export URL=place/x.duckdb; '\"$S\"",
            ["S": script])
    }

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"), arguments: ["4k", "8k", "12k"])
    func `a disk that is full before the file is made leaves none`(_ size: String) throws {
        let result = try onDisk(
            "size=\(size)",
            """
            dlt-load $URL --pending; status=$?; ls -A place
            mount -o remount,size=64m place; dlt-load $URL --pending || exit 95
            dlt-state pull $URL || exit 96; exit $status
            """)
        #expect(result.status == 74 && result.stderr.contains("No space left on device"), "\(result)")
        // With 12 kB there is room for an empty database.
        #expect(["", "x.duckdb\nx.duckdb.wal\n"].contains(result.stdout), "\(result)")
        #expect(result.stderr.contains("hint: free some space"), "\(result)")
    }

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"))
    func `a disk that fills up while rows are loaded leaves what was there`() throws {
        let result = try onDisk(
            "size=3m",
            """
            dlt-load $URL --pending || exit 98
            head -c 6000000 /dev/urandom | base64 -w 3000 | sed 's/.*/{"v":"&"}/' | dlt-normalize --table big | dlt-load $URL
            status=$?; ls -A place
            mount -o remount,size=64m place; dlt-load $URL --pending || exit 95
            cp place/x.duckdb $FILE; exit $status
            """)
        #expect(result.status == 74 && result.stderr.contains("No space left on device"), "\(result)")
        #expect(result.stdout.split(separator: "\n").filter { !$0.hasPrefix("x.duckdb") } == [], "\(result)")
        #expect(try pipeline.value("SELECT count(*) > 1000 FROM big") == "true")
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "2")
    }

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"))
    func `a disk that is read-only is named, and can be read`() throws {
        let made = try onDisk("ro", "dlt-load $URL --pending")
        #expect(made.status == 73 && made.stderr.contains("place is not writable"), "\(made)")
        let changed = try pipeline.shell(
            """
            unshare -m bash -c 'mount -t tmpfs none place; URL=place/x.duckdb; dlt-load $URL --pending || exit 98
            mount -o remount,ro place; dlt-state pull $URL || exit 97; dlt-normalize --table t | dlt-load $URL'
            """, stdin: "{\"id\":1}\n")
        #expect(changed.status == 77 && changed.stderr.contains("x.duckdb is not writable"), "\(changed)")
    }

    private static let nobodyIsThere =
        Environment.isRoot && (try? runShell("setpriv --reuid=65534 --clear-groups dlt-load --version").status) == 0

    @Test(.enabled(if: nobodyIsThere, "needs root, setpriv and programs that all may run"), arguments: [true, false])
    func `a file or folder that may only be read is named`(_ folderIsDenied: Bool) throws {
        #expect(try pipeline.load("{\"id\":0}").status == 0)
        _ = try pipeline.package(rows: 100)
        let modes = folderIsDenied ? "chmod 755 .; chmod 666 x.duckdb" : "chmod 777 .; chmod 644 x.duckdb"
        let result = try pipeline.shell(
            "\(modes); chmod -R a+rwX data; setpriv --reuid=65534 --clear-groups dlt-load \"$URL\" --pending")
        let object = folderIsDenied ? pipeline.folder.path : pipeline.file
        #expect(result.status == 77 && result.stderr.contains(": \(object) is not writable"), "\(result)")
        #expect(try pipeline.leftovers() == [])
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        #expect(try pipeline.sum() == DuckDBPipeline.sum(0...100))
    }

    // MARK: Stops and kills

    @Test func `asked to stop, it ends by the signal and leaves nothing`() throws {
        _ = try pipeline.package(rows: 400_000, "--write-disposition merge --primary-key id")
        let result = try pipeline.shell("timeout --signal INT 1 dlt-load \"$URL\" --pending --max-memory 60M; echo $?")
        #expect(["124\n", "0\n"].contains(result.stdout), "\(result)")
        if result.stdout == "124\n" { #expect(try pipeline.waiting() == 1) }
        #expect(try pipeline.leftovers() == [])
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...400_000))
    }

    @Test func `killed at any time, the next run has every row once and removes what is left`() throws {
        _ = try pipeline.package(rows: 60_000, "--write-disposition merge --primary-key id")
        let result = try pipeline.shell(
            """
            for pause in 0.02 0.05 0.1 0.2 0.3 0.4 0.5 0.7; do timeout -s KILL $pause dlt-load "$URL" --pending --max-memory 30M
            done; dlt-load "$URL" --pending; mkdir -p .x.duckdb.dlt-tmp; : > .x.duckdb.dlt-tmp/left
            seq 60001 60010 | sed 's/.*/{"id":&}/' | dlt-normalize --table t --write-disposition merge --primary-key id | dlt-load "$URL"
            """)
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...60_010))
        #expect(try pipeline.leftovers() == [])
    }
}
