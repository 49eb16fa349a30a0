import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, Comment(rawValue: PostgreSQLServer.absence)))
struct CursorPushdownTests {
    private static let events = """
        CREATE TABLE t(id int PRIMARY KEY, at timestamptz, naive timestamp, day date, n numeric, word text);
        INSERT INTO t VALUES (1, '2026-11-01 10:00+00', '2026-11-01 10:00', '2026-11-01', 1.5, 'B'),
        (2, '2026-11-02 10:00+00', '2026-11-02 10:00', '2026-11-02', 2.5, 'a'), (3, '2026-11-03 10:00:00.000001+00',
        '2026-11-03 10:00:00.000001', '2026-11-03', 10.25, 'é'), (4, NULL, NULL, NULL, NULL, NULL);
        """
    private static let pipe = "dlt-extract sql \"$URL\" --schema $SCHEMA --table t -q"

    private static func ids(_ result: ProgramResult) -> [Int] {
        result.records.compactMap { record in Int(record.dropFirst(6).prefix { $0.isNumber }) }.sorted()
    }

    @Test func `a range is the same by each type of cursor`() throws {
        let database = try SourceDatabase(Self.events)
        for (cursor, start, end) in [
            ("at", "2026-11-02T12:00:00+02:00", "2026-11-03T10:00:00.000001Z"),
            ("naive", "2026-11-02T10:00:00", "2026-11-03 10:00:00.000001"),
            ("day", "2026-11-02", "2026-11-03"), ("n", "2.5", "10.25"), ("word", "a", "é"), ("id", "2", "3"),
        ] {
            let base = "\(Self.pipe) --cursor \(cursor) --on-missing exclude"
            func found(_ options: String) throws -> [Int] { Self.ids(try database.shell("\(base) \(options)")) }
            let rest = cursor == "id" ? [2, 3, 4] : [2, 3]
            #expect(try found("--initial '\(start)'") == rest, "\(cursor)")
            #expect(try found("--initial '\(start)' --range-start open") == Array(rest.dropFirst()), "\(cursor)")
            #expect(try found("--from '\(start)' --to '\(end)'") == [2], "\(cursor)")
            #expect(try found("--from '\(start)' --to '\(end)' --range-end closed") == [2, 3], "\(cursor)")
            #expect(try found("--initial '\(start)' --last-value min") == [1, 2], "\(cursor)")
            #expect(try found("--initial '\(start)' --row-order asc") == rest, "\(cursor)")
            #expect(try found("--initial '\(start)' --row-order desc") == rest, "\(cursor)")
        }
    }

    @Test func `a number of single precision is compared by the digits that its record has`() throws {
        let database = try SourceDatabase("CREATE TABLE t(id int, r real); INSERT INTO t VALUES (1, 0.1), (2, -0.1)")
        func found(_ options: String) throws -> [Int] {
            Self.ids(try database.shell("\(Self.pipe) --cursor r \(options)"))
        }
        #expect(try found("--initial=-0.1") == [1, 2])
        #expect(try found("--initial 0.1 --last-value min") == [1, 2])
        #expect(try found("--from 0 --to 0.1 --range-end closed") == [1])
    }

    @Test func `money is compared as a number`() throws {
        let database = try SourceDatabase("CREATE TABLE t(id int, paid money); INSERT INTO t VALUES (1, 1.5), (2, 2)")
        let found = try database.shell("\(Self.pipe) --cursor paid --initial 1.75")
        #expect(found.status == 0 && Self.ids(found) == [2], "\(found)")
    }

    @Test func `rows without a value fail the run, are included or left out`() throws {
        let database = try SourceDatabase(Self.events)
        let raise = try database.shell("\(Self.pipe) --cursor at")
        #expect(raise.status == 65 && raise.stderr.contains("it is null"), "\(raise)")
        #expect(
            Self.ids(try database.shell("\(Self.pipe) --cursor at --on-missing include --initial 2026-11-02")) == [
                2, 3, 4,
            ])
        #expect(Self.ids(try database.shell("\(Self.pipe) --cursor at --on-missing exclude")) == [1, 2, 3])
        #expect(Self.ids(try database.shell("\(Self.pipe) --cursor at --initial 2026-11-02")) == [2, 3])
    }

    @Test func `the next run brings each new row once, also from chunks and with a lag`() throws {
        let database = try SourceDatabase(
            """
            CREATE TABLE t(id int PRIMARY KEY, at timestamp); INSERT INTO t SELECT g, '2026-01-01'::timestamp + g / 3 * interval '1 h'
            FROM generate_series(1, 100) AS g
            """)
        let load = "dlt-normalize -q | dlt-load sqlite:///x.db -q"
        let all = try database.shell(
            """
            for try in $(seq 12); do
              \(Self.pipe) --cursor at --row-order asc --chunk-size 15 | \(load)
              case $? in 10) ;; 0) break;; *) exit 1;; esac
            done
            dlt-query sqlite:///x.db --format jsonl 'SELECT count(*) AS n, count(DISTINCT id) AS ids FROM t'
            """)
        #expect(all.lines == [#"{"n":100,"ids":100}"#], "\(all)")
        try database.execute("INSERT INTO t SELECT g, '2026-02-01' FROM generate_series(101, 103) AS g")
        let more = try database.shell(
            """
            \(Self.pipe) --cursor at | \(load)
            \(Self.pipe) --cursor at --lag 2h | dlt-normalize -q --write-disposition merge | dlt-load sqlite:///x.db -q
            dlt-query sqlite:///x.db --format jsonl 'SELECT count(*) AS n, count(DISTINCT id) AS ids FROM t'
            """)
        #expect(more.lines == [#"{"n":103,"ids":103}"#], "\(more)")
    }

    @Test func `the state has dlt's types`() throws {
        let database = try SourceDatabase(Self.events)
        for (cursor, value) in [
            ("at", "\u{F027}2026-11-03T10:00:00.000001+00:00"), ("naive", "\u{F027}2026-11-03T10:00:00.000001"),
            ("day", "\u{F028}2026-11-03"), ("n", "\u{F026}10.25"), ("word", "é"),
        ] {
            let result = try database.shell("\(Self.pipe) --cursor \(cursor) --on-missing exclude")
            #expect(result.stdout.contains("\"last_value\":\"\(value)\""), "\(cursor): \(result)")
        }
        #expect(try database.shell("\(Self.pipe) --cursor id").stdout.contains("\"last_value\":4,"))
    }
}
