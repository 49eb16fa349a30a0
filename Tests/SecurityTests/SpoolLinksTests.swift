import SQLite
import SystemIO
import TestSupport
import Testing

/// What lies in a spool, or in a package that somebody has sent, may be anything: nothing of it leads elsewhere, and nothing
/// keeps a program waiting.
struct SpoolLinksTests {
    private let place: Place

    init() throws { place = try Place() }

    /// Kinds of what can be in the place of a file. `$1` is its path.
    private static let kinds: [String: String] = [
        "link": "mv \"$1\" elsewhere/x; ln -s \"$PWD/elsewhere/x\" \"$1\"",
        "dangling link": "rm -f \"$1\"; ln -s \"$PWD/elsewhere/nothing\" \"$1\"",
        "FIFO": "rm -f \"$1\"; mkfifo \"$1\"", "folder": "rm -f \"$1\"; mkdir \"$1\"",
        "endless device": "rm -f \"$1\"; ln -s /dev/zero \"$1\"",
    ]

    private func put(_ kind: String, at path: String) throws {
        let script = try #require(Self.kinds[kind])
        let made = try place.shell("mkdir -p elsewhere; set -- \(path); \(script)")
        #expect(made.status == 0, "\(made)")
    }

    @Test(arguments: ["link", "dangling link", "FIFO", "folder", "endless device"], ["manifest.json", "jobs/*"])
    func `a package has regular files, and no others`(kind: String, file: String) throws {
        let package = try place.package()
        try put(kind, at: Paths.join(package, file))
        for arguments in ["--pending --pipeline p", package] {
            let result = try place.shell("timeout -k 1 10 dlt-load sqlite:///x.db \(arguments)")
            #expect(result.status == 65, "\(kind) \(file): \(result)")
            #expect(result.stderr.contains("unable to load a package: "), "\(result)")
        }
        #expect(!Files.exists(place.folder.path("x.db")))
        let verified = try place.shell(
            "timeout -k 1 10 dlt-state packages verify --pipeline p; dlt-state packages --pipeline p")
        #expect(verified.status == 0 && verified.stdout.contains("damaged"), "\(verified)")
        // Dropped, it takes nothing along that it led to.
        #expect(try place.shell("dlt-state packages drop --all-waiting --pipeline p").status == 0)
        if kind == "link" { #expect(Files.exists(place.folder.path("elsewhere/x"))) }
    }

    @Test func `the state of a package is no link, not even one that leads nowhere`() throws {
        let package = try place.package()
        // Since format 2 the manifest names the file, so that one which it does not name counts for nothing.
        try place.rewrite(package, "manifest.json") { $0 }
        try put("dangling link", at: Paths.join(package, "state.json"))
        let result = try place.shell("dlt-load sqlite:///x.db --pending --pipeline p")
        #expect(result.status == 65 && result.stderr.contains("symbolic link"), "\(result)")
    }

    @Test(arguments: ["packages", "schemas", "loaded", "failed", "."])
    func `the folders of a spool are no links`(folder: String) throws {
        _ = try place.package()
        #expect(try place.shell("dlt-load sqlite:///x.db --pending --pipeline p --keep-loaded 1").status == 0)
        let path = folder == "." ? "data/spool/p" : "data/spool/p/\(folder)"
        let made = try place.shell(
            "mkdir -p \(path); mv \(path) elsewhere; ln -s \"$PWD/elsewhere\" \(path); find elsewhere | sort > before")
        #expect(made.status == 0, "\(made)")
        let commands = [
            "echo '{\"a\":2}' | dlt-normalize --pipeline p --table t", "dlt-load sqlite:///x.db --pending --pipeline p",
            "dlt-state packages drop --all-failed --pipeline p",
        ]
        for command in commands {
            let result = try place.shell("set -o pipefail; timeout -k 1 10 \(command)")
            #expect(result.status != 0 && result.stderr.contains("symbolic link"), "\(command): \(result)")
        }
        #expect(try place.shell("find elsewhere | sort | diff before -").status == 0)
    }

    @Test func `a spool may be reached through links`() throws {
        #expect(try place.shell("mkdir -p real/spool; ln -s real data").status == 0)
        _ = try place.package()
        #expect(try place.shell("dlt-load sqlite:///x.db --pending --pipeline p").status == 0)
    }

    @Test(
        arguments: ["link", "dangling link", "FIFO", "folder"],
        ["lock", "state.json", "pipeline.json", "schemas/p.json"])
    func `committed files are regular files`(kind: String, file: String) throws {
        _ = try place.package()
        #expect(try place.shell("dlt-load sqlite:///x.db --pending --pipeline p").status == 0)
        let before = try place.rows()
        try put(kind, at: "data/spool/p/\(file)")
        let result = try place.shell(
            "timeout -k 1 10 dlt-normalize --pipeline p --table t > lines; a=$?; timeout -k 1 10 dlt-load sqlite:///x.db < lines; exit $a",
            stdin: "{\"a\":2}\n")
        // Home is needed by the load only.
        if file != "pipeline.json" { #expect([66, 77].contains(result.status), "\(result)") }
        #expect(result.stderr.contains("put the file or folder itself in its place") || kind == "folder", "\(result)")
        #expect(try place.rows() == before)
        #expect(!Files.exists(place.folder.path("elsewhere/nothing")))
    }

    /// The manifests of loaded packages are kept and the rest is removed; through a link that would be somebody's folder.
    @Test func `trimming removes nothing behind a link`() throws {
        for number in 1...3 {
            _ = try place.package("{\"a\":\(number)}")
            #expect(try place.shell("dlt-load sqlite:///x.db --pending --pipeline p").status == 0)
        }
        let made = try place.shell(
            """
            mkdir precious; touch precious/manifest.json precious/diary
            for p in data/spool/p/loaded/*; do rm -r $p; ln -s $PWD/precious $p; done
            """)
        #expect(made.status == 0)
        _ = try place.package()
        #expect(try place.shell("dlt-load sqlite:///x.db --pending --pipeline p").status == 0)
        #expect(try place.folder.list("precious") == ["diary", "manifest.json"])
    }

    @Test func `what a writer left is swept, and not what a link in its place leads to`() throws {
        _ = try place.package()
        let made = try place.shell(
            """
            mkdir precious; touch precious/diary
            ln -s $PWD/precious data/spool/p/packages/.1700000000.000000123456789012345678.partial
            mkfifo data/spool/p/packages/.1700000000.000001123456789012345678.partial
            """)
        #expect(made.status == 0)
        _ = try place.package()
        #expect(try place.folder.list("precious") == ["diary"])
    }

    // MARK: Names

    private static let leavingNames = [
        "../../../evil", "/tmp/evil", "a/b", "..", ".", ".hidden", "a\nb", "", "a\u{0}b", "x\u{1B}[31m",
    ]

    @Test(arguments: leavingNames)
    func `a manifest names files in the folder of jobs`(name: String) throws {
        let package = try place.package()
        try place.rewrite(package, "manifest.json") { $0.replacing("t.0.jsonl.zst", with: Place.escaped(name)) }
        let result = try place.shell("dlt-load sqlite:///x.db --pending --pipeline p")
        #expect(result.status == 65, "\(result)")
        #expect(!result.stderr.contains("\u{1B}"))
        #expect(!Files.exists(place.folder.path("x.db")))
    }

    @Test(arguments: leavingNames)
    func `a schema is kept below its folder`(name: String) throws {
        let package = try place.package()
        try place.rewrite(package, "schema.json") {
            $0.replacing("\"name\":\"p\"", with: "\"name\":\"\(Place.escaped(name))\"")
        }
        let result = try place.shell("dlt-load sqlite:///x.db --pending --pipeline p")
        #expect(result.status == 65, "\(result)")
        #expect(try place.shell("find . -name '*evil*'").stdout.isEmpty)
        // The same as a file to import.
        let imported = try place.shell("dlt-schema import --pipeline q \(package)/schema.json")
        #expect(imported.status != 0 && imported.status != 70, "\(imported)")
        #expect(try place.shell("find . -name '*evil*'").stdout.isEmpty)
    }

    /// Under the naming convention that keeps names, a table may be called like a path. Its rows stay in the folder of jobs.
    @Test(arguments: [
        "../../../../evil", "/tmp/evil-table", "a/b", "..", ".", ".hidden", "a%2Fb", "it’s", "a\\b", "tab\there",
        String(repeating: "é", count: 400), String(repeating: "x", count: 300), "😀", "CON", "-rf", "*",
    ])
    func `a table may have any name, and its file has one in its folder`(name: String) throws {
        let record = "{\"t\":\"\(Place.escaped(name))\",\"a\":1,\"\(Place.escaped(name))\":[{\"b\":2}]}\n"
        let result = try place.shell(
            """
            dlt-normalize --pipeline p --naming direct --max-identifier-length 1000 --table-from t | dlt-load sqlite:///x.db
            find . -name '*evil*' -o -name '*hidden*' | grep -v '%2E' >&2
            """, stdin: record + record)
        #expect(result.stderr.contains("dlt-load: 2 rows") || result.stderr.contains("dlt-load: 4 rows"), "\(result)")
        #expect(!result.stderr.split(separator: "\n").contains { $0.hasPrefix("./") }, "\(result)")
        #expect(!Files.exists("/tmp/evil-table.0.jsonl.zst"))
        let tables = try place.database().prepare("SELECT count(*) FROM sqlite_master WHERE name = ?")
        try tables.bind(1, name)
        #expect(try tables.step() && tables.int64(0) == 1)
    }
}
