import DuckDB
import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

/// Files that DuckDB writes, read by dlt-extract.
@Suite(.enabled(if: DuckDBLibrary.isThere, Comment(rawValue: DuckDBLibrary.absence)))
struct ParquetTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    /// Writes the rows of a query.
    private func write(_ name: String, _ query: String, _ options: String = "") throws {
        let database = try Database.open()
        try database.execute("COPY (\(query)) TO '\(folder.path(name))' (FORMAT parquet\(options))")
        database.close()
    }

    private func read(_ arguments: String...) throws -> ReadStream {
        try ReadStream(
            run(
                argv: [Paths.join(buildFolder, "dlt-extract"), "files"] + arguments, stdin: [],
                environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path))
    }

    @Test func `every value arrives exactly, and the file says the types`() throws {
        try write(
            "t.parquet",
            """
            SELECT 9223372036854775807 AS big, 18446744073709551615::UBIGINT AS huge, -5::TINYINT AS tiny, 0.1::FLOAT AS single,
            1e300 AS double, true AS yes, 'ü"' AS text, 'a\\xFF'::BLOB AS bytes, DATE '1500-02-28' AS day,
            TIME '23:59:59.999999' AS clock, TIMESTAMP '2024-02-29 12:00:00.000001' AS naive,
            TIMESTAMP_NS '2024-02-29 12:00:00.123456789' AS fine, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS zoned,
            12345678901234567890123456789.012345678::DECIMAL(38,9) AS exact, 1.5::DECIMAL(4,1) AS short, NULL::INTEGER AS nothing,
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS id
            """)
        let stream = try read("t.parquet")
        #expect(
            stream.records == [
                #"{"big":9223372036854775807,"huge":18446744073709551615,"tiny":-5,"single":0.1,"double":1e+300,"yes":true,"text":"ü\"","bytes":"Yf8=","day":"1500-02-28","clock":"23:59:59.999999","naive":"2024-02-29T12:00:00.000001","fine":"2024-02-29T12:00:00.123456789","zoned":"2024-02-29T10:00:00.000000Z","exact":12345678901234567890123456789.012345678,"short":1.5,"nothing":null,"id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}"#
            ], "\(stream.result)")
        let hints = try #require(stream.all("SCHEMA").last?["dlt"]?["columns"])
        #expect(hints["exact"] == ["data_type": "decimal", "precision": 38, "scale": 9])
        #expect(hints["naive"] == ["data_type": "timestamp", "timezone": false])
        #expect(hints["bytes"] == ["data_type": "binary"])
        #expect(hints["nothing"] == ["data_type": "bigint"])
    }

    @Test(arguments: ["gzip -c", "zstd -qc"])
    func `a packed file is unpacked first`(packer: String) throws {
        try write("t.parquet", "SELECT 1 AS a")
        let packed = try runShell("\(packer) t.parquet > t.parquet.packed", currentDirectory: folder.path)
        #expect(packed.status == 0)
        #expect(try read("t.parquet.packed").records == [#"{"a":1}"#])
    }

    @Test func `nested values keep their digits, bytes and nulls at every level`() throws {
        try write(
            "n.parquet",
            """
            SELECT * FROM (VALUES
              ([1.10::DECIMAL(20,2), NULL], [[1, 2], [], NULL], {'a': 12345678901234567890.5::DECIMAL(38,1), 'b "q"': ['x'::BLOB]},
               MAP {'k': TIMESTAMP '2024-01-01 00:00:00', 'l': NULL}, [{'u': 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID}]),
              ([], NULL, NULL, MAP {}, [NULL]),
              (NULL, [], {'a': NULL, 'b "q"': []}, NULL, [])) t(l, ll, s, m, ls)
            """)
        let stream = try read("n.parquet")
        #expect(
            stream.records == [
                #"{"l":[1.10,null],"ll":[[1,2],[],null],"s":{"a":12345678901234567890.5,"b \"q\"":["eA=="]},"m":{"k":"2024-01-01T00:00:00.000000","l":null},"ls":[{"u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}]}"#,
                #"{"l":[],"ll":null,"s":null,"m":{},"ls":[null]}"#,
                #"{"l":null,"ll":[],"s":{"a":null,"b \"q\"":[]},"m":null,"ls":[]}"#,
            ], "\(stream.result)")
    }

    @Test func `a file is read from a pipe and a web server, whatever its name, and in chunks`() throws {
        try write("rows 1*.parquet", "SELECT range AS n, 'x' || range AS s FROM range(5000)", ", ROW_GROUP_SIZE 2048")
        #expect(try read("rows 1[*].parquet", "--resource", "r").records.count == 5000)
        let bytes = try folder.bytes("rows 1*.parquet")
        let piped = try ReadStream(
            run(
                argv: [Paths.join(buildFolder, "dlt-extract"), "files", "-", "--resource", "r"], stdin: bytes,
                environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path))
        #expect(piped.records.count == 5000, "\(piped.result.stderr)")
        let server = try LoopbackServer { _ in ServerReply(200, headers: [("ETag", "\"1\"")], body: bytes) }
        var seen: [String] = []
        for expected in [10, 10, 0] as [Int32] {
            let stream = try read("--new", "--chunk-size", "2000", server.url + "/rows.parquet")
            #expect(stream.result.status == expected, "\(stream.result.stderr)")
            seen += stream.records
            try commit(stream, in: folder)
        }
        #expect(seen == piped.records)
    }

    @Test func `files of a resource may have other columns, and a table gets all of them`() throws {
        try Files.makeDirectory(folder.path("d"))
        try write("d/1.parquet", "SELECT 1 AS id, 'a' AS name")
        try write("d/2.parquet", "SELECT 2 AS id, 2.5::DECIMAL(9,2) AS price")
        let result = try runShell(
            "dlt-extract files d | dlt-normalize | dlt-load sqlite:///x.db && sqlite3 x.db 'SELECT id, name, price FROM d ORDER BY id'",
            environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        #expect(result.lines == ["1|a|", "2||2.5"], "\(result)")
    }

    @Test func `what is not Parquet, or is damaged, is said in one sentence`() throws {
        try write("good.parquet", "SELECT range AS n FROM range(1000)")
        var bytes = try folder.bytes("good.parquet")
        try folder.write("text.parquet", "{}\n")
        try folder.write("short.parquet", Array(bytes[..<(bytes.count / 2)]))
        for place in bytes.count / 2..<bytes.count - 8 { bytes[place] = 0xFF }
        try folder.write("damaged.parquet", bytes)
        for name in ["text.parquet", "short.parquet", "damaged.parquet"] {
            let stream = try read(name)
            #expect(stream.result.status == 65, "\(stream.result)")
            #expect(stream.result.stderr.contains("unable to read \(name)"), "\(stream.result)")
            #expect(!stream.result.stderr.contains("/proc/"), "\(stream.result)")
        }
        let missing = try run(
            argv: [Paths.join(buildFolder, "dlt-extract"), "files", "good.parquet"], stdin: [],
            environment: ["DLT_LIBDUCKDB": "/nowhere/libduckdb.so", "DLT_DATA_DIR": folder.path("data")],
            currentDirectory: folder.path)
        #expect(missing.status == 69, "\(missing)")
        #expect(missing.stderr.contains("Parquet is read by the library of DuckDB"), "\(missing)")
    }
}
