import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// Tables of texts through all three programs: a column has one type, and no cell becomes another value.
struct CSVColumnTests {
    /// The columns of a table but dlt's own, with their types, and its rows in order.
    private func table(_ pipeline: Pipeline, _ name: String = "t") throws -> [String] {
        let database = try pipeline.database()
        let statement = try database.prepare(
            "SELECT name, type FROM pragma_table_info('\(name)') WHERE name NOT LIKE '\\_dlt%' ESCAPE '\\'")
        var names: [String] = []
        var head: [String] = []
        while try statement.step() {
            names.append(Database.quoteIdentifier(statement.string(0)))
            head.append("\(statement.string(0)) \(statement.string(1))")
        }
        var lines = [head.joined(separator: ", ")]
        let cells = names.map { "ifnull(cast(\($0) AS TEXT), '∅')" }.joined(separator: ", ")
        let rows = try database.prepare("SELECT \(cells) FROM \(name) ORDER BY rowid")
        while try rows.step() {
            lines.append((0..<rows.columnCount).map { rows.string($0) }.joined(separator: " | "))
        }
        return lines
    }

    private func load(_ pipeline: Pipeline, _ extract: String, normalize: String = "", status: Int32 = 0) throws
        -> ProgramResult
    {
        let result = try pipeline.shell(
            "set -o pipefail; dlt-extract files -q \(extract) | dlt-normalize -q \(normalize) | dlt-load -q $URL")
        #expect(result.status == status, "\(result)")
        return result
    }

    @Test
    func `codes, phones and leading zeros stay as they are written, in any order of rows`() throws {
        let rows = [
            "5551234,10115,12E45,10,TRUE", "+15551234,02134,1A2,9.99,false", "0x1F,7,0099,5,true", "1_000,8,1,3,False",
        ]
        for order in [rows, rows.reversed(), [rows[2], rows[0], rows[3], rows[1]]] {
            let pipeline = try Pipeline()
            try pipeline.folder.write("t.csv", "phone,zip,code,price,ok\n" + order.map { $0 + "\n" }.joined())
            let result = try load(pipeline, "t.csv")
            let expected = [
                "5551234 | 10115 | 12E45 | 10.0 | 1", "+15551234 | 02134 | 1A2 | 9.99 | 0", "0x1F | 7 | 0099 | 5.0 | 1",
                "1_000 | 8 | 1 | 3.0 | 0",
            ]
            #expect(
                try table(pipeline)
                    == ["phone TEXT, zip TEXT, code TEXT, price DOUBLE, ok BOOLEAN"]
                    + order.map { row in expected[rows.firstIndex(of: row) ?? 0] })
            #expect(result.stderr.isEmpty, "\(result)")
        }
    }

    @Test
    func `a later cell that does not fit goes to the variant as it is written`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write(
            "t.csv",
            "n,d,b,at\n1,1.5,true,2024-01-01T00:00:00Z\n0123,9007199254740993,yes,1705312800\n+5,nan,1,2024\n\"7\",2,false,\n"
        )
        _ = try load(pipeline, "--look-ahead 1 t.csv")
        #expect(
            try table(pipeline) == [
                "n BIGINT, d DOUBLE, b BOOLEAN, at DATETIME, n__v_text TEXT, d__v_text TEXT, b__v_text TEXT, at__v_text TEXT",
                "1 | 1.5 | 1 | 2024-01-01 00:00:00.000000 | ∅ | ∅ | ∅ | ∅",
                "∅ | ∅ | ∅ | ∅ | 0123 | 9007199254740993 | yes | 1705312800",
                "∅ | ∅ | ∅ | ∅ | +5 | nan | 1 | 2024",
                "7 | 2.0 | 0 | ∅ | ∅ | ∅ | ∅ | ∅",
            ])
    }

    @Test
    func `all files of a resource decide together, and the table decides for later ones`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("in/a.csv", "id,code\n1,12\n")
        try pipeline.folder.write("in/b.csv", "id,code,extra\n2,x1,5\n3,007,2.5\n")
        _ = try load(pipeline, "in --resource t")
        #expect(
            try table(pipeline) == [
                "id BIGINT, code TEXT, extra DOUBLE", "1 | 12 | ∅", "2 | x1 | 5.0", "3 | 007 | 2.5",
            ])
        try pipeline.folder.write("c.csv", "id,code,extra\n4.5,8,9\n")
        _ = try load(pipeline, "c.csv --resource t --pipeline t")
        let lines = try table(pipeline)
        #expect(
            lines.first == "id BIGINT, code TEXT, extra DOUBLE, id__v_text TEXT" && lines.last == "∅ | 8 | 9.0 | 4.5")
    }

    @Test
    func `hints decide before anything else`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("t.csv", "zip,price,day\n10115,10.10,2024-01-02\n10116,9,2024-01-03\n")
        let hints = #"{"zip":{"data_type":"text"},"price":{"data_type":"decimal"},"day":{"data_type":"date"}}"#
        _ = try load(pipeline, "t.csv --columns '\(hints)'")
        #expect(
            try table(pipeline) == [
                "zip TEXT, price NUMERIC(38, 9), day DATE", "10115 | 10.1 | 2024-01-02", "10116 | 9 | 2024-01-03",
            ])
        // Those that come with the next program change no text either.
        let other = try Pipeline()
        try other.folder.write("t.csv", "zip\n10115\n10116\n")
        _ = try load(other, "t.csv", normalize: #"--columns '{"zip":{"data_type":"text"}}'"#)
        #expect(try table(other) == ["zip TEXT", "10115", "10116"])
    }

    @Test
    func `a chunk goes on with the types of the first one`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("t.csv", "n,empty\n" + (1...9).map { "\($0),\n" }.joined() + "A7,x\n")
        for size in [4, 4] { _ = try load(pipeline, "--new --chunk-size \(size) t.csv", status: 10) }
        _ = try load(pipeline, "--new --chunk-size 4 t.csv")
        let lines = try table(pipeline)
        #expect(lines.first == "n TEXT, empty TEXT" && lines.last == "A7 | x" && lines.count == 11)
        // What the first chunk has not loaded yet is remembered all the same.
        let waiting = try Pipeline()
        try waiting.folder.write("t.csv", "n\n" + (1...9).map { "\($0)\n" }.joined() + "A7\n")
        let first = try waiting.shell("dlt-extract files --new --chunk-size 4 t.csv")
        #expect(first.lines.contains { $0.contains(#""columns":{"n":"text"}"#) }, "\(first)")
    }

    @Test
    func `files of other kinds keep the types of their values`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("in/a.csv", "id,v\n1,x\n")
        try pipeline.folder.write("in/b.json", #"[{"id":"2","v":"y"},{"id":3,"v":"yes"}]"#)
        _ = try load(pipeline, "in --resource t")
        #expect(try table(pipeline) == ["id BIGINT, v TEXT", "1 | x", "2 | y", "3 | yes"])
    }

    @Test
    func `a pipe is read ahead too`() throws {
        let pipeline = try Pipeline()
        let result = try pipeline.shell(
            "set -o pipefail; printf 'c,d\\n1,1\\n02,2.5\\n' | dlt-extract files -q - --resource t | dlt-normalize -q | dlt-load -q $URL"
        )
        #expect(result.status == 0, "\(result)")
        #expect(try table(pipeline) == ["c TEXT, d DOUBLE", "1 | 1.0", "02 | 2.5"])
        // One with a name is opened once only, or its writer would lose it.
        let named = try Pipeline()
        let fifo = try named.shell(
            "mkfifo t.csv; printf 'c\\n1\\n02\\n' > t.csv & timeout 20 dlt-extract files -q t.csv | dlt-normalize -q | dlt-load -q $URL"
        )
        #expect(fifo.status == 0, "\(fifo)")
        #expect(try table(named) == ["c TEXT", "1", "02"])
    }

    @Test
    func `JSON texts that are no JSON numbers stay texts`() throws {
        let pipeline = try Pipeline()
        let rows =
            [#"{"n":1,"d":1.5}"#]
            + ["0815", "+5", " 7 ", "1_000", "0x1F", "12"].map { #"{"n":"\#($0)","d":"\#($0)"}"# }
        let result = try pipeline.shell(
            "set -o pipefail; dlt-normalize -q --table t | dlt-load -q $URL", stdin: rows.joined(separator: "\n"))
        #expect(result.status == 0, "\(result)")
        #expect(
            try table(pipeline) == [
                "n BIGINT, d DOUBLE, n__v_text TEXT, d__v_text TEXT", "1 | 1.5 | ∅ | ∅", "∅ | ∅ | 0815 | 0815",
                "∅ | ∅ | +5 | +5", "∅ | ∅ |  7  |  7 ", "∅ | ∅ | 1_000 | 1_000", "∅ | ∅ | 0x1F | 0x1F",
                "12 | 12.0 | ∅ | ∅",
            ])
    }
}
