import Glibc
import PostgreSQL
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import PostgreSQLConnector

@Suite(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
struct ConcurrencyTests {
    let pipeline: PostgreSQLPipeline

    init() throws { pipeline = try PostgreSQLPipeline() }

    /// What a reader has seen while something else ran.
    private struct Seen {
        var reads = 0
        var counts: Set<Int> = []
        /// How often somebody was copying, how often readers were shut out, and how often both.
        var copies = 0
        var exclusions = 0
        var exclusionsWhileCopying = 0
    }

    /// Counts a table's rows over and over until it is told to stop; each transaction looks twice.
    private func read(_ isolation: String, until isDone: borrowing Atomic<Bool>) throws -> Seen {
        let connection = try pipeline.connect()
        var seen = Seen()
        while !isDone.load(ordering: .relaxed) {
            try connection.execute("BEGIN ISOLATION LEVEL \(isolation)")
            for pause in [true, false] {
                let count = try connection.execute("SELECT count(*) FROM \(pipeline.dataset).t").string(0, 0)
                seen.counts.insert(Int(count ?? "") ?? 0)
                if pause { try connection.execute("SELECT pg_sleep(0.01)") }
            }
            try connection.execute("COMMIT")
            seen.reads += 1
        }
        return seen
    }

    /// Looks over and over who copies rows of this dataset and who shuts readers out of its table.
    private func watch(until isDone: borrowing Atomic<Bool>) throws -> Seen {
        let connection = try pipeline.connect()
        var seen = Seen()
        while !isDone.load(ordering: .relaxed) {
            let (isCopying, isExclusive, isBoth) = try look(connection)
            seen.copies += isCopying ? 1 : 0
            seen.exclusions += isExclusive ? 1 : 0
            seen.exclusionsWhileCopying += isBoth ? 1 : 0
            try connection.execute("SELECT pg_sleep(0.005)")
        }
        return seen
    }

    /// Whether somebody copies rows of this dataset, shuts readers out of its table, or both at once.
    private func look(_ connection: Connection) throws -> (Bool, Bool, Bool) {
        let row = try connection.execute(
            """
            SELECT count(*) FILTER (WHERE query LIKE 'COPY %"t" (%'), count(*) FILTER (WHERE isExclusive),
            count(*) FILTER (WHERE query LIKE 'COPY %"t" (%' AND isExclusive)
            FROM pg_stat_activity AS a JOIN (SELECT pid, bool_or(relation = '\(pipeline.dataset).t'::regclass
            AND mode = 'AccessExclusiveLock') AS isExclusive FROM pg_locks WHERE granted GROUP BY pid) AS l USING (pid)
            WHERE application_name = 'dlt-load' AND state = 'active'
            AND pid = ANY (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
            AND (classid::bigint << 32 | objid::bigint) = \(PostgreSQLConnection.lockKey(of: pipeline.dataset)))
            """
        ).row(0)
        return (row[0] != "0", row[1] != "0", row[2] != "0")
    }

    /// Runs a script beside two readers and a watcher; returns its result, what the readers saw and what the watcher saw.
    private func besideReaders(_ script: String) throws -> (ProgramResult, [Seen], Seen) {
        let isDone = Flag()
        let readers = ["READ COMMITTED", "REPEATABLE READ"].map { isolation in
            Worker { try read(isolation, until: isDone.value) }
        }
        let watcher = Worker { try watch(until: isDone.value) }
        let result = try pipeline.shell(script)
        isDone.value.store(true, ordering: .relaxed)
        return (result, try readers.map { try $0.wait() }, try watcher.wait())
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// A thread of its own: those that tests share may all be waiting.
    private final class Worker: @unchecked Sendable {
        private let body: () throws -> Seen
        private var outcome: Result<Seen, any Error> = .success(Seen())
        private var thread = pthread_t()

        init(_ body: @escaping () throws -> Seen) {
            self.body = body
            let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
                if let argument { Unmanaged<Worker>.fromOpaque(argument).takeUnretainedValue().run() }
                return nil
            }
            pthread_create(&thread, nil, main, Unmanaged.passUnretained(self).toOpaque())
        }

        private func run() { outcome = Result { try body() } }

        func wait() throws -> Seen {
            pthread_join(thread, nil)
            return try outcome.get()
        }
    }

    @Test func `no reader sees a replaced table empty, nor waits for the rows`() throws {
        #expect(try pipeline.shell("dlt-load \"$URL\" '\(try pipeline.package(rows: 1000))'").status == 0)
        let next = try pipeline.package(rows: 100_000, from: 5001, "--write-disposition replace")
        let (result, readers, watcher) = try besideReaders("dlt-load \"$URL\" '\(next)'")
        #expect(result.status == 0, "\(result)")
        for seen in readers { #expect(seen.counts.isSubset(of: [1000, 100_000]) && seen.reads > 3, "\(seen)") }
        #expect(watcher.copies > 0 && watcher.exclusions == 0, "\(watcher)")
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(5001...105_000))
    }

    @Test(arguments: ["append", "replace"])
    func `readers wait for moments when a column is added`(disposition: String) throws {
        #expect(try pipeline.shell("dlt-load \"$URL\" '\(try pipeline.package(rows: 1000))'").status == 0)
        let next = try pipeline.package(
            rows: 100_000, from: 1001, columns: ",\"added\":1", "--write-disposition \(disposition)")
        let (result, readers, watcher) = try besideReaders("dlt-load \"$URL\" '\(next)'")
        #expect(result.status == 0, "\(result)")
        for seen in readers {
            #expect(seen.counts.isSubset(of: [1000, 100_000, 101_000]) && seen.reads > 3, "\(seen)")
        }
        // The rows travel first; only then are readers shut out, while the server copies them from one table to the other.
        #expect(watcher.copies > 0 && watcher.exclusions > 0 && watcher.exclusionsWhileCopying == 0, "\(watcher)")
        let first = disposition == "append" ? 1 : 1001
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(first...101_000))
        #expect(try pipeline.value("SELECT count(added) FROM t") == "100000")
    }

    /// A reader that gives up when a lock is not had in a moment, as a dashboard does. What it could not read while rows were
    /// copied is counted as an exclusion then.
    private func readImpatiently(until isDone: borrowing Atomic<Bool>) throws -> Seen {
        let (connection, watcher) = (try pipeline.connect(), try pipeline.connect())
        try connection.execute("SET lock_timeout = '100ms'")
        var seen = Seen()
        while !isDone.load(ordering: .relaxed) {
            let wasCopying = try look(watcher).0
            seen.copies += wasCopying ? 1 : 0
            let result = Result { try connection.execute("SELECT count(*) FROM \(pipeline.dataset).t").string(0, 0) }
            switch result {
            case .success(let count):
                seen.counts.insert(Int(count ?? "") ?? 0)
                seen.reads += 1
            case .failure(let error):
                guard (error as? PostgreSQLError)?.sqlState == "55P03" else { throw error }
                seen.exclusions += 1
                seen.exclusionsWhileCopying += try look(watcher).0 ? 1 : 0
            }
        }
        return seen
    }

    @Test(arguments: ["append", "replace", "upsert --primary-key id"])
    func `a reader with lock_timeout of 100 ms never fails during a COPY that adds columns`(disposition: String) throws
    {
        #expect(try pipeline.load("{\"id\":0}\n", "--write-disposition \(disposition)").status == 0)
        let next = try pipeline.package(
            rows: 60_000, columns: ",\"added\":1,\"more\":\"x\"", "--write-disposition \(disposition)")
        let isDone = Flag()
        let reader = Worker { try readImpatiently(until: isDone.value) }
        let result = try pipeline.shell("dlt-load \"$URL\" '\(next)'")
        isDone.value.store(true, ordering: .relaxed)
        let seen = try reader.wait()
        #expect(result.status == 0, "\(result)")
        #expect(seen.counts.isSubset(of: [1, 60_000, 60_001]) && seen.reads > 3, "\(seen)")
        #expect(seen.copies > 0 && seen.exclusionsWhileCopying == 0, "\(seen)")
    }

    @Test func `a long query in the way of a new column keeps no other reader waiting`() throws {
        #expect(try pipeline.load("{\"id\":1}\n").status == 0)
        let next = try pipeline.package(rows: 10, from: 2)
        let query = try pipeline.connect()
        try query.execute("BEGIN; SELECT * FROM \(pipeline.dataset).t")
        let started = try pipeline.shell(
            "dlt-load \"$URL\" '\(next)' > out 2> err & echo $! > pid; disown; sleep 1.5; kill -0 $(cat pid)")
        #expect(started.status == 0, "\(started)")
        let reader = try pipeline.connect()
        for _ in 0..<10 {
            let begun = Clock.monotonicNanoseconds()
            try reader.execute("SELECT * FROM \(pipeline.dataset).t")
            #expect(Clock.monotonicNanoseconds() - begun < 1_000_000_000)
        }
        try query.execute("COMMIT")
        let end = try pipeline.shell(
            "for i in $(seq 100); do kill -0 $(cat pid) || break; sleep 0.1; done 2> /dev/null; cat out err")
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...11), "\(end)")
    }

    @Test func `a lock that is not given up in time is status 75, and the package waits`() throws {
        #expect(try pipeline.load("{\"id\":1}\n").status == 0)
        let query = try pipeline.connect()
        try query.execute("BEGIN; SELECT * FROM \(pipeline.dataset).t")
        let refused = try pipeline.load("{\"id\":2,\"new\":1}\n", load: "--lock-timeout 1")
        #expect(refused.status == 75 && refused.stderr.contains("--pending"), "\(refused)")
        try query.execute("COMMIT")
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...2))
    }

    @Test func `a load that waits too long for another one is status 75, and other datasets do not wait`() throws {
        #expect(try pipeline.load("{\"id\":1}\n").status == 0)
        let other = try PostgreSQLPipeline()
        // The lock, found as pg_locks shows it, in the hands of somebody else.
        let holder = try pipeline.connect()
        let watcher = try pipeline.connect()
        let package = try pipeline.package(rows: 1, from: 6)
        try holder.execute("BEGIN; LOCK TABLE \(pipeline.dataset).t IN ACCESS EXCLUSIVE MODE")
        _ = try pipeline.shell("dlt-load \"$URL\" '\(package)' > /dev/null 2>&1 & disown; sleep 1")
        let held = try watcher.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        #expect(held.string(0, 0) != "0")
        let refused = try pipeline.shell(
            "echo '{\"id\":7}' | dlt-normalize --pipeline p7 --table t | dlt-load \"$URL\" --dataset \"$DATASET\" --lock-timeout 1"
        )
        #expect(refused.status == 75 && refused.stderr.contains("has been loading into it for 1 s"), "\(refused)")
        try holder.execute("ROLLBACK")
        // Another dataset of the same database is nobody's business.
        #expect(try other.load("{\"id\":1}\n", load: "--lock-timeout 1").status == 0)
    }

    @Test func `asked to stop while it waits for a lock, it stops`() throws {
        #expect(try pipeline.load("{\"id\":1}\n").status == 0)
        let holder = try pipeline.connect()
        try holder.execute("BEGIN; LOCK TABLE \(pipeline.dataset).t IN ACCESS EXCLUSIVE MODE")
        let package = try pipeline.package(rows: 1, from: 2)
        let result = try pipeline.shell(
            "dlt-load \"$URL\" '\(package)' & pid=$!; \(untilStoppable); kill -TERM $pid; wait $pid; echo status $?",
            timeoutSeconds: 20)
        #expect(result.stdout.contains("status 143"), "\(result)")
        try holder.execute("ROLLBACK")
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...2))
    }
}
