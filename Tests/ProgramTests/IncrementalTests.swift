import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// Incremental loading from source to destination and back, in separate programs.
struct IncrementalTests {
    static let pipe = " | dlt-normalize | dlt-load $URL"

    @Test
    func `each run brings what is new, also on a machine that was empty before`() throws {
        let pipeline = try Pipeline()
        func run(_ lines: [String], from folder: String = "data") throws {
            try pipeline.folder.write("t.jsonl", lines.joined(separator: "\n") + "\n")
            let result = try pipeline.shell(
                "dlt-extract files --cursor meta.at t.jsonl" + Self.pipe,
                environment: ["DLT_DATA_DIR": pipeline.folder.path(folder)])
            #expect(result.status == 0, "\(result)")
        }
        func row(_ id: Int, _ at: String) -> String { "{\"id\":\(id),\"meta\":{\"at\":\"\(at)\"}}" }
        try run([row(1, "2024-01-01T00:00:00Z"), row(2, "2024-01-02T00:00:00+01:00"), row(3, "2024-01-01T23:00:00Z")])
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2, 3])
        // At the boundary, of another spelling: 2 and 3 are known, 4 is new, 5 is older.
        try run([
            row(1, "2024-01-01T00:00:00Z"), row(2, "2024-01-02T00:00:00+01:00"), row(3, "2024-01-01T23:00:00Z"),
            row(4, "2024-01-01 23:00"), row(5, "2024-01-01"),
        ])
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2, 3, 4])
        let nothing = try pipeline.shell("dlt-extract files --cursor meta.at t.jsonl" + Self.pipe)
        #expect(nothing.status == 0)
        #expect(try pipeline.integer("SELECT count(*) FROM _dlt_loads") == 2)

        let pull = try pipeline.shell(
            "dlt-state pull $URL --pipeline t && dlt-state get sources.t.resources.t.incremental --pipeline t --json",
            environment: ["DLT_DATA_DIR": pipeline.folder.path("other")])
        let memory = try JSONValue(parsing: pull.lines.last ?? "")
        #expect(memory["meta.at", "last_value"] == "2024-01-02T00:00:00+01:00", "\(pull)")
        #expect(memory["meta.at", "unique_hashes"]?.arrayValue?.count == 3)
        try run([row(4, "2024-01-01 23:00"), row(6, "2024-01-03")], from: "other")
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2, 3, 4, 6])
        // The first machine does not know of that, and finds out before anything is doubled.
        let behind = try pipeline.shell("dlt-extract files --cursor meta.at t.jsonl" + Self.pipe)
        #expect(behind.status == 75 && behind.stderr.contains("run the whole pipe again"), "\(behind)")
        try run([row(6, "2024-01-03"), row(7, "2024-01-03T00:00:00.5Z")])
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2, 3, 4, 6, 7])

        let reset = try pipeline.shell(
            "dlt-state reset --resource t --pipeline t && dlt-load $URL --pending --pipeline t && "
                + "dlt-extract files --cursor meta.at t.jsonl" + Self.pipe)
        #expect(reset.status == 0, "\(reset)")
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2, 3, 4, 6, 6, 7, 7])
    }

    @Test(arguments: [
        ("--cursor t --limit 1", 64, "--row-order asc"),
        ("--cursor t --row-order desc --chunk-size 1", 64, "--row-order asc"),
        ("--cursor t --row-order asc --range-start open --limit 1", 64, "closed start"),
        ("--cursor t --from 1", 64, "two ends"), ("--cursor t --from 2 --to 2", 64, "ends where it begins"),
        ("--cursor t --from 1 --to 3 --last-value min", 64, "goes down"), ("--from 1 --to 2", 64, "--cursor PATH"),
        ("--cursor t --from 1 --to x", 64, "cannot be compared"),
        ("--cursor t --from 1 --to 2 --limit 1", 64, "whole or not at all"),
        ("--cursor t --from 1 --to 2 --new", 64, "remembers nothing"),
        ("--cursor t --from 1 --to 2 --lag 1", 64, "--from"),
        ("--cursor t --from 1 --to 2 --refresh drop-data", 64, "other windows"),
        ("--cursor t --initial 1 --from 1 --to 2", 64, "--from"), ("--cursor t --range-end closed", 64, "--to"),
        ("--cursor t --lag 3y", 64, "such as 2d"), ("--cursor 'a..b'", 64, "..` is not supported"),
        ("--cursor '$'", 64, "no field"),
        ("--cursor t --cursor-type number --initial x", 64, "a number"), ("--lag 1", 64, "--cursor PATH"),
        ("--cursor t --last-value avg", 64, "max"), ("--cursor t --on-missing skip", 64, "raise"),
        ("--refresh all", 64, "drop-sources"), ("--by-modification --cursor t", 64, "modification_date"),
        ("--by-modification --new", 64, "either"), ("--by-modification --last-value min", 64, "modification_date"),
        ("--by-modification --limit 1", 64, "--limit"),
        ("--cursor t --cursor-type time", 65, "expected a time, got the text \"x\""),
        ("--cursor u", 65, "no such field"),
        ("--cursor t --initial x --lag 1 --cursor-type text --write-disposition merge --primary-key t", 65, "number 1"),
    ])
    func `what cannot be done is said`(options: String, status: Int, word: String) throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("t.jsonl", "{\"t\":1}\n{\"t\":\"x\"}\n")
        let result = try pipeline.shell(
            "dlt-extract files t.jsonl \(options) > out; echo $?; test -s out; echo $?; dlt-normalize < out | dlt-load $URL"
        )
        #expect(result.lines.first == "\(status)" && result.stderr.contains(word), "\(options): \(result)")
        // What is wrong with the words of a command is found before there is a stream.
        #expect(Int(result.status) == (result.lines.dropFirst().first == "0" ? status : 75), "\(result)")
        #expect(try pipeline.contents().isEmpty)
    }

    @Test(arguments: ["--cursor t", "--cursor t --from 0 --to 9", "--new", "--limit 1", "--by-modification", "dead"])
    func `what needs the complete set is refused on a part of it`(narrowing: String) throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("t.jsonl", "{\"t\":1}\n{\"t\":2}\n")
        for disposition in [
            "--write-disposition replace", "--write-disposition scd2", "--write-disposition merge --merge-key t",
        ] {
            let extract =
                narrowing == "dead"
                ? "dlt-extract exec --resource t \(disposition) -- sh -c 'cat t.jsonl; exit 1'"
                : "dlt-extract files t.jsonl \(narrowing) \(disposition)"
            let result = try pipeline.shell(extract + Self.pipe)
            #expect(result.status == 65 && result.stderr.contains("a part of its rows"), "\(extract): \(result)")
            #expect(try pipeline.packages().isEmpty)
        }
        let fine = try pipeline.shell("dlt-extract files t.jsonl --write-disposition replace" + Self.pipe)
        #expect(fine.status == 0)
        let meant = try pipeline.shell(
            "dlt-extract files t.jsonl --cursor t --initial 2 --write-disposition replace | dlt-normalize --partial-ok | dlt-load $URL"
        )
        #expect(meant.status == 0, "\(meant)")
        #expect(try pipeline.integers("SELECT t FROM t") == [2])
    }

    @Test(arguments: [1, 3, 7])
    func `chunks of a source in order deliver everything once`(size: Int) throws {
        let pipeline = try Pipeline()
        let lines = (0..<20).map { "{\"id\":\($0),\"t\":\($0 / 4)}" }
        try pipeline.folder.write("t.jsonl", lines.joined(separator: "\n"))
        let result = try pipeline.shell(
            """
            for i in $(seq 40); do
              dlt-extract files t.jsonl --cursor t --row-order asc --chunk-size \(size) | dlt-normalize | dlt-load $URL
              status=$?
              [ $status -eq 10 ] || break
            done
            echo "$i $status"
            """)
        #expect(result.lines.last == "\((20 + size - 1) / size) 0", "\(result)")
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == (0..<20).map(Int64.init))
    }

    @Test
    func `a run that is stopped goes on where it was only if the source is in order`() throws {
        for (order, more) in [("--row-order asc", true), ("", false)] {
            let pipeline = try Pipeline()
            // 48 MB of records, then one that never comes.
            let script =
                "head -c 1500 /dev/zero | tr '\\\\0' x > pad; i=0; pad=$(cat pad); "
                + "awk -v pad=\"$pad\" 'BEGIN { for (i = 0; i < 32000; i++) print \"{\\\"t\\\":\" i \",\\\"p\\\":\\\"\" pad \"\\\"}\" }'; "
                + "touch told; while :; do sleep 0.05; done"
            try pipeline.folder.write("gen.sh", script)
            let result = try pipeline.shell(
                """
                dlt-extract exec --resource t --cursor t \(order) -- sh gen.sh > out & child=$!
                until [ -e told ]; do sleep 0.05; done
                sleep 0.3
                kill -TERM $child
                wait $child
                echo "status $?"
                dlt-normalize < out | dlt-load $URL
                echo "loaded $?"
                """, timeoutSeconds: 120)
            #expect(result.lines.contains("status 143"), "\(result.stderr)")
            let tables = try pipeline.contents().contains { $0.hasPrefix("t: ") }
            #expect(tables == more, "\(order) \(result.stderr)")
            guard more else { continue }
            let last = try #require(try pipeline.integer("SELECT max(t) FROM t"))
            #expect(try pipeline.integer("SELECT count(*) FROM t") == last + 1)
            let state = try pipeline.shell("dlt-state get sources.t.resources.t.incremental.t.last_value --pipeline t")
            #expect(state.lines.first == "\(last)")
        }
    }

    @Test
    func `a command is told what is wanted`() throws {
        let pipeline = try Pipeline()
        let command =
            "sh -c 'echo \"{\\\"t\\\":5,\\\"seen\\\":\\\"$DLT_CURSOR|$DLT_LAST_VALUE|$DLT_CURSOR_START|$DLT_CURSOR_END\\\"}\"'"
        func seen(_ options: String) throws -> String? {
            let result = try pipeline.shell("dlt-extract exec --resource t \(options) -- \(command)")
            let record = try result.lines.compactMap { try JSONValue(parsing: $0)["record", "seen"]?.stringValue }.first
            if record == nil { Issue.record("\(result)") }
            return record
        }
        #expect(try seen("--cursor t") == "t|||")
        #expect(try seen("--cursor t --initial 3") == "t|3|3|")
        #expect(try seen("--cursor t --from 4 --to 6") == "t|4|4|6")
        let load = try pipeline.shell("dlt-extract exec --resource t --cursor t -- \(command)" + Self.pipe)
        #expect(load.status == 0, "\(load)")
        #expect(try seen("--cursor t --lag 2") == "t|5|3|")
    }

    @Test
    func `new files and new records go together, and so do several commands`() throws {
        let pipeline = try Pipeline()
        func run(_ options: String) throws {
            let result = try pipeline.shell("dlt-extract \(options) --cursor t --pipeline t" + Self.pipe)
            #expect(result.status == 0, "\(result)")
        }
        try pipeline.folder.write("a/1.jsonl", "{\"t\":1}\n{\"t\":3}\n")
        try pipeline.folder.write("a/2.jsonl", "{\"t\":2}\n")
        try run("files --new a")
        // Read again as a whole, since it has changed; its old records are not delivered again.
        try pipeline.folder.write("a/1.jsonl", "{\"t\":1}\n{\"t\":3}\n{\"t\":4}\n")
        try run("files --new a")
        #expect(try pipeline.integers("SELECT t FROM a ORDER BY t") == [1, 2, 3, 4])
        let state = try pipeline.shell("dlt-state get sources.t.resources.a --pipeline t --json")
        let memory = try JSONValue(parsing: state.lines.last ?? "")
        #expect(memory["files"]?.objectValue?.count == 2 && memory["incremental", "t", "last_value"] == 4)
        for _ in 0..<2 { try run("exec --command b='cat a/1.jsonl' --command c='cat a/2.jsonl'") }
        #expect(try pipeline.integers("SELECT t FROM b UNION ALL SELECT t FROM c") == [1, 3, 4, 2])
        // A run that fails half way remembers nothing.
        try pipeline.folder.write("a/3.jsonl", "{\"t\":9}\n")
        try pipeline.folder.write("a/4.json", "[{\"t\":5},")
        let failed = try pipeline.shell("dlt-extract files --new a --cursor t --pipeline t" + Self.pipe)
        #expect(failed.status == 65)
        try pipeline.folder.write("a/4.json", "[{\"t\":5}]")
        try run("files --new a")
        #expect(try pipeline.integers("SELECT t FROM a ORDER BY t") == [1, 2, 3, 4, 5, 9])
    }

    @Test
    func `files modified since the last run are delivered, and again when they change`() throws {
        let pipeline = try Pipeline()
        for (name, time) in [("a", "2024-01-01 00:00"), ("b", "2024-01-03 00:00"), ("c", "2024-01-02 00:00")] {
            try pipeline.folder.write("in/\(name).jsonl", "{\"f\":\"\(name)\"}\n")
            _ = try pipeline.shell("TZ=UTC touch -d '\(time)' in/\(name).jsonl")
        }
        func names() throws -> [String] {
            let result = try pipeline.shell("dlt-extract files in --by-modification --pipeline t" + Self.pipe)
            #expect(result.status == 0, "\(result)")
            let database = try pipeline.database().prepare("SELECT f FROM \"in\" ORDER BY _dlt_load_id")
            var found: [String] = []
            while try database.step() { found.append(database.string(0)) }
            return found
        }
        #expect(try names() == ["a", "c", "b"])
        #expect(try names() == ["a", "c", "b"])
        // One that is as old as the newest, and one that was touched.
        try pipeline.folder.write("in/d.jsonl", "{\"f\":\"d\"}\n")
        _ = try pipeline.shell(
            "TZ=UTC touch -d '2024-01-03 00:00' in/d.jsonl; TZ=UTC touch -d '2024-01-04 00:00' in/a.jsonl")
        #expect(try names() == ["a", "c", "b", "d", "a"])
        let state = try pipeline.shell(
            "dlt-state get sources.t.resources.in.incremental.modification_date --json --pipeline t")
        let memory = try JSONValue(parsing: state.lines.last ?? "")
        #expect(
            memory["last_value"] == "\u{F027}2024-01-04T00:00:00+00:00"
                && memory["unique_hashes"]?.arrayValue?.count == 1)
        let window = try pipeline.shell(
            "dlt-extract files in --by-modification --pipeline t --from 2024-01-02 --to 2024-01-03 | grep RECORD")
        #expect(window.lines.count == 1 && window.stdout.contains("c"))
    }
}
