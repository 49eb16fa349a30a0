import Destinations
import Failures
import JSONText
import LoadPackages
import SQLite
import SQLiteConnector
import Schemas
import SystemIO
import TestSupport
import Testing

/// The hot path from text to parameters, alone.
@Suite struct RowTests {
    private let folder: WorkDirectory
    private let columns = [
        Column(name: "s", .text), Column(name: "i", .bigint), Column(name: "d", .double), Column(name: "b", .bool),
        Column(name: "j", .json), Column(name: "at", .timestamp), Column(name: "bin", .binary), Column(name: "w", .wei),
    ]

    init() throws { folder = try WorkDirectory() }

    /// Makes the table and loads rows into it.
    private func load(_ jobs: [Manifest.Job], into folder: WorkDirectory, from blocks: @escaping () -> BlockReader)
        throws
    {
        let url = try #require(DestinationURL("sqlite:///" + folder.path("x.db")))
        let destination = try SQLiteDestination(
            DestinationTarget(url: url, dataset: nil, pipeline: "p"), NoOptions())
        let session = try destination.open(.write)
        defer { session.abandon() }
        var intents: [LoadIntent] = []
        if try session.dataset.columns(of: "t") == nil {
            intents.append(.evolve(TableChange(table: "t", columns: columns), isNew: true))
        }
        intents.append(.append(TableChain([WrittenTable(name: "t", place: 0, columns: columns, jobs: jobs)])))
        let id = try #require(LoadID("1700000000.000001000000000000000000"))
        let load = PackageLoad(loadID: id, schemaName: "p", names: .standard, intents: intents)
        try session.apply(load, rows: { JobFile(job: $0, path: nil, blocks: blocks) }, progress: { _ in })
        try session.commit([])
    }

    /// - Parameters:
    ///   - portion: how many bytes the reader gets at once; blocks are cut anywhere.
    ///   - blockBytes: small ones have too few rows for a statement of several.
    private func insert(_ text: [UInt8], rows: Int, portion: Int = .max, blockBytes: Int = 256) throws {
        // Of many compressed bytes, so that another thread parses.
        let bytes: Int64 = blockBytes > 256 ? 1 << 20 : 0
        let job = Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: rows, bytes: bytes, checksum: "")
        try load([job], into: folder) {
            BlockReader(
                source: MemorySource(text, portion: portion), blockBytes: blockBytes, maximumLineBytes: .max >> 1,
                skipsByteOrderMark: false)
        }
    }

    private func string(_ random: inout FastRandom) -> (json: String, value: String) {
        let pieces: [(String, String)] = [
            ("a", "a"), ("plain text of some length", "plain text of some length"), ("\\n", "\n"), ("\\\"", "\""),
            ("\\\\", "\\"), ("\\u00e9", "é"), ("é", "é"), ("\\ud83d\\ude00", "😀"), ("😀", "😀"),
            ("\\t\\/\\b\\f\\r", "\t/\u{8}\u{C}\r"),
            ("}", "}"), ("{", "{"), (",", ","), (":", ":"), ("\\u0041", "A"), ("日本", "日本"),
        ]
        var json = ""
        var value = ""
        for _ in 0..<Int.random(in: 0...9, using: &random) {
            let piece = pieces.randomElement(using: &random) ?? ("", "")
            json += piece.0
            value += piece.1
        }
        return (json, value)
    }

    @Test func `reals are the doubles nearest to their digits, however they are spelled`() throws {
        var random = FastRandom(seed: (5, 6, 7, 8))
        func digits(_ range: ClosedRange<Int>) -> String {
            String(
                (0..<Int.random(in: range, using: &random)).map { _ in "0123456789".randomElement(using: &random) ?? "0"
                })
        }
        var spellings = [
            "0", "-0", "0.0", "-0.0", "1e5", "1E-5", "12.5e+3", "9007199254740993", "0.30000000000000004",
            "123456789012345.67",
            "99999999999999999", "99999999999999999.9", "1.7976931348623157e308", "5e-324",
            "-1234567890123456789012345",
        ]
        for _ in 0..<3000 {
            let exponent =
                Int.random(in: 0...5, using: &random) == 0 ? "e\(Int.random(in: -30...30, using: &random))" : ""
            let fraction = Bool.random(using: &random) ? "." + digits(1...12) : ""
            let sign = Bool.random(using: &random) ? "-" : ""
            spellings.append("\(sign)\(Int.random(in: 1...9, using: &random))\(digits(0...12))\(fraction)\(exponent)")
        }
        let text = spellings.map { "{\"d\":\($0)}\n" }.joined()
        try insert(Array(text.utf8), rows: spellings.count)
        let database = try Database.open(folder.path("x.db"), flags: .readOnly)
        let statement = try database.prepare("SELECT d FROM t ORDER BY rowid")
        for spelling in spellings {
            #expect(try statement.step())
            #expect(statement.double(0) == Double(spelling), "\(spelling)")
        }
    }

    @Test func `integers arrive with all digits, and what is none is refused`() throws {
        let numbers = [
            "0", "-0", "7", "-7", "999999999999999999", "-999999999999999999", "1000000000000000000",
            "9223372036854775807",
            "-9223372036854775808",
        ]
        try insert(Array(numbers.map { "{\"i\":\($0)}\n" }.joined().utf8), rows: numbers.count)
        let database = try Database.open(folder.path("x.db"), flags: .readOnly)
        let statement = try database.prepare("SELECT i FROM t ORDER BY rowid")
        for number in numbers {
            #expect(try statement.step())
            #expect(statement.int64(0) == Int64(number), "\(number)")
        }
        for wrong in ["9223372036854775808", "1.5", "1e3", "-", "1-2"] {
            #expect(throws: DestinationError.self, "\(wrong)") { try insert(Array("{\"i\":\(wrong)}\n".utf8), rows: 1) }
        }
    }

    @Test func `a new file has large pages, an old one keeps its own`() throws {
        func nothing() -> BlockReader {
            BlockReader(source: MemorySource([], portion: 1), maximumLineBytes: 1, skipsByteOrderMark: false)
        }
        try load([], into: folder, from: nothing)
        #expect(try Database.open(folder.path("x.db")).integer("PRAGMA page_size") == 16384)
        let old = try WorkDirectory()
        try Database.open(old.path("x.db")).execute("PRAGMA page_size=4096; CREATE TABLE other (a)")
        try load([], into: old, from: nothing)
        #expect(try Database.open(old.path("x.db")).integer("PRAGMA page_size") == 4096)
    }

    @Test func `random rows arrive as they were written, wherever blocks are cut`() throws {
        var random = FastRandom(seed: (1, 2, 3, 4))
        for (portion, blockBytes) in [(7, 256), (61, 256), (300, 8192), (Int.max, 8192), (.max, 1 << 20)] {
            var text = ""
            var expected: [[String]] = []
            for _ in 0..<500 {
                let value = string(&random)
                let number = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
                let real = Double.random(in: -1e9...1e9, using: &random)
                var members = [
                    ("s", "\"\(value.json)\"", value.value), ("i", "\(number)", "\(number)"),
                    ("d", "\(real)", "\(real)"),
                    ("b", "true", "1"), ("j", "[{\"\(value.json)\":[\(number)]}]", "[{\"\(value.json)\":[\(number)]}]"),
                    ("at", "\"2024-01-15T08:00:00.123456Z\"", "2024-01-15 08:00:00.123456"),
                    ("bin", "\"AAEC\"", "000102"), ("w", "1234567890123456789012\(number.magnitude)", ""),
                ]
                members[7].2 = members[7].1
                members = members.filter { _ in Int.random(in: 0...5, using: &random) > 0 }
                if Bool.random(using: &random) { members.shuffle(using: &random) }
                let space = Int.random(in: 0...9, using: &random) == 0 ? " " : ""
                text +=
                    "{" + space
                    + members.map { "\"\($0.0)\"\(space):\(space)\($0.1)" }.joined(separator: "\(space),\(space)")
                    + "\(space)}\n"
                expected.append(
                    columns.map { column in members.first { $0.0 == column.name }?.2 ?? "" })
            }
            try insert(Array(text.utf8), rows: 500, portion: portion, blockBytes: blockBytes)
            let database = try Database.open(folder.path("x.db"))
            let statement = try database.prepare("SELECT s, i, d, b, j, at, hex(bin), w FROM t ORDER BY _rowid_")
            for row in expected {
                #expect(try statement.step())
                for (column, value) in row.enumerated() {
                    if column == 2 {
                        if !value.isEmpty { #expect(statement.double(2) == Double(value)) }
                    } else {
                        #expect(ExactString(statement.string(column)) == ExactString(value))
                    }
                }
            }
            #expect(try !statement.step())
            statement.reset()
            try database.execute("DELETE FROM t")
        }
    }

    private let numbered = (0..<100).map { "{\"i\":\($0 % 60),\"s\":\"\($0)\"}\n" }.joined()

    @Test(arguments: [1, 1 << 20]) func `what a table of somebody else does about conflicts is not overruled`(
        blockBytes: Int
    )
        throws
    {
        let table = "s, i UNIQUE ON CONFLICT REPLACE, d, b, j, at, bin, w"
        try Database.open(folder.path("x.db")).execute("CREATE TABLE t (\(table)); CREATE TABLE log (i UNIQUE, s)")
        try insert(Array(numbered.utf8), rows: 100, blockBytes: blockBytes)
        let database = try Database.open(folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM t") == 60)
        #expect(try database.string("SELECT s FROM t WHERE i = 7") == "67")
        try database.execute(
            """
            DROP TABLE t; CREATE TABLE t (\(table.replacing(" UNIQUE ON CONFLICT REPLACE", with: "")));
            CREATE TRIGGER keep AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO log VALUES (new.i, new.s); END
            """)
        try insert(Array(numbered.utf8), rows: 100, blockBytes: blockBytes)
        #expect(try database.integer("SELECT count(*) FROM t") == 100)
        #expect(try database.integer("SELECT count(*) FROM log") == 60)
        #expect(try database.string("SELECT s FROM log WHERE i = 7") == "7")
    }

    @Test func `a row that the table refuses is told with its rows, and nothing is left`() throws {
        try Database.open(folder.path("x.db")).execute("CREATE TABLE t (s, i UNIQUE, d, b, j, at, bin, w)")
        let error = #expect(throws: DestinationError.self) {
            try insert(Array(numbered.utf8), rows: 100, blockBytes: 1 << 20)
        }
        #expect(error?.kind == .data)
        #expect(error?.message.contains("(rows 61 to 80 of t.0.jsonl.zst)") == true, "\(error?.message ?? "")")
        #expect(try Database.open(folder.path("x.db")).integer("SELECT count(*) FROM t") == 0)
    }

    @Test func `damaged rows are errors, never crashes`() throws {
        var random = FastRandom(seed: (5, 6, 7, 8))
        let row = Array(
            #"{"s":"a\u00e9\"b","i":-12,"d":1.5e3,"b":false,"j":{"a":[1,"x"]},"at":"2024-01-15T08:00:00.123456Z","bin":"AAEC","w":12}"#
                .utf8)
        var failures = 0
        for _ in 0..<3000 {
            var text = row
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: text.remove(at: place)
                case 1: text[place] = UInt8.random(in: 0...255, using: &random)
                case 2: text.insert(text[Int.random(in: 0..<text.count, using: &random)], at: place)
                default: text.removeSubrange(place...)
                }
                if text.isEmpty { text = row }
            }
            if Bool.random(using: &random) { text.append(0x0A) }
            do { try insert(text, rows: 1) } catch is DestinationError { failures += 1 }
        }
        #expect(failures > 1000)
    }
}
