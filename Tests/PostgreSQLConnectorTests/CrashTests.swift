import PostgreSQL
import SystemIO
import TestSupport
import Testing

/// Whatever is killed, and whenever: what is loaded again is there once.
@Suite(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
struct CrashTests {
    @Test func `sessions ended by an administrator`() throws {
        let pipeline = try PostgreSQLPipeline()
        let package = try pipeline.package(rows: 60_000)
        let administrator = try pipeline.connect()
        _ = try pipeline.shell("dlt-load \"$URL\" '\(package)' 2> err & echo $! > pid; disown")
        var ended = 0
        for _ in 0..<400 where ended == 0 {
            let found = try administrator.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'dlt-load' AND query LIKE 'COPY "\(pipeline.dataset)"."t"%'
                """)
            ended = found.rowCount
            if ended == 0 { try administrator.execute("SELECT pg_sleep(0.005)") }
        }
        #expect(ended == 1)
        let told = try pipeline.shell("while kill -0 $(cat pid) 2> /dev/null; do sleep 0.05; done; cat err")
        #expect(
            told.stdout.contains("server closed the connection") || told.stdout.contains("administrator command"),
            "\(told)")
        #expect(told.stdout.contains("the package waits"), "\(told)")
        let again = try pipeline.shell("dlt-load \"$URL\" --pending")
        #expect(again.status == 0, "\(again)")
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...60_000))
    }

    @Test func `the server falls over in the middle of a load`() throws {
        let script = Paths.join(Paths.parent(Paths.parent(Paths.parent(#filePath))), "scripts/postgresql")
        let server = "/tmp/" + PostgreSQLServer.uniqueName("dlt-crash")
        let started = try run(argv: [script, "start", server], stdin: [], timeoutSeconds: 120, mayTellSecrets: true)
        defer { _ = try? run(argv: [script, "stop", server], stdin: [], timeoutSeconds: 60) }
        let line = try #require(started.lines.first { $0.hasPrefix("DLT_TEST_POSTGRESQL=") }, "\(started)")
        let pipeline = try PostgreSQLPipeline(url: String(line.dropFirst("DLT_TEST_POSTGRESQL=".count)))
        var first = 1
        for delay in [0.15, 0.4, 0.8] {
            let package = try pipeline.package(rows: 60_000, from: first)
            let result = try pipeline.shell(
                """
                dlt-load "$URL" '\(package)' 2> err & pid=$!; sleep \(delay); '\(script)' restart '\(server)'
                wait $pid; status=$?; cat err
                [ $status = 0 ] || dlt-load "$URL" --pending || exit 9
                exit $status
                """)
            // 0: it was done before.
            #expect([0, 69, 75].contains(result.status), "after \(delay) s: \(result)")
            #expect(result.status == 0 || result.stdout.contains("hint:"), "\(result)")
            first += 60_000
            #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...first - 1), "after \(delay) s: \(result)")
        }
    }

    @Test func `windows loaded in parallel, some of them killed, and all loaded again`() throws {
        let pipeline = try PostgreSQLPipeline()
        let result = try pipeline.shell(
            """
            cat > window <<'END'
            day=$1
            seq $((day * 300 + 1)) $((day * 300 + 300)) | sed "s/.*/{\\"id\\":&,\\"day\\":$day}/" \\
            | dlt-normalize --table t --run-key "t day $day" $FLAGS 2> /dev/null | {
              if [ "$KILL" ] && [ $((RANDOM % 3)) = 0 ]; then
                dlt-load "$URL" & sleep 0.$((RANDOM % 4))$((RANDOM % 10)); kill -9 $!; wait $!
              else dlt-load "$URL"; fi
            } 2> /dev/null
            true
            END
            seq 0 29 | KILL=1 xargs -P 4 -n 1 bash window
            seq 0 29 | xargs -P 4 -n 1 bash window
            dlt-load "$URL" --pending
            """, ["FLAGS": ""], timeoutSeconds: 280)
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...9000))
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "30")
        #expect(try pipeline.value("SELECT count(DISTINCT day) FROM t") == "30")
    }
}
