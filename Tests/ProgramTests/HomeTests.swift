import SQLite
import SystemIO
import TestSupport
import Testing

/// Packages that are to be loaded where their pipeline is not at home, and those that wait.
@Suite struct HomeTests {
    private let pipeline: Pipeline

    init() throws {
        pipeline = try Pipeline()
        for (folder, row) in [("p1", "{\"a\":1}\n"), ("p2", "{\"b\":2}\n")] {
            try Files.makeDirectory(pipeline.folder.path(folder))
            try pipeline.folder.write("\(folder)/users.jsonl", row)
        }
    }

    private func take(_ folder: String, _ database: String, _ options: String = "", _ load: String = "") throws
        -> ProgramResult
    {
        try pipeline.shell(
            "dlt-extract files \(folder)/users.jsonl \(options) | dlt-normalize | dlt-load sqlite:///\(database) \(load)"
        )
    }

    @Test(arguments: ["", "--new"])
    func `another project's file of the same name does not get into this one's database`(_ options: String) throws {
        #expect(try take("p1", "x.db", options).status == 0)
        let second = try take("p2", "b.db", options)
        #expect(second.status == 78, "\(second)")
        #expect(second.stderr.contains("at home in sqlite:///\(pipeline.folder.path)/x.db"), "\(second)")
        #expect(second.stderr.contains("--pipeline"), "\(second)")
        #expect(!Files.exists(pipeline.folder.path("b.db")))
        let first = try take("p1", "x.db")
        #expect(first.status == 0, "\(first)")
        #expect(try pipeline.integers("SELECT a FROM users") == [1, 1])
        #expect(try pipeline.integer("SELECT count(*) FROM pragma_table_info('users') WHERE name = 'b'") == 0)
        // With a name of its own it has a home of its own.
        #expect(try take("p2", "b.db", "\(options) --pipeline second").status == 0)
        let waiting = try pipeline.shell("dlt-state packages --waiting --json")
        #expect(waiting.stdout.isEmpty, "\(waiting)")
    }

    @Test func `nothing is published where dlt-load refuses the pipeline in time`() throws {
        #expect(try take("p1", "x.db").status == 0)
        let second = try pipeline.shell(
            """
            mkfifo lines; dlt-load sqlite:///b.db < lines & load=$!
            dlt-extract files p2/users.jsonl | { dlt-normalize; echo "normalize $?" >&2; } > lines
            wait $load; echo "load $?"; ls data/spool/users/packages data/spool/users/locks; ls data/spool/users/failed
            """)
        #expect(second.lines.contains("load 78") && second.stderr.contains("normalize 78"), "\(second)")
        #expect(second.stderr.contains("nothing was published"), "\(second)")
        #expect(!second.stdout.contains("refused") && second.stderr.contains("users/failed'"), "\(second)")
        // Who reads the lines and is no dlt-load has nothing against it.
        let tee = try pipeline.shell("dlt-extract files p1/users.jsonl | dlt-normalize | tee all | dlt-load $URL")
        #expect(tee.status == 0, "\(tee)")
        #expect(try pipeline.integer("SELECT count(*) FROM users") == 2)
    }

    @Test func `a named pipeline is loaded elsewhere with a warning, and stays for its home`() throws {
        #expect(try take("p1", "x.db", "--pipeline n").status == 0)
        let away = try take("p1", "b.db", "--pipeline n")
        #expect(away.status == 0, "\(away)")
        #expect(away.stderr.contains("warning: package ") && away.stderr.contains("waits for its home"), "\(away)")
        // The two commands move it.
        let commands = try #require(away.stderr.firstMatch(of: /move the pipeline here: (dlt-state move .*)/)?.1)
        let moved = try pipeline.shell(String(commands))
        #expect(moved.status == 0, "\(moved)")
        let again = try take("p1", "b.db", "--pipeline n")
        #expect(again.status == 0 && !again.stderr.contains("warning"), "\(again)")
        #expect(try pipeline.integer("SELECT count(*) FROM users") == 1)
    }

    @Test func `a state that another place does not have is refused with the way to move`() throws {
        #expect(try take("p1", "x.db", "--new --pipeline n").status == 0)
        try pipeline.folder.write("p1/users.jsonl", "{\"a\":1}\n{\"a\":2}\n")
        let away = try take("p1", "b.db", "--new --pipeline n")
        #expect(away.status == 78 && away.stderr.contains("dlt-state move sqlite:///b.db --pipeline n"), "\(away)")
        #expect(try pipeline.shell("dlt-state move sqlite:///b.db --pipeline n").status == 0)
        let moved = try take("p1", "b.db", "--new --pipeline n")
        #expect(moved.status == 0, "\(moved)")
    }

    @Test func `packages named by their path go anywhere`() throws {
        #expect(try take("p1", "x.db").status == 0)
        let result = try pipeline.shell(
            """
            dlt-extract files p1/users.jsonl | dlt-normalize > lines
            dlt-load sqlite:///b.db "$(sed -n 's/.*"path":"\\([^"]*\\)".*/\\1/p' lines | sed 's,\\\\/,/,g')"
            """)
        #expect(result.status == 0, "\(result)")
    }

    @Test func `a load tells of older packages that wait`() throws {
        let first = try pipeline.shell("dlt-extract files p1/users.jsonl | dlt-normalize > lines")
        #expect(first.status == 0)
        let second = try take("p1", "x.db")
        #expect(second.status == 0 && second.stderr.contains("1 older package of users waits"), "\(second)")
        let command = try #require(second.stderr.firstMatch(of: /UTC\): (dlt-load .*?) loads it/)?.1)
        #expect(try pipeline.shell(String(command)).status == 0)
        #expect(try pipeline.integer("SELECT count(*) FROM users") == 2)
        #expect(try !take("p1", "x.db").stderr.contains("older"))
    }

    @Test func `a database that is gone is noticed although nothing is new`() throws {
        #expect(try take("p1", "x.db", "--new").status == 0)
        try Files.remove(pipeline.databasePath)
        let nothing = try take("p1", "x.db", "--new")
        #expect(nothing.status == 65 && nothing.stderr.contains("no longer has anything of it"), "\(nothing)")
        let command = try #require(nothing.stderr.firstMatch(of: /or (dlt-state reset --pipeline users), and/)?.1)
        #expect(try pipeline.shell(String(command)).status == 0)
        #expect(try take("p1", "x.db", "--new").status == 0)
        #expect(try pipeline.integers("SELECT a FROM users") == [1])
    }

    @Test func `a load that was stopped says which of two ways does not double rows`() throws {
        let plain = try pipeline.shell(
            """
            mkfifo go
            sqlite3 x.db 'CREATE TABLE other(a); BEGIN IMMEDIATE;' '.shell touch held; cat go' & holder=$!
            while [ ! -e held ] && kill -0 $holder; do sleep 0.02; done
            dlt-extract files p1/users.jsonl | dlt-normalize | dlt-load $URL --lock-timeout 0; status=$?
            echo > go; wait $holder
            exit $status
            """)
        #expect(plain.status == 75, "\(plain)")
        #expect(
            plain.stderr.contains("--pending --pipeline users loads it. Running the whole pipe again would add"),
            "\(plain)")
    }

    // MARK: Failed for good

    @Test func `a package that can never be loaded leaves the way to those behind it`() throws {
        let wide = "{\"id\":2,\"v\":{\((0...2000).map { "\"k\($0)\":1" }.joined(separator: ","))}}\n"
        try pipeline.folder.write("wide.jsonl", wide)
        let normalize = "dlt-normalize --table t"
        #expect(try pipeline.shell("echo '{\"id\":1}' | \(normalize) | dlt-load $URL").status == 0)
        // Both wait, and the first is in the way of nobody.
        let both = try pipeline.shell(
            "\(normalize) < wide.jsonl > lines; echo '{\"id\":3}' | \(normalize) --columns '{\"v\":{\"data_type\":\"json\"}}' >> lines; dlt-load $URL < lines"
        )
        #expect(
            both.status == 65 && both.stderr.contains("2001") == false || both.stderr.contains("columns"), "\(both)")
        #expect(!both.stderr.contains("the package waits"), "\(both)")
        let way = try pipeline.shell("\(normalize) --max-table-nesting 0 < wide.jsonl | dlt-load $URL")
        #expect(way.status == 0, "\(way)")
        #expect(try pipeline.shell("echo '{\"id\":4}' | \(normalize) | dlt-load $URL").status == 0)
        let shown = try pipeline.shell("dlt-state packages --failed; dlt-state packages --failed --json")
        #expect(shown.stdout.contains("the destination allows 2000"), "\(shown)")
        #expect(shown.stdout.contains("\"reason\":{"), "\(shown)")
    }

    @Test(arguments: [("postgresql", "t", "xmin"), ("sqlite", "sqlite_log", "a")])
    func `a name that the destination keeps for itself is refused at once where that is named`(
        _ destination: String, _ table: String, _ column: String
    ) throws {
        let result = try pipeline.shell(
            "dlt-normalize --for \(destination) --naming direct --table \(table) | dlt-load $URL",
            stdin: "{\"\(column)\":1}\n")
        #expect(result.status == 65 && result.stderr.contains("unable to publish"), "\(result)")
        #expect(try pipeline.shell("dlt-state packages --json").stdout.isEmpty)
    }

    @Test func `a package of older rows is not put in the place of newer rows`() throws {
        let merge = "dlt-normalize --table t --write-disposition merge --primary-key id"
        #expect(try pipeline.shell("echo '{\"id\":1,\"v\":\"a\"}' | \(merge) | dlt-load $URL").status == 0)
        try pipeline.database().execute(
            "CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.v = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END")
        let refused = try pipeline.shell("echo '{\"id\":1,\"v\":\"bad\"}' | \(merge) | dlt-load $URL")
        #expect(refused.status == 65, "\(refused)")
        #expect(try pipeline.shell("echo '{\"id\":1,\"v\":\"new\"}' | \(merge) | dlt-load $URL").status == 0)
        let retry = try pipeline.shell("dlt-state packages retry --all-failed")
        #expect(retry.status == 65 && retry.stderr.contains("newer rows"), "\(retry)")
        let forced = try pipeline.shell("dlt-state packages retry --all-failed --force")
        #expect(forced.status == 0, "\(forced)")
    }
}
