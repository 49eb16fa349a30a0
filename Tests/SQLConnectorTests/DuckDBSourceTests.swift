import DuckDB
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: DuckDBLibrary.isThere, Comment(rawValue: DuckDBLibrary.absence)))
struct DuckDBSourceTests {
    private static let setup = [
        "CREATE TABLE p(id INTEGER PRIMARY KEY)", "CREATE SCHEMA s", "CREATE TABLE s.x AS SELECT 1 AS a",
        """
        CREATE TABLE t(id BIGINT PRIMARY KEY, ub UBIGINT, hu HUGEINT, uh UHUGEINT, f FLOAT, d DOUBLE, de DECIMAL(38,10), b BOOLEAN,
        v VARCHAR, bl BLOB, da DATE, tm TIME, ts TIMESTAMP, tsn TIMESTAMP_NS, tt TIMESTAMPTZ, iv INTERVAL, u UUID, j JSON, l INTEGER[],
        st STRUCT(a INTEGER, b VARCHAR[]), pid INTEGER REFERENCES p(id), alone VARCHAR)
        """,
        "INSERT INTO p VALUES (1)",
        """
        INSERT INTO t VALUES (1, 18446744073709551615, '-170141183460469231731687303715884105727', '340282366920938463463374607431768211455',
        0.1, 0.1, -0.0000000001, true, 'a"é', '\\x00\\xFF', '2026-11-30', '08:00:01.5', '2026-11-30 08:00:00.25',
        '2026-11-30 08:00:00.123456789', '2026-11-30 08:00:00+02', INTERVAL '1 day', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1}',
        [1, NULL], {'a': 1, 'b': ['x']}, 1, NULL), (2, 0, 0, 0, 'nan', '-inf', 1, false, '', '', 'infinity', '24:00:00', '-infinity', NULL,
        '100000-01-01 00:00:00+00', NULL, NULL, '[]', [], NULL, NULL, NULL)
        """,
    ]

    @Test func `each type of a file arrives exactly, with keys, references and types`() throws {
        let folder = try WorkDirectory()
        let database = try Database.open(folder.path("d.duckdb"))
        for statement in Self.setup { try database.execute(statement) }
        database.close()
        func extract(_ options: String) throws -> ProgramResult {
            try runShell(
                "dlt-extract sql duckdb:///d.duckdb \(options)", environment: ["DLT_DATA_DIR": folder.path("data")],
                currentDirectory: folder.path)
        }
        let result = try extract("--table t --foreign-keys")
        #expect(
            result.records == [
                #"{"id":1,"ub":18446744073709551615,"hu":-170141183460469231731687303715884105727,"uh":340282366920938463463374607431768211455,"f":0.1,"d":0.1,"de":-0.0000000001,"b":true,"v":"a\"é","bl":"AP8=","da":"2026-11-30","tm":"08:00:01.500000","ts":"2026-11-30T08:00:00.250000","tsn":"2026-11-30T08:00:00.123456789","tt":"2026-11-30T06:00:00.000000Z","iv":"1 day","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","j":{"a": 1},"l":[1,null],"st":{"a":1,"b":["x"]},"pid":1,"alone":null}"#,
                #"{"id":2,"ub":0,"hu":0,"uh":0,"f":"NaN","d":"-Infinity","de":1.0000000000,"b":false,"v":"","bl":"","da":"9999-12-31","tm":"24:00:00","ts":"0001-01-01T00:00:00.000000","tsn":null,"tt":"100000-01-01 00:00:00.000000+00","iv":null,"u":null,"j":[],"l":[],"st":null,"pid":null,"alone":null}"#,
            ], "\(result)")
        for hint in [
            #""key_properties":["id"]"#, #""uh":{"data_type":"wei","nullable":true}"#,
            #""de":{"data_type":"decimal","precision":38,"scale":10,"nullable":true}"#,
            #""references":[{"referenced_table":"p","columns":["pid"],"referenced_columns":["id"]}]"#,
        ] { #expect(result.schemaLine.contains(hint), "\(hint)") }
        #expect(try extract("--schema s").records == [#"{"a":1}"#])
        #expect(try extract("--table s.x").records == [#"{"a":1}"#])
        #expect(try extract("--table t --cursor ts --initial 2026-01-01 --include-columns id,ts").records.count == 1)
        let single = try extract("--resource f --query 'SELECT -0.1::FLOAT AS f' --cursor f --initial=-0.1")
        #expect(single.records == [#"{"f":-0.1}"#], "\(single)")
        #expect(try extract("--resource q --query 'SELECT sum(id) AS s FROM t'").records == [#"{"s":3}"#])
        // As a double the float is less than 0.7.
        #expect(
            try extract("--resource q --query 'SELECT 0.7::FLOAT AS x' --cursor x --initial 0.7").records == [
                #"{"x":0.7}"#
            ])
        for (options, status, words) in [
            ("--table tt", 65, "did you mean t?"), ("--table s.xx", 65, "did you mean s.x?"),
            ("--table t --where 'idd = 1'", 65, "idd"),
            ("--resource r --query \"COPY t TO 'out.csv'\"", 64, "it is not a query"),
            ("--resource r --query \"FROM read_text('/etc/hostname')\"", 65, "disabled"),
        ] as [(String, Int32, String)] {
            let result = try extract(options)
            #expect(result.status == status && result.stderr.contains(words), "\(options): \(result)")
        }
    }

    @Test(arguments: ["duckdb:///d.duckdb", "adbc+duckdb:d.duckdb --driver \"$DLT_LIBDUCKDB\""])
    func `an infinite time does not become the last value`(source: String) throws {
        let folder = try WorkDirectory()
        let database = try Database.open(folder.path("d.duckdb"))
        try database.execute(
            "CREATE TABLE t AS SELECT 1 AS id, TIMESTAMP '2026-11-01' AS ts UNION ALL SELECT 2, 'infinity'::TIMESTAMP")
        database.close()
        func extract(_ options: String) throws -> ProgramResult {
            try runShell(
                "dlt-extract sql \(source) --table t --cursor ts \(options)",
                environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        }
        let refused = try extract("")
        #expect(refused.status == 65 && refused.stderr.contains("infinite ts"), "\(refused)")
        let finite = try extract("--on-missing exclude")
        #expect(finite.status == 0 && finite.records.count == 1, "\(finite)")
    }

    @Test func `a file that a writer has open ends the run as temporary`() throws {
        let folder = try WorkDirectory()
        let database = try Database.open(folder.path("d.duckdb"))
        try database.execute("CREATE TABLE t AS SELECT 1 AS a")
        let result = try runShell(
            "dlt-extract sql duckdb:///d.duckdb --lock-timeout 0.2", environment: ["DLT_DATA_DIR": folder.path("data")],
            currentDirectory: folder.path)
        #expect(result.status == 75 && result.stderr.contains("has had it open"), "\(result)")
        database.close()
    }
}
