import DatasetReaders
import Destinations
import Digests
import Failures
import PostgreSQL
import SystemIO
import TestSupport
import Testing

/// What no query may do, on every database; and that the test would see it.
@Suite(.serialized)
struct ReadOnlyTests {
    /// Whatever a query could leave behind.
    private struct Traces: Equatable {
        var database = ""
        var canary: [String] = []
        var locks: [[String?]] = []
    }

    private func traces(_ place: ReadingPlace) throws -> Traces {
        var traces = Traces()
        traces.canary = try Files.list(place.canary)
        switch place.kind {
        case .sqlite: traces.database = try digest(place.folder.path("shop.db"))
        case .duckdb: traces.database = try digest(place.folder.path("shop.duckdb"))
        case .postgresql:
            // Of the dataset, and of where a query could put something else; other tests use the same server.
            let connection = try Connection.open([("dbname", place.url)], timeout: 10)
            let schema = "\(place.pipeline)_dataset"
            traces.database =
                try connection.execute(
                    """
                    SELECT concat_ws(E'\\n', schema_to_xml('\(schema)', true, true, '')::text, coalesce((SELECT last_value::text FROM
                    pg_sequences WHERE schemaname = '\(schema)'), '-'), (SELECT count(*) FROM pg_largeobject_metadata),
                    (SELECT string_agg(relname::text || relkind::text || relowner::text || coalesce(relacl::text, ''), ' ' ORDER BY relname) FROM pg_class
                    WHERE relnamespace = '\(schema)'::regnamespace), (SELECT count(*) FROM pg_proc WHERE pronamespace IN
                    ('\(schema)'::regnamespace, 'public'::regnamespace)), (SELECT string_agg(relname::text, ' ') FROM pg_class WHERE
                    relnamespace = 'public'::regnamespace), (SELECT count(*) FROM pg_extension))
                    """
                ).string(0, 0) ?? ""
            traces.locks =
                try connection.execute(
                    "SELECT mode, objid FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid IN (1, 4711)"
                ).rows
        }
        return traces
    }

    private func digest(_ path: String) throws -> String {
        let bytes = try Files.readAll(path)
        var digest = XXH64()
        bytes.withUnsafeBytes { digest.update($0) }
        return "\(bytes.count) \(digest.hexDigest())"
    }

    private func prepare(_ place: ReadingPlace) throws {
        guard place.kind == .postgresql else { return }
        let connection = try Connection.open([("dbname", place.url)], timeout: 10)
        try connection.execute(
            """
            SET search_path = \(place.pipeline)_dataset;
            CREATE SEQUENCE counter;
            CREATE FUNCTION locker() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(4711); RETURN 1; END $$;
            CREATE FUNCTION writer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders; RETURN 1; END $$;
            CREATE FUNCTION reverter() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
              PERFORM set_config('transaction_read_only', 'off', true); DELETE FROM orders; RETURN 1; END $$;
            CREATE FUNCTION copier() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
              COPY (SELECT 1) TO '\(place.canary)/file'; RETURN 1; END $$;
            CREATE FUNCTION reader() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN pg_read_file('/etc/passwd'); END $$;
            """)
    }

    private func attempts(_ kind: ReadingPlace.Kind) -> [String] {
        Attempts.common
            + {
                switch kind {
                case .sqlite: Attempts.sqlite
                case .postgresql: Attempts.postgresql
                case .duckdb: Attempts.duckdb
                }
            }()
    }

    /// The only ones that have an answer, since they change nothing that outlives the session.
    private static let harmless: Set<String> = [
        // The lock goes with the session.
        "SELECT locker()"
    ]

    @Test("no query changes anything, reaches a file or keeps a lock", arguments: ReadingPlace.kinds)
    func readOnly(_ kind: ReadingPlace.Kind) throws {
        let place = try ReadingPlace(kind)
        try prepare(place)
        let before = try traces(place)
        let attempts = attempts(kind)
        #expect(attempts.count >= 60)
        for attempt in attempts {
            let sql = attempt.replacing("CANARY", with: place.canary)
            var answer: [[String?]]?
            do {
                let session = try place.session(QueryControl(seconds: 20))
                defer { session.close() }
                answer = try session.drain(sql)
            } catch let error as QueryFailure {
                // Said to be the query's mistake, not the database's.
                #expect([.data, .denied].contains(error.kind), "\(sql): \(error.kind) \(error.message)")
                #expect(error.interruption == nil, "\(sql): \(error.message)")
            }
            if let answer {
                #expect(Self.harmless.contains(attempt), "\(sql) has an answer: \(answer)")
                #expect(!answer.contains { $0.contains { $0?.contains("root:") ?? false } }, "\(sql) reads a file")
            }
            #expect(try traces(place) == before, "\(sql) has left something")
        }
    }

    @Test(
        "who only owns the tables can do no more",
        .enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
    func owner() throws {
        let place = try ReadingPlace(.postgresql)
        try prepare(place)
        let connection = try Connection.open([("dbname", place.url)], timeout: 10)
        let role = PostgreSQLServer.uniqueName("owner")
        try connection.execute(
            """
            CREATE ROLE \(role) LOGIN; ALTER SCHEMA \(place.pipeline)_dataset OWNER TO \(role);
            GRANT ALL ON ALL TABLES IN SCHEMA \(place.pipeline)_dataset TO \(role);
            ALTER TABLE \(place.pipeline)_dataset.orders OWNER TO \(role)
            """)
        defer { _ = try? connection.execute("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let before = try traces(place)
        let owner = place.with(url: place.url.replacing("loader@", with: "\(role)@"))
        #expect(try owner.session().drain("SELECT count(*) FROM orders") == [["3"]])
        for attempt in attempts(.postgresql) {
            let sql = attempt.replacing("CANARY", with: place.canary)
            let session = try owner.session(QueryControl(seconds: 20))
            let answer = try? session.drain(sql)
            session.close()
            #expect(answer == nil || Self.harmless.contains(attempt), "\(sql) has an answer: \(answer ?? [])")
            #expect(try traces(place) == before, "\(sql) has left something")
        }
    }

    @Test("without the walls these tests would see what is done", arguments: ReadingPlace.kinds)
    func control(_ kind: ReadingPlace.Kind) throws {
        let place = try ReadingPlace(kind)
        let before = try traces(place)
        switch kind {
        case .sqlite: _ = try place.shell("sqlite3 shop.db \"VACUUM INTO 'canary/copy.db'; PRAGMA user_version = 7\"")
        case .duckdb: _ = try place.shell("printf x >> shop.duckdb; touch canary/file")
        case .postgresql:
            let connection = try Connection.open([("dbname", place.url)], timeout: 10)
            try connection.execute(
                "COPY (SELECT 1) TO '\(place.canary)/file'; DELETE FROM \(place.pipeline)_dataset.orders; SELECT pg_advisory_lock(1)"
            )
            let after = try traces(place)
            #expect(after.locks != before.locks)
        }
        let after = try traces(place)
        #expect(after.database != before.database)
        #expect(after.canary != before.canary)
    }
}
