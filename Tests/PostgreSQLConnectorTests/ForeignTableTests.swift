import PostgreSQL
import SystemIO
import TestSupport
import Testing

/// Tables that somebody else has made, and what stands in the way of rows to them.
@Suite(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
struct ForeignTableTests {
    let pipeline: PostgreSQLPipeline
    private static let system = "_dlt_load_id varchar NOT NULL, _dlt_id varchar NOT NULL"

    init() throws { pipeline = try PostgreSQLPipeline() }

    private func make(_ sql: String) throws {
        let dataset = pipeline.dataset
        try pipeline.connect().execute("CREATE SCHEMA \(dataset); SET search_path = \(dataset); \(sql)")
    }

    /// A column's type there, two values in JSON, and the same as the server prints them.
    private static let types = [
        ("uuid", #""0b0f7c8e-1111-4c2a-9c3e-000000000001""#, "0b0f7c8e-1111-4c2a-9c3e-000000000001"),
        ("mood", #""ok""#, "ok"), ("date", #""2024-01-02""#, "2024-01-02"), ("inet", #""10.0.0.1""#, "10.0.0.1/32"),
        ("text[]", #""{a,b}""#, "{a,b}"), ("jsonb", #""{\"a\": 1}""#, #"{"a": 1}"#), ("integer", "7", "7"),
        ("varchar(3)", #""abc""#, "abc"), ("numeric(5,2)", "1.25", "1.25"), ("text COLLATE \"C\"", #""x""#, "x"),
    ]

    @Test(
        arguments: types.indices,
        [
            "", "--write-disposition merge --primary-key id", "--write-disposition upsert --primary-key id",
            "--write-disposition replace",
        ])
    func `rows are staged in the types that the table has`(_ index: Int, _ disposition: String) throws {
        let (type, value, shown) = Self.types[index]
        let isKey = disposition.contains("key") && !type.contains("json")
        try make("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id bigint, v \(type), \(Self.system))")
        let options = isKey ? disposition.replacing("key id", with: "key v") : disposition
        #expect(try pipeline.load("{\"id\":1,\"v\":\(value)}\n", options).status == 0)
        // A column comes: the table is changed last, and the rows are staged until then.
        let more = try pipeline.load("{\"id\":2,\"v\":\(value),\"more\":true}\n", options)
        #expect(more.status == 0, "\(more)")
        let replaces = isKey || disposition.contains("replace")
        #expect(
            try pipeline.query("SELECT id::text, v::text FROM t ORDER BY id")
                == (replaces ? [["2", shown]] : [["1", shown], ["2", shown]]))
    }

    @Test(arguments: ["", "--write-disposition merge --primary-key id", "--write-disposition upsert --primary-key id"])
    func `an identity takes the values that come`(_ disposition: String) throws {
        try make("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, v bigint, \(Self.system))")
        #expect(try pipeline.load("{\"id\":10,\"v\":1}\n", disposition).status == 0)
        let more = try pipeline.load("{\"id\":11,\"v\":2,\"w\":3}\n{\"id\":10,\"v\":4}\n", disposition)
        #expect(more.status == 0, "\(more)")
        let ids = try pipeline.query("SELECT id::text, v::text FROM t ORDER BY id, v")
        #expect(
            ids == (disposition.isEmpty ? [["10", "1"], ["10", "4"], ["11", "2"]] : [["10", "4"], ["11", "2"]]))
    }

    @Test(arguments: ["", "--write-disposition replace", "--write-disposition merge --primary-key id"])
    func `row security and views get their rows by INSERT`(_ disposition: String) throws {
        let (dataset, role) = (pipeline.dataset, PostgreSQLServer.uniqueName("r"))
        try make(
            """
            CREATE TABLE t (id bigint, \(Self.system)); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (true) WITH CHECK (true);
            CREATE TABLE below (id bigint, \(Self.system)); CREATE VIEW v AS SELECT * FROM below;
            CREATE ROLE \(role); GRANT ALL ON SCHEMA \(dataset) TO \(role);
            GRANT ALL ON ALL TABLES IN SCHEMA \(dataset) TO \(role);
            """)
        for table in ["t", "v"] {
            let result = try pipeline.shell(
                "dlt-normalize --table \(table) \(disposition) | dlt-load \"$URL\"", stdin: "{\"id\":1}\n",
                ["PGOPTIONS": "-c role=\(role)"])
            #expect(result.status == 0, "\(result)")
            #expect(try pipeline.query("SELECT id::text FROM \(table)") == [["1"]])
        }
        try pipeline.connect().execute("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
    }

    @Test(arguments: ["xmin", "ctid", "tableoid"])
    func `names of the server's own columns are refused, and keep nobody waiting`(_ name: String) throws {
        #expect(try pipeline.load("{\"id\":1}\n").status == 0)
        let refused = try pipeline.load("{\"id\":2,\"\(name)\":3}\n")
        #expect(refused.status == 65 && refused.stderr.contains("\"\(name)\" of its own"), "\(refused)")
        #expect(refused.stderr.contains("--rename \(name)=NAME"), "\(refused)")
        #expect(try pipeline.load("{\"id\":4}\n").status == 0)
        #expect(try pipeline.query("SELECT id::text FROM t ORDER BY id") == [["1"], ["4"]])
    }

    @Test func `what the server refuses can be mended, and then loaded`() throws {
        #expect(try pipeline.load("{\"id\":1,\"v\":\"a\"}\n").status == 0)
        try pipeline.connect().execute("ALTER TABLE \(pipeline.dataset).t ADD CHECK (v <> 'b')")
        let refused = try pipeline.load("{\"id\":2,\"v\":\"b\"}\n")
        #expect(refused.status == 65, "\(refused)")
        // Others go on meanwhile.
        #expect(try pipeline.load("{\"id\":3,\"v\":\"c\"}\n").status == 0)
        let constraint = try #require(
            try pipeline.value(
                "SELECT conname FROM pg_constraint WHERE conrelid = '\(pipeline.dataset).t'::regclass AND contype = 'c'"
            ))
        try pipeline.connect().execute("ALTER TABLE \(pipeline.dataset).t DROP CONSTRAINT \(constraint)")
        // As the hint has it.
        let command = try #require(refused.stderr.firstMatch(of: /then (dlt-state packages retry .*?); or run/)?.1)
        let retried = try pipeline.shell(String(command))
        #expect(retried.status == 0, "\(retried)")
        #expect(try pipeline.query("SELECT id::text FROM t ORDER BY id") == [["1"], ["2"], ["3"]])
    }
}
