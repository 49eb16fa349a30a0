import JSONText
import SystemIO
import TestSupport
import Testing

/// What goes wrong in the first week: one clear sentence, a hint, the right status, nothing left half-done, and the same
/// command again works once the cause is gone.
struct NewcomerTests {
    private static let pipe = "dlt-extract files in.jsonl --resource t | dlt-normalize | dlt-load $URL"

    private func pipeline(rows: Int = 3) throws -> Pipeline {
        let pipeline = try Pipeline()
        try pipeline.folder.write("in.jsonl", (1...rows).map { "{\"i\":\($0),\"l\":[\($0)]}\n" }.joined())
        return pipeline
    }

    /// Checks how a command failed: status of the pipe's end, words, one sentence a program and a hint.
    private func expect(
        _ result: ProgramResult, status: Int32, _ words: String..., hint: Bool = true,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result)", sourceLocation: location)
        for word in words { #expect(result.stderr.contains(word), "\(word): \(result)", sourceLocation: location) }
        if hint { #expect(result.stderr.contains("hint: "), "\(result)", sourceLocation: location) }
        #expect(!result.stderr.contains("internal error"), "\(result)", sourceLocation: location)
        #expect(!result.stderr.contains("Fatal"), "\(result)", sourceLocation: location)
        #expect(result.stderr.split(separator: "\n").count <= 12, "\(result)", sourceLocation: location)
    }

    /// Nothing half-done is left, and the pipe works now.
    private func expectRerun(
        _ pipeline: Pipeline, _ script: String = Self.pipe, rows: Int64 = 3, pipelineName: String = "t",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let rerun = try pipeline.shell(script)
        #expect(rerun.status == 0, "\(rerun)", sourceLocation: location)
        #expect(try pipeline.integer("SELECT count(*) FROM t") == rows, sourceLocation: location)
        #expect(try pipeline.packages(pipelineName).isEmpty, sourceLocation: location)
        #expect(try !pipeline.hasLeftovers(pipelineName), sourceLocation: location)
    }

    // MARK: Wrong words

    @Test(arguments: [
        "dlt-extract files in.jsonl --json", "dlt-normalize --table t --json < in.jsonl",
        "dlt-state pipelines --progress never", "dlt-schema list --progress never",
    ])
    func `an option that a program would not obey is unknown to it`(command: String) throws {
        expect(try pipeline().shell(command), status: 64, "Unknown option '--")
    }

    @Test func `a missing file`() throws {
        let pipeline = try pipeline()
        let result = try pipeline.shell("dlt-extract files nowhere.jsonl --resource t | dlt-normalize | dlt-load $URL")
        expect(result, status: 66, "nowhere.jsonl")
        #expect(!Files.exists(pipeline.databasePath))
        try expectRerun(pipeline)
    }

    @Test func `no JSON`() throws {
        let pipeline = try pipeline()
        try pipeline.folder.write("page.html", "<html>\n<body>503</body>\n</html>\n")
        for (script, place) in [
            ("dlt-extract files page.html --resource t | dlt-normalize | dlt-load $URL", "page.html"),
            ("dlt-normalize --table t < page.html | dlt-load $URL", "line 1"),
        ] {
            let result = try pipeline.shell(script)
            expect(result, status: 65, place)
            #expect(!Files.exists(pipeline.databasePath))
        }
        let plain = try pipeline.shell("dlt-normalize < in.jsonl | dlt-load $URL")
        expect(plain, status: 64, "--table")
        try expectRerun(pipeline)
    }

    @Test(
        arguments: [
            ("x.db", 64, "sqlite:///"), ("sqlite://x.db", 64, "sqlite:///"), ("sqlite:///", 64, "file"),
            ("postgres//localhost/x", 64, "sqlite:///"), ("oracle://scott:tiger@host/x", 64, "oracle"), ("", 64, ""),
            ("sqlite:///no/such/folder/x.db", 73, "no/such/folder"),
        ] as [(String, Int32, String)])
    func `a wrong URL`(url: String, status: Int32, word: String) throws {
        let pipeline = try pipeline()
        let result = try pipeline.shell(
            "dlt-extract files in.jsonl --resource t | dlt-normalize | dlt-load '\(url)'")
        expect(result, status: status, word)
        #expect(!result.stderr.contains("tiger"))
        // What was normalized may wait for the right URL, or the pipe is run again: never both at once.
        let rerun = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        let waited = Files.exists(pipeline.databasePath) ? try pipeline.integer("SELECT count(*) FROM t") : 0
        #expect(rerun.status == 0 && (waited == 3 || waited == 0), "\(rerun)")
    }

    @Test func `an unknown flag in any place of the pipe`() throws {
        let pipeline = try pipeline()
        for (script, word) in [
            ("dlt-extract files in.jsonl --resorce t | dlt-normalize | dlt-load $URL", "--resorce"),
            ("dlt-extract files in.jsonl --resource t | dlt-normalize --tables t | dlt-load $URL", "--tables"),
            ("dlt-extract files in.jsonl --resource t | dlt-normalize | dlt-load $URL --penidng", "--penidng"),
        ] {
            let result = try pipeline.shell(script)
            #expect(result.status == 64 || result.status == 75, "\(result)")
            expect(result, status: result.status, word, "Did you mean '--", "hint: dlt-")
            #expect(!Files.exists(pipeline.databasePath))
            #expect(try !pipeline.hasLeftovers())
        }
        // Packages that an unwilling dlt-load left are loaded once, and not again.
        let pending = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(pending.status == 0, "\(pending)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
    }

    @Test func `nothing on standard input`() throws {
        let pipeline = try pipeline()
        for script in [
            "dlt-normalize < /dev/null | dlt-load $URL", "dlt-load $URL < /dev/null", "false | dlt-load $URL",
        ] {
            let result = try pipeline.shell(script)
            expect(result, status: 75)
            #expect(!Files.exists(pipeline.databasePath), "\(script)")
        }
        try expectRerun(pipeline)
    }

    @Test func `a folder as database`() throws {
        let pipeline = try pipeline()
        try Files.makeDirectory(pipeline.databasePath)
        let result = try pipeline.shell(Self.pipe)
        expect(result, status: 73, "x.db")
        #expect(try Files.list(pipeline.databasePath).isEmpty)
        #expect(try !pipeline.hasLeftovers())
        _ = try pipeline.shell("rmdir x.db")
        let pending = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(pending.status == 0, "\(pending)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
    }

    // MARK: Filters between the programs

    @Test func `a filter that ate the envelope`() throws {
        let pipeline = try pipeline()
        #expect(try pipeline.shell(Self.pipe).status == 0)
        let before = try pipeline.contents()
        for (filter, status, words) in [
            ("grep -v SCHEMA", 65, ["SCHEMA"]), ("grep RECORD", 65, ["SCHEMA"]), ("grep -v HEADER", 65, []),
            ("grep -v '\"END\"'", 75, ["END"]), ("head -n 3", 75, ["END"]), ("head -c 150", 65, ["line 1"]),
            ("head -c -20", 75, ["END"]),
            ("head -n 0", 75, ["empty"]), ("tail -n 2", 65, []),
            ("jq -c .record", 64, ["--table"]),
            ("tr '{' '['", 65, ["line 1"]), ("cat - in.jsonl", 65, []),
        ] as [(String, Int32, [String])] {
            if filter.hasPrefix("jq"), try pipeline.shell("command -v jq").status != 0 { continue }
            let result = try pipeline.shell(
                "dlt-extract files in.jsonl --resource t | \(filter) | dlt-normalize | dlt-load $URL")
            #expect(result.status == status, "\(filter): \(result)")
            for word in words { #expect(result.stderr.contains(word), "\(filter): \(result)") }
            #expect(result.stderr.contains("hint: "), "\(filter): \(result)")
            #expect(try pipeline.contents() == before, "\(filter) changed the destination")
            #expect(try pipeline.packages().isEmpty, "\(filter)")
        }
        let state = try pipeline.shell(
            "dlt-extract files in.jsonl --resource t --new | grep -v '\"STATE\"' | dlt-normalize | dlt-load $URL")
        expect(state, status: 65, "STATE")
        #expect(try pipeline.contents() == before)
        // Records may be filtered: that is told, not forbidden.
        let filtered = try pipeline.shell(
            "dlt-extract files in.jsonl --resource t | grep -v '\"i\":2' | dlt-normalize | dlt-load $URL")
        #expect(filtered.status == 0 && filtered.stderr.contains("3 records were sent, but 2 arrived"), "\(filtered)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 5)
    }

    @Test func `head closes the pipe after extract`() throws {
        let pipeline = try pipeline(rows: 50_000)
        let result = try pipeline.shell(
            "dlt-extract files in.jsonl --resource t | head -n 100 | dlt-normalize | dlt-load $URL")
        expect(result, status: 75, "END")
        #expect(!Files.exists(pipeline.databasePath))
        try expectRerun(pipeline, rows: 50_000)
    }

    @Test func `head closes the pipe after normalize`() throws {
        let pipeline = try pipeline()
        // The package is published all the same, and can be loaded.
        let result = try pipeline.shell(
            """
            { until [ -e closed ]; do sleep 0.01; done; dlt-extract files in.jsonl --resource t; } | dlt-normalize | {
                exec <&-
                touch closed
            }
            echo ${PIPESTATUS[1]}
            """)
        #expect(result.lines.last == "74", "\(result)")
        let package = try #require(try pipeline.packages().first)
        #expect(result.stderr.contains("hint: a package waits: dlt-load URL "), "\(result)")
        #expect(result.stderr.contains(package), "\(result)")
        let pending = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(pending.status == 0, "\(pending)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
        #expect(try pipeline.packages().isEmpty)
    }

    @Test func `a loader that went away leaves a package that waits`() throws {
        let pipeline = try pipeline()
        let result = try pipeline.shell("dlt-extract files in.jsonl --resource t | dlt-normalize | dlt-laod $URL")
        #expect(result.status == 127)
        #expect(try pipeline.packages().count == 1)
        let pending = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(pending.status == 0, "\(pending)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
    }

    // MARK: Death in the middle

    /// A tap in the middle of the pipe that lets a part pass and then dies by SIGKILL, as extract would.
    private func dying(_ disposition: String) -> String {
        """
        dlt-extract files in.jsonl --resource t \(disposition) > whole
        half=$(( $(wc -c < whole) / 2 ))
        { head -c $half whole; kill -9 $BASHPID; } | dlt-normalize | dlt-load $URL
        """
    }

    @Test func `extract killed in the middle of an append`() throws {
        let pipeline = try pipeline(rows: 2000)
        let result = try pipeline.shell(dying(""))
        expect(result, status: 75, "END")
        #expect(!Files.exists(pipeline.databasePath))
        #expect(try pipeline.packages().isEmpty)
        try expectRerun(pipeline, rows: 2000)
    }

    @Test func `extract killed after a state`() throws {
        let pipeline = try Pipeline()
        func stream(_ ids: ClosedRange<Int>, state: Int?) -> String {
            let records = ids.map { "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"i\":\($0)}}\n" }.joined()
            guard let state else { return records }
            return records
                + "{\"type\":\"STATE\",\"value\":{\"sources\":{\"s\":{\"resources\":{\"t\":{\"at\":\(state)}}}}}}\n"
        }
        let whole = try pipeline.shell("echo '{\"i\":0}' | dlt-extract files - --resource t").lines
        let opening =
            whole.filter { $0.contains("\"HEADER\"") || $0.contains("\"SCHEMA\"") }.joined(separator: "\n") + "\n"
        let cut = opening + stream(1...5, state: 5) + stream(6...9, state: nil) + "{\"type\":\"RECORD\",\"str"
        let result = try pipeline.shell("dlt-normalize | dlt-load $URL", stdin: cut)
        expect(result, status: 75, "END")
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [1, 2, 3, 4, 5])
        let state = try pipeline.shell("dlt-state get sources.s.resources.t.at --pipeline t")
        #expect(state.stdout == "5\n" && state.status == 0, "\(state)")
    }

    @Test func `extract killed in the middle of a replace`() throws {
        let pipeline = try pipeline(rows: 2000)
        let replace =
            "dlt-extract files in.jsonl --resource t | dlt-normalize --write-disposition replace | dlt-load $URL"
        #expect(try pipeline.shell(replace).status == 0)
        let before = try pipeline.contents()
        let result = try pipeline.shell(
            dying("").replacing("dlt-normalize", with: "dlt-normalize --write-disposition replace"))
        expect(result, status: 65, "END", "--partial-ok")
        #expect(try pipeline.contents() == before)
        #expect(try pipeline.packages().isEmpty)
        try expectRerun(pipeline, replace, rows: 2000)
    }

    @Test func `normalize killed in the middle`() throws {
        let pipeline = try pipeline(rows: 100)
        let result = try pipeline.shell(
            """
            { dlt-extract files in.jsonl --resource t | head -n 50; sleep 30; } |
                { dlt-normalize & echo $! > pid; wait $!; } | dlt-load $URL &
            for n in $(seq 100); do ls -A data/spool/t/packages 2> /dev/null | grep -q partial && break; sleep 0.05; done
            pkill -9 -P $(cat pid) 2> /dev/null; kill -9 $(cat pid); wait $!; echo "status $?"
            """)
        #expect(result.lines.last == "status 75", "\(result)")
        #expect(!Files.exists(pipeline.databasePath))
        // What the dead one left is swept by the next.
        try expectRerun(pipeline, rows: 100)
    }

    @Test func `load killed in the middle`() throws {
        let pipeline = try pipeline(rows: 60_000)
        #expect(try pipeline.shell("dlt-extract files in.jsonl --resource t | dlt-normalize > lines").status == 0)
        for delay in ["0.02", "0.05", "0.1", "0.2", "0.4"] {
            _ = try pipeline.shell("dlt-load $URL < lines & sleep \(delay); kill -9 $!; wait")
            if Files.exists(pipeline.databasePath) {
                let tables = try pipeline.integer("SELECT count(*) FROM sqlite_master WHERE name = 't'")
                if tables == 1 {
                    #expect(try [0, 60_000].contains(pipeline.integer("SELECT count(*) FROM t")))
                }
            }
        }
        let again = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(again.status == 0, "\(again)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 60_000)
        #expect(try pipeline.integer("SELECT count(*) FROM t__l") == 60_000)
        #expect(try pipeline.packages().isEmpty)
        #expect(try !pipeline.hasLeftovers())
    }

    // MARK: Two at once

    @Test func `two commands at once on one pipeline`() throws {
        let pipeline = try pipeline(rows: 200)
        let result = try pipeline.shell(
            """
            for n in 1 2 3 4; do { \(Self.pipe); echo "status $?"; } & done; wait
            dlt-load $URL --pending --pipeline t; echo "pending $?"
            """, timeoutSeconds: 120)
        #expect(result.lines.filter { $0 == "status 0" }.count == 4, "\(result)")
        #expect(result.lines.last == "pending 0", "\(result)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 800)
        #expect(try pipeline.integer("SELECT count(*) FROM t__l") == 800)
        #expect(try pipeline.integer("SELECT count(*) FROM _dlt_loads") == 4)
        #expect(try pipeline.packages().isEmpty)
        #expect(try !pipeline.hasLeftovers())
    }

    @Test func `a loader that cannot reach its database says how to go on`() throws {
        let pipeline = try pipeline()
        #expect(try pipeline.shell(Self.pipe).status == 0)
        let before = try pipeline.contents()
        let held = try pipeline.shell(
            """
            dlt-extract files in.jsonl --resource t | dlt-normalize > lines
            mkfifo go
            { echo 'BEGIN EXCLUSIVE;'; echo '.shell touch held'; cat go; } | sqlite3 x.db & holder=$!
            exec 3> go
            while [ ! -e held ] && kill -0 $holder; do sleep 0.02; done
            dlt-load $URL --lock-timeout 0.5 < lines; status=$?
            exec 3>&-; wait $holder
            exit $status
            """)
        if held.stderr.contains("sqlite3: command not found") { return }
        expect(held, status: 75, "--pending")
        #expect(try pipeline.contents() == before)
        let pending = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(pending.status == 0, "\(pending)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 6)
    }

    @Test func `who waits for a pipeline says so`() throws {
        let pipeline = try pipeline()
        #expect(try pipeline.shell(Self.pipe).status == 0)
        // The shell holds the lock, as an earlier version of dlt-load does, until the program says that it waits.
        let held = try pipeline.shell(
            """
            waits() {
              flock 9
              : > messages
              "$@" <&0 2> messages 9>&- & waiting=$!
              while ! grep -q '^dlt-.*: waiting for' messages && kill -0 $waiting; do sleep 0.02; done
              flock -u 9
              wait $waiting; echo "$1 $?" >> ends
              cat messages >&2
            }
            exec 9>> "$DLT_DATA_DIR/spool/t/lock"
            waits dlt-extract files in.jsonl --resource t > stream
            waits dlt-normalize < stream > lines
            waits dlt-load $URL < lines
            cat ends
            """)
        #expect(held.lines.suffix(3) == ["dlt-extract 0", "dlt-normalize 0", "dlt-load 0"], "\(held)")
        for program in ["dlt-extract", "dlt-normalize", "dlt-load"] {
            let note = "\(program): waiting for another program that loads pipeline t; `fuser "
            #expect(held.stderr.contains(note), "\(held)")
        }
    }

    // MARK: Places that cannot be written

    /// Runs a script with mounts of its own; nil where that is not permitted.
    private func mounted(_ script: String, _ pipeline: Pipeline) throws -> ProgramResult? {
        guard try pipeline.shell("unshare -m true").status == 0 else { return nil }
        let result = try pipeline.shell("unshare -m bash -c \(quoted(script))")
        return result.stderr.contains("mount: ") ? nil : result
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    private static let mountsArePermitted =
        (try? runShell("unshare -m bash -c 'mount -t tmpfs -o size=1m none /mnt'").status) == 0

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"))
    func `a program does what it was asked where /proc is not mounted`() throws {
        let pipeline = try pipeline()
        let result = try #require(
            try mounted(
                """
                umount -l /proc || exit 99
                for run in 1 2; do
                  echo '{"id":1}' | dlt-normalize --pipeline p --table few --write-disposition merge --primary-key id |
                    dlt-load $URL || exit
                done
                """, pipeline))
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.integer("SELECT count(*) FROM few") == 1)
    }

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"))
    func `a folder that is read-only`() throws {
        let pipeline = try pipeline()
        try Files.makeDirectory(pipeline.folder.path("place"))
        let database = try #require(
            try mounted(
                "mount -t tmpfs -o ro none place; \(Self.pipe.replacing("$URL", with: "sqlite:///place/x.db"))",
                pipeline))
        expect(database, status: 73, "place")
        #expect(database.stderr.contains("--pending") || database.stderr.contains("hint: "))
        let spool = try #require(
            try mounted("mount -t tmpfs -o ro none place; export DLT_DATA_DIR=$PWD/place; \(Self.pipe)", pipeline))
        expect(spool, status: 73, "place")
        #expect(!Files.exists(pipeline.databasePath))
        let pending = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(pending.status == 0, "\(pending)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
    }

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"))
    func `a full disk under the spool`() throws {
        let pipeline = try pipeline()
        try Files.makeDirectory(pipeline.folder.path("place"))
        // Records that do not compress.
        let records = "head -c 3000000 /dev/urandom | base64 -w 3000 | sed 's/.*/{\"v\":\"&\"}/'"
        let result = try #require(
            try mounted(
                """
                mount -t tmpfs -o size=1m none place; export DLT_DATA_DIR=$PWD/place
                \(records) | dlt-normalize --table t | dlt-load $URL; status=$?
                find place -name '*.partial' -o -path '*packages/[0-9]*' | grep . && exit 99
                head -n 2 in.jsonl | dlt-normalize --table t | dlt-load $URL || exit 98
                exit $status
                """, pipeline))
        expect(result, status: 74, "space")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 2)
    }

    @Test(.enabled(if: mountsArePermitted, "mounting is not permitted"))
    func `a full disk under the database`() throws {
        let pipeline = try pipeline()
        try Files.makeDirectory(pipeline.folder.path("place"))
        let records = "head -c 3000000 /dev/urandom | base64 -w 3000 | sed 's/.*/{\"v\":\"&\"}/'"
        let result = try #require(
            try mounted(
                """
                mount -t tmpfs -o size=1m none place; URL=sqlite:///$PWD/place/x.db
                head -n 2 in.jsonl | dlt-normalize --table t | dlt-load $URL || exit 98
                cp place/x.db before.db
                \(records) | dlt-normalize --table t | dlt-load $URL; status=$?
                cmp place/x.db before.db || exit 97
                [ "$(ls place)" = x.db ] || exit 96
                mount -o remount,size=64m place
                dlt-load $URL --pending --pipeline t || exit 95
                cp place/x.db x.db
                exit $status
                """, pipeline))
        expect(result, status: 74, "full", "--pending")
        #expect((try pipeline.integer("SELECT count(*) FROM t") ?? 0) > 1000)
    }

    private static let nobodyIsThere =
        Environment.isRoot && (try? runShell("setpriv --reuid=65534 --clear-groups dlt-load --version").status) == 0

    @Test(.enabled(if: nobodyIsThere, "needs root, setpriv and programs that all may run"))
    func `a folder that one may not write to`() throws {
        let pipeline = try pipeline()
        try Files.makeDirectory(pipeline.folder.path("place"))
        _ = try pipeline.shell("chmod 755 . place; chmod 644 in.jsonl; mkdir -m 777 data")
        let spool = try pipeline.shell(
            "setpriv --reuid=65534 --clear-groups bash -c 'DLT_DATA_DIR=$PWD/place; \(Self.pipe)'")
        expect(spool, status: 77, "place")
        let database = try pipeline.shell(
            "setpriv --reuid=65534 --clear-groups bash -c '\(Self.pipe.replacing("$URL", with: "sqlite:///place/x.db"))'"
        )
        expect(database, status: 77, "place/x.db")
        #expect(try Files.list(pipeline.folder.path("place")).isEmpty)
        let secret = try pipeline.shell(
            "chmod 600 in.jsonl; setpriv --reuid=65534 --clear-groups bash -c '\(Self.pipe)'")
        expect(secret, status: 77, "in.jsonl")
    }
}
