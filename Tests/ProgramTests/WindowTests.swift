import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// Backfills: windows of the past, several at once, killed and run again.
struct WindowTests {
    /// Thirty days of records in any order and zone, whose fields change from day to day.
    static func events() -> [String] {
        (0..<1200).map { id in
            let day = id * 7 % 30
            let minute = id * 37 % 1440
            let zone = ["Z", "+00:00"][id % 2]
            let at = "2024-06-\(two(day + 1))T\(two(minute / 60)):\(two(minute % 60)):00\(zone)"
            // What one day calls a number is a text on another, and each week knows a field of its own.
            let x = day % 2 == 0 ? "\(id)" : "\"n\(id)\""
            let tags = day % 3 == 0 ? ",\"tags\":[\(id),\(id + 1)]" : ""
            return "{\"id\":\(id),\"at\":\"\(at)\",\"x\":\(x),\"week\(day / 7)\":{\"v\":\(id)}\(tags)}"
        }
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    static let days = "for d in $(seq 0 29); do date -u -d \"2024-06-01 +$d day\" +%F; done"

    /// Rows as they are, whatever column their value found its place in.
    private static func content(_ pipeline: Pipeline) throws -> [String] {
        let database = try pipeline.database()
        let columns = try database.prepare("SELECT name FROM pragma_table_info('events')")
        var values: [String] = []
        while try columns.step() {
            let name = columns.string(0)
            if name == "x" || name.hasPrefix("x__v_") || name.hasPrefix("week") { values.append(name) }
        }
        func coalesce(_ prefix: String) -> String {
            "coalesce(" + values.filter { $0.hasPrefix(prefix) }.joined(separator: ", ") + ", null)"
        }
        let rows = try database.prepare(
            "SELECT id, at, cast(\(coalesce("x")) AS text), \(coalesce("week")), "
                + "(SELECT group_concat(value) FROM events__tags c WHERE c._dlt_parent_id = e._dlt_id) FROM events e ORDER BY id"
        )
        var lines: [String] = []
        while try rows.step() { lines.append((0..<5).map { rows.string($0) }.joined(separator: "|")) }
        return lines
    }

    @Test(arguments: ["append", "merge"])
    func `thirty windows, four at a time and some of them killed, equal one clean run`(disposition: String) throws {
        let clean = try Pipeline()
        let killed = try Pipeline()
        for pipeline in [clean, killed] {
            try pipeline.folder.write("events.jsonl", Self.events().joined(separator: "\n"))
        }
        let options = "--pipeline events --primary-key id --write-disposition \(disposition)"
        let once = try clean.shell("dlt-extract files events.jsonl \(options) | dlt-normalize | dlt-load $URL")
        #expect(once.status == 0, "\(once)")
        try killed.folder.write(
            "window",
            """
            #!/bin/bash
            # window DAY [deadly]: each program may be killed at any moment of its work.
            perhaps() {
              if [ -n "$deadly" ]; then timeout --foreground -s KILL 0.$((RANDOM % 2))$((RANDOM % 10)) "$@"; else "$@"; fi
            }
            deadly=$2
            next=$(date -u -d "$1 +1 day" +%F)
            perhaps dlt-extract files events.jsonl --cursor at --from "$1" --to "$next" \(options) 2>>log |
              perhaps dlt-normalize 2>>log | perhaps dlt-load "$URL" 2>>log
            status=$?
            echo "$1 $status"
            exit 0
            """)
        let first = try killed.shell(
            "(\(Self.days)) | xargs -P 4 -I{} bash window {} deadly", timeoutSeconds: 180)
        #expect(first.lines.count == 30)
        let survivors = first.lines.filter { $0.hasSuffix(" 0") }.count
        #expect(survivors < 30, "nothing was killed, so nothing was shown")
        let again = try killed.shell(
            "(\(Self.days)) | xargs -P 4 -I{} bash window {}; cat log >&2", timeoutSeconds: 180)
        #expect(again.lines.allSatisfy { $0.hasSuffix(" 0") } && again.lines.count == 30, "\(again)")
        #expect(try Self.content(killed) == Self.content(clean))
        #expect(try killed.integer("SELECT count(*) FROM _dlt_loads") == 30)
        #expect(try killed.packages("events").isEmpty)
        // A third time nothing is read any more, and the forward cursor was never touched.
        let third = try killed.shell("bash window 2024-06-07; tail -n 20 log")
        #expect(third.lines.first == "2024-06-07 0" && third.stdout.contains("was loaded"), "\(third)")
        let state = try killed.shell("dlt-state get sources --pipeline events")
        #expect(state.status == 66, "\(state)")
    }

    @Test
    func `a window is delivered once, unless it is said again`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("t.jsonl", (0..<10).map { "{\"t\":\($0)}" }.joined(separator: "\n"))
        let window = "dlt-extract files t.jsonl --cursor t --from 2 --to 4"
        func count() throws -> Int64? { try pipeline.integer("SELECT count(*) FROM t") }
        // Published, but not loaded.
        let published = try pipeline.shell("\(window) | dlt-normalize > lines; wc -l < lines")
        #expect(published.lines == ["3"], "\(published)")
        let waiting = try pipeline.shell("\(window) | dlt-normalize | dlt-load $URL")
        #expect(waiting.status == 0 && waiting.stderr.contains("waits to be loaded"), "\(waiting)")
        #expect(try count() == 2)
        let loaded = try pipeline.shell("\(window) | dlt-normalize | dlt-load $URL")
        #expect(
            loaded.status == 0 && loaded.stderr.contains("was loaded") && loaded.stderr.contains("--again"), "\(loaded)"
        )
        #expect(try count() == 2)
        let again = try pipeline.shell("\(window) --again | dlt-normalize | dlt-load $URL")
        #expect(again.status == 0, "\(again)")
        #expect(try count() == 4)
        // On a machine that knows nothing of it the destination does.
        let elsewhere = try pipeline.shell(
            "dlt-state pull $URL --pipeline t; \(window) | dlt-normalize | dlt-load $URL",
            environment: ["DLT_DATA_DIR": pipeline.folder.path("other")])
        #expect(elsewhere.status == 0 && elsewhere.stderr.contains("is the same run as load"), "\(elsewhere)")
        #expect(try count() == 4)
        let manifest = try pipeline.shell("cat data/spool/t/loaded/*/manifest.json | head -1")
        #expect(try JSONValue(parsing: manifest.stdout)["run_key"] == #"["t","t","2","4"]"#)
        // A key of one's own.
        let own = "dlt-extract files t.jsonl --run-key nightly | dlt-normalize | dlt-load $URL"
        let keyed = try pipeline.shell("\(own); \(own)")
        #expect(keyed.status == 0)
        #expect(try count() == 14)
        let two = try pipeline.shell(
            "{ \(window) --again; dlt-extract files t.jsonl --cursor t --from 4 --to 5; } | dlt-normalize")
        #expect(two.status == 64 && two.stderr.contains("several windows"), "\(two)")
    }

    @Test
    func `windows leave the forward cursor alone, and it them`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("t.jsonl", (0..<10).map { "{\"t\":\($0)}" }.joined(separator: "\n"))
        let run = try pipeline.shell(
            """
            pipe() { dlt-extract files t.jsonl --cursor t "$@" | dlt-normalize | dlt-load $URL || exit; }
            pipe --initial 6
            pipe --from 0 --to 3
            pipe --from 3 --to 6
            echo '{"t":11}' > t.jsonl
            pipe
            """)
        #expect(run.status == 0, "\(run)")
        #expect(try pipeline.integers("SELECT t FROM t ORDER BY t") == Array(0...9) + [11])
    }

    @Test
    func `of two runs at once one waits or is told to run again, and no record is lost or doubled`() throws {
        let pipeline = try Pipeline()
        let result = try pipeline.shell(
            """
            pipe() { dlt-extract files t.jsonl --cursor t | dlt-normalize | dlt-load $URL 2>> log; echo $?; }
            for round in $(seq 8); do
              for i in 1 2 3; do echo "{\\"t\\":$round,\\"id\\":$((round * 10 + i))}" >> t.jsonl; done
              pipe & pipe & wait
            done
            pipe
            """, timeoutSeconds: 120)
        #expect(result.lines.count == 17 && result.lines.allSatisfy { $0 == "0" || $0 == "75" }, "\(result)")
        #expect(result.lines.last == "0")
        let expected = (1...8).flatMap { round in (1...3).map { Int64(round * 10 + $0) } }
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == expected)
    }
}
