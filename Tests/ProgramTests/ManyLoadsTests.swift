import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// Several programs on one pipeline, and several packages or destinations in one load.
@Suite struct ManyLoadsTests {
    private static let input = "for i in 1 2 3; do echo \"{\\\"i\\\": $i, \\\"n\\\": $RANDOM}\"; done > in.jsonl"
    private static let pipe = "dlt-extract files in.jsonl --resource t -q | dlt-normalize -q"

    private func pipeline(_ script: String = "true") throws -> Pipeline {
        let pipeline = try Pipeline()
        let result = try pipeline.shell("\(Self.input); \(script)")
        #expect(result.status == 0, "\(result)")
        return pipeline
    }

    private func count(_ sql: String, in file: String, _ pipeline: Pipeline) throws -> Int64? {
        guard Files.exists(pipeline.folder.path(file)) else { return nil }
        let database = try Database.open(pipeline.folder.path(file), flags: .readOnly)
        guard try database.integer("SELECT count(*) FROM sqlite_master WHERE name = 't'") == 1 else { return 0 }
        return try database.integer(sql)
    }

    // MARK: Locks

    @Test func `extract and normalize go on while a load of the same pipeline waits`() throws {
        let pipeline = try pipeline("\(Self.pipe) | dlt-load $URL -q")
        let writer = try Database.open(pipeline.databasePath, busyTimeoutMilliseconds: 5000)
        try writer.execute("BEGIN IMMEDIATE")
        let result = try pipeline.shell(
            """
            \(Self.pipe) > lines
            dlt-load $URL --lock-timeout 4 < lines & loader=$!
            while flock -n data/spool/t/locks/1* true; do sleep 0.02; done
            \(Self.pipe) > more; echo "normalize $?"
            dlt-state show --pipeline t > shown; echo "state $?"
            wait $loader; echo "load $?"
            """)
        #expect(result.lines.suffix(3) == ["normalize 0", "state 0", "load 75"], "\(result)")
        #expect(!result.stderr.contains("waiting for another program"), "\(result)")
        try writer.execute("ROLLBACK")
        let loaded = try pipeline.shell("dlt-load $URL --pending; ls data/spool/t/locks")
        #expect(loaded.status == 0 && loaded.lines == ["home"], "\(loaded)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 9)
    }

    @Test func `who waits for a package says which, and for how long`() throws {
        let pipeline = try pipeline("\(Self.pipe) > lines")
        let id = try #require(pipeline.packages().first)
        let held = try pipeline.shell(
            """
            exec 9>> data/spool/t/locks/\(id)
            flock 9
            dlt-load $URL --lock-timeout 0.3 < lines 9>&-; echo "load $?"
            dlt-load $URL < lines 2> messages 9>&- & loader=$!
            while ! grep -q 'waiting for' messages && kill -0 $loader; do sleep 0.02; done
            flock -u 9
            wait $loader; echo "load $?"
            cat messages >&2
            """)
        #expect(held.lines == ["load 75", "load 0"], "\(held)")
        #expect(
            held.stderr.contains("unable to lock package \(id) of pipeline t: another program has held it"), "\(held)")
        #expect(
            held.stderr.contains("waiting for another program that loads package \(id) of pipeline t; `fuser "),
            "\(held)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
    }

    // MARK: Destinations

    @Test(arguments: [false, true]) func `one line to two loads of different databases`(hasHome: Bool) throws {
        for _ in 0..<4 {
            // Named, so that it may go to a second place.
            let pipe = "export DLT_PIPELINE=t; \(Self.pipe)"
            let pipeline = try pipeline(hasHome ? "\(pipe) | dlt-load sqlite:///b.db -q" : "true")
            let result = try pipeline.shell(
                """
                \(pipe) > lines
                dlt-load sqlite:///a.db < lines 2> a.err & first=$!
                dlt-load sqlite:///b.db < lines 2> b.err & second=$!
                wait $first; echo $?; wait $second; echo $?; cat a.err b.err >&2
                """)
            let new: Int64 = hasHome ? 6 : 3
            let rows = try [("a.db", 3), ("b.db", new)].map {
                try count("SELECT count(*) FROM t", in: $0.0, pipeline) == $0.1
            }
            // Whoever ends with 0 has the rows.
            #expect(result.lines == rows.map { $0 ? "0" : "65" }, "\(result)")
            #expect(rows.contains(true), "\(result)")
            if rows.contains(false) { #expect(result.stderr.contains("--also"), "\(result)") }
        }
    }

    @Test func `lines of packages that were loaded say what the database has`() throws {
        let pipeline = try pipeline("\(Self.pipe) > lines; dlt-load $URL -q < lines")
        let again = try pipeline.shell("dlt-load $URL --json < lines")
        #expect(again.status == 0 && again.stdout.contains("\"present\""), "\(again)")
        // Its rows are gone, and nobody has them any more.
        let gone = try pipeline.shell("rm x.db; dlt-load $URL < lines; echo $?; ls x.db")
        #expect(gone.lines == ["65"], "\(gone)")
        #expect(gone.stderr.contains("that destination does not have it"), "\(gone)")
    }

    @Test func `two destinations by one command`() throws {
        let pipeline = try pipeline("\(Self.pipe) > lines")
        let first = try pipeline.shell("dlt-load sqlite:///a.db --also sqlite:///b.db --json < lines")
        #expect(first.status == 0, "\(first)")
        let lines = try first.lines.map { try JSONValue(parsing: $0) }
        #expect(lines.map { $0["destination"]?.stringValue } == ["sqlite:///b.db", "sqlite:///a.db"])
        #expect(lines.allSatisfy { $0["status"]?.stringValue == "loaded" && $0["rows"]?.intValue == 3 })
        #expect(
            first.stderr.contains("into sqlite:///a.db") && first.stderr.contains("into sqlite:///b.db"), "\(first)")
        // Again nothing is doubled, and each has it.
        let again = try pipeline.shell("dlt-load sqlite:///a.db --also sqlite:///b.db --json < lines")
        #expect(again.status == 0 && again.lines.count == 2, "\(again)")
        for file in ["a.db", "b.db"] { #expect(try count("SELECT count(*) FROM t", in: file, pipeline) == 3) }
        #expect(try pipeline.shell("cat data/spool/t/pipeline.json").stdout.contains("a.db"))
    }

    @Test func `a package waits until every destination has it`() throws {
        let pipeline = try pipeline("\(Self.pipe) > lines; echo nonsense nonsense nonsense > b.db; \(Self.pipe) > more")
        let failed = try pipeline.shell("dlt-load $URL --also sqlite:///b.db < lines")
        #expect(failed.status == 65, "\(failed)")
        // Who follows the hint loses neither destination.
        #expect(failed.stderr.contains("x.db --also sqlite:///b.db --pending --pipeline t"), "\(failed)")
        let other = try pipeline.shell("dlt-load sqlite:///no/x.db --dataset main < lines")
        #expect(other.stderr.contains("no/x.db --dataset main --pending"), "\(other)")
        #expect(try pipeline.packages().count == 2)
        let loaded = try pipeline.shell(
            "rm b.db; dlt-load $URL --also sqlite:///b.db --pending --pipeline t --dry-run && dlt-load $URL --also sqlite:///b.db --pending --pipeline t"
        )
        #expect(loaded.status == 0, "\(loaded)")
        #expect(try count("SELECT count(*) FROM t", in: "b.db", pipeline) == 6)
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 6)
        let wrong = try pipeline.shell("dlt-load $URL --also nonsense --pending")
        #expect(wrong.status == 64, "\(wrong)")
    }

    @Test func `a second destination that lacks the state is told with the command that brings it`() throws {
        let pipe = "dlt-extract files --new '*.jsonl' --resource t -q | dlt-normalize -q"
        let pipeline = try pipeline("\(pipe) | dlt-load $URL -q; cp in.jsonl more.jsonl")
        let refused = try pipeline.shell("\(pipe) | dlt-load $URL --also 'sqlite:///b 2.db'")
        #expect(refused.status == 78, "\(refused)")
        let push = try #require(refused.stderr.firstMatch(of: /home: (dlt-state push .*?) writes/)?.1)
        let load = try #require(refused.stderr.firstMatch(of: /waits: (dlt-load .*?) loads it/)?.1)
        let loaded = try pipeline.shell("\(push) && \(load)")
        #expect(loaded.status == 0, "\(loaded)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 6)
        #expect(try count("SELECT count(*) FROM t", in: "b 2.db", pipeline) == 3)
    }

    // MARK: Groups

    @Test func `what waits together is loaded together`() throws {
        let pipeline = try pipeline("for n in $(seq 20); do \(Self.pipe) --run-key $n; done > lines")
        let result = try pipeline.shell(
            "dlt-load $URL --json < lines; ls data/spool/t/packages data/spool/t/locks; ls data/spool/t/loaded/*")
        #expect(result.status == 0, "\(result)")
        #expect(result.stderr.contains("60 rows: t 60; 20 packages into"), "\(result)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 60)
        #expect(try pipeline.integer("SELECT count(DISTINCT inserted_at) FROM _dlt_loads WHERE status = 0") == 20)
        #expect(
            try pipeline.integer(
                "SELECT count(*) FROM _dlt_loads a JOIN _dlt_loads b ON a.load_id < b.load_id AND a.inserted_at >= b.inserted_at"
            )
                == 0)
        #expect(result.lines.filter { $0 == "manifest.json" }.count == 20, "\(result)")
        #expect(!result.lines.contains("schema.json"))
    }

    @Test func `one that cannot be loaded does not keep the ones before it`() throws {
        let pipeline = try pipeline("for n in $(seq 6); do \(Self.pipe); done > lines")
        let ids = try pipeline.packages()
        let jobs = "data/spool/t/packages/\(ids[3])/jobs"
        let damaged = try pipeline.shell("truncate -s -1 \(jobs)/t.*; dlt-load $URL --pending --pipeline t")
        #expect(damaged.status == 65, "\(damaged)")
        #expect(damaged.stderr.contains(ids[3]), "\(damaged)")
        // Nor those behind it.
        #expect(try pipeline.packages() == [])
        #expect(try pipeline.shell("ls data/spool/t/failed").lines == [ids[3]])
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 15)
    }

    @Test func `run keys are compared within a group`() throws {
        let pipeline = try pipeline(
            "\(Self.pipe) --run-key a > lines; rm -r data/spool/t/run_keys; mkdir data/spool/t/run_keys; \(Self.pipe) --run-key a >> lines"
        )
        #expect(try pipeline.packages().count == 2)
        let result = try pipeline.shell("dlt-load $URL --pending --pipeline t")
        #expect(result.status == 0, "\(result)")
        #expect(result.stderr.contains("is the same run as load"), "\(result)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 3)
        #expect(try pipeline.packages() == [])
    }
}
