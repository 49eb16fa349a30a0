import RecordSources
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import FileConnector

/// The type that the cells of one column get, and how each is written then.
private func column(
    _ cells: [String], as dialect: CSVDialect = CSVDialect(), nullValues: [String] = []
) throws -> (type: DataType?, written: [String]) {
    let text = "c,x\n" + cells.map { "\($0),\n" }.joined()
    let nulls = nullValues.map { Array($0.utf8) }
    let evidence = ColumnEvidence(nullValues: nulls)
    let window = ByteWindow(MemorySource(Array(text.utf8)), blockBytes: 16)
    var budget = LookAheadBudget(rows: 1000)
    var reader = CSVReader(dialect)
    try reader.look(at: window, from: nil, into: evidence, budget: &budget) { $0.texts.map(evidence.place) }
    let type = evidence.type(of: "c")
    let json = RowText(
        header: [Array("c".utf8)], rules: [type.map { CellRule($0) } ?? .byCell], nullValues: nulls)
    var scanner = RowScanner(dialect)
    let written = try cells.map { cell in
        try Array((cell + "\n").utf8).withUnsafeBufferPointer { bytes in
            _ = try scanner.scan(bytes, isAll: true)
            let record = String(decoding: json.record(of: bytes, scanner.fields), as: UTF8.self)
            return String(record.dropFirst(5).dropLast())
        }
    }
    return (type, written)
}

struct ColumnTypesTests {
    static let table: [(cells: [String], type: DataType?)] = [
        (["1", "22", "-3"], .bigint), (["1", "", "2"], .bigint), ([" 41", "7\t"], .bigint), (["0"], .bigint),
        (["10", "9.99", ""], .double), (["1e5", "2"], .double), (["-0"], .double), (["-0", "1"], .double),
        (["123456789012345", "0.5"], .double), (["1234567890123456", "0.5"], .text),
        (["1234567890123456", "1"], .bigint), (["9223372036854775807", "1"], .bigint),
        (["9223372036854775808", "1"], .wei), (["9223372036854775808", "0.5"], .text),
        ([String(repeating: "9", count: 90), "1"], .text), (["1e999"], .text), (["12345678901234567.89"], .text),
        (["5551234", "+15551234", "0x1F", "1_000"], .text), (["10115", "02134"], .text), (["00"], .text),
        (["12E45", "1A2", "0099"], .text), ([".5"], .text), (["5."], .text), (["1,5".replacing(",", with: "·")], .text),
        (["٣"], .text), (["TRUE", "false", "True"], .bool), (["true", "1"], .text), (["tRUE"], .text), (["yes"], .text),
        (["", ""], nil), (["  "], .text), (["  ", "4"], .bigint), (["NaN", "1"], .text), (["null"], .text),
        (["2024-01-15T10:00:00Z", "2024-01-16 10:00:00"], .timestamp), (["2024-01-15"], .text),
        (["2024-01-15T10:00:00Z", "2024-01-15"], .text), (["2024-01-15T10:00:00Z", "5"], .text),
        (["\"5\"", "6"], .text), (["\"\"", "6"], .text), (["\"2024-01-15T10:00:00Z\""], .timestamp),
    ]

    @Test(arguments: table)
    func `a column has the type that holds all its cells, in any order`(
        cells: [String], type: DataType?
    ) throws {
        #expect(try column(cells).type == type, "\(cells)")
        #expect(try column(cells.reversed()).type == type, "\(cells) reversed")
    }

    @Test(arguments: [
        (["1", " 2", "\"x\""], ["\"1\"", "\" 2\"", "\"x\""]), (["1", " 2\t", "  "], ["1", "2", "null"]),
        (["1", "2.50", ""], ["1", "2.50", "null"]), (["TRUE", " False", ""], ["true", "false", "null"]),
        (["007", "1e5", "true", "  "], ["\"007\"", "\"1e5\"", "\"true\"", "\"  \""]),
        (["a\"b", "\"a\"\"b\"", "c\\d"], ["\"a\\\"b\"", "\"a\\\"b\"", "\"c\\\\d\""]),
    ])
    func `cells are written as their column's type, or as they are`(cells: [String], written: [String]) throws {
        #expect(try column(cells).written == written)
    }

    @Test
    func `texts for null say nothing of the type`() throws {
        let read = try column(["1", "NA", " N/A ", "2", "\"NA\""].dropLast(), nullValues: ["NA", "N/A"])
        #expect(read.type == .bigint && read.written == ["1", "null", "null", "2"])
        #expect(try column(["1", "\"NA\""], nullValues: ["NA"]).type == .text)
    }

    /// Random columns in random orders: one type, no cell that it does not hold, every text and every digit as written.
    @Test
    func `no cell is changed and none left without its type, whatever the order`() throws {
        var random = FastRandom(seed: (3, 1, 4, 1))
        let pool = Self.table.flatMap(\.cells) + ["abc", "é", "\"a,b\"", "\"two\nlines\"", "-1.5e-3", "FALSE"]
        for _ in 0..<500 {
            let kinds = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                Self.table[Int.random(in: 0..<Self.table.count, using: &random)].cells
            }
            var cells: [String] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let from =
                    Int.random(in: 0..<10, using: &random) == 0 ? pool : kinds.randomElement(using: &random) ?? pool
                cells.append(from.randomElement(using: &random) ?? "")
            }
            let read = try column(cells)
            for _ in 0..<3 {
                let order = cells.indices.shuffled(using: &random)
                let other = try column(order.map { cells[$0] })
                #expect(other.type == read.type, "\(cells)")
                #expect(other.written == order.map { read.written[$0] }, "\(cells)")
            }
            for (cell, written) in zip(cells, read.written) { check(cell, written, read.type) }
        }
    }

    private func check(_ cell: String, _ written: String, _ type: DataType?) {
        let isQuoted = cell.hasPrefix("\"")
        let text = isQuoted ? String(cell.dropFirst().dropLast()).replacing("\"\"", with: "\"") : cell
        let bare = text.filter { $0 != " " && $0 != "\t" }
        switch type {
        case .text, .timestamp:
            let shown = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
                .replacing(
                    "\t", with: "\\t")
            #expect(written == (cell.isEmpty || type == .timestamp && bare.isEmpty ? "null" : "\"\(shown)\""))
        case .bool: #expect(written == (bare.isEmpty ? "null" : bare.lowercased()))
        default: #expect(written == (bare.isEmpty ? "null" : bare), "\(cell)")
        }
    }
}

struct DialectTests {
    /// A file's fields by what its first lines look like.
    private func read(_ text: String, _ name: String, _ options: ReadingOptions = ReadingOptions()) throws -> (
        rows: [String], said: [String]
    ) {
        let folder = try WorkDirectory()
        let path = try folder.write(name, text)
        var said: [String] = []
        let file = PlannedFile(path: path)
        let input = try FileOpener(remotes: RemoteFiles(PlaceOptions())).open(file)
        let opened = try OpenText(input, file, options) {
            _, message, hint in
            said.append(String(message.dropFirst(path.utf8.count + 2)) + (hint.map { " | " + $0 } ?? ""))
        }
        guard opened.isTable else { return ([opened.format.rawValue], said) }
        var reader = CSVReader(opened.dialect)
        var rows: [String] = []
        _ = try reader.read(opened.window, from: nil) { record, _ in
            rows.append(String(decoding: record, as: UTF8.self))
            return true
        }
        return (rows, said)
    }

    @Test(arguments: [
        ("a;b\n1,5;2\n", [#"{"a":"1,5","b":2}"#]), ("a|b\n1|2\n", [#"{"a":1,"b":2}"#]),
        ("a\tb\n1\t2\n", [#"{"a":1,"b":2}"#]),
        ("sep=;\na;b\n1;2\n", [#"{"a":1,"b":2}"#]), ("sep=|\r\na|b\r\n1|2\r\n", [#"{"a":1,"b":2}"#]),
        ("a;b,c;d\n1;2,5;3\n", [#"{"a;b":"1;2","c;d":"5;3"}"#]), ("a,b\n1;2\n", [#"{"a":"1;2","b":null}"#]),
        ("a\n1;2\n", [#"{"a":"1;2"}"#]), ("\"a;b\"\n\"1;2\"\n", [#"{"a;b":"1;2"}"#]),
    ])
    func `the first lines show the delimiter`(text: String, rows: [String]) throws {
        #expect(try read(text, "t.csv").rows == rows)
    }

    @Test
    func `what was taken for granted is said`() throws {
        #expect(try read("a;b\n1;2\n", "t.csv").said.first?.contains("separated by `;`") == true)
        let stray = try read("a|b\n1\n", "t.csv")
        #expect(stray.rows == [#"{"a|b":1}"#] && stray.said.first?.contains("--delimiter '|'") == true)
        var options = ReadingOptions()
        options.delimiter = UInt8(ascii: ",")
        #expect(try read("a;b\n1;2\n", "t.csv", options).said.isEmpty)
    }

    @Test(arguments: [
        "2024-01-15 10:00:00,123 INFO started\n2024-01-15 10:00:01,456 WARN slow\n",
        "INFO 10:00:00,123 a\nINFO 10:00:01,456 b\n", "#!/bin/sh\necho a, b\n", "import os, sys\nimport re, json\n",
        "Dear Sir,\n\nI write to you, again, about\n", "---\ntags: [a, b]\nmore: [c, d]\n",
        "tags: [a, b]\nmore: [c, d]\n",
        "def f(a, b):\n    return a, b\n", "no table\n", "a,b\n1\n2,3\n",
    ])
    func `a text that is no table is not taken for one`(text: String) throws {
        #expect(throws: (any Error).self) { try read(text, "t") }
    }

    @Test(arguments: [
        ("a,b\n1,2\n", #"{"a":1,"b":2}"#), ("a;b\n1;2\n", #"{"a":1,"b":2}"#),
        ("country,1952\nx,3\n", #"{"country":"x","1952":3}"#),
        ("a\tb\n1\t2\n", #"{"a":1,"b":2}"#),
    ])
    func `a table is known without its name`(text: String, row: String) throws {
        #expect(try read(text, "t").rows == [row])
    }

    @Test(arguments: [
        ("id\ttitle\tyear\n1\t\"Swing it\t1940\n2\tOther\t1941\n3\tLast\"\t1942\n", 3, "\"\\\"Swing it\""),
        ("a\tb\n1\t\"x\ny\"\n2\tz\n", 2, "\"x\\ny\""), ("a\tb\n1\t\"x\ty\"\n", 1, "\"x\\ty\""),
        ("a\tb\n1\t\"Swing it\" magistern\n", 1, "\"\\\"Swing it\\\" magistern\""), ("a\tb\n1\t\"\"\n", 1, "\"\""),
        ("a\tb\n1\t\"open", 1, "\"\\\"open\""), ("a\tb\n1\t\"say \"\"x\"\"\"\r\n2\t\"\r\n", 2, "\"say \\\"x\\\"\""),
        ("a\tb\n1\t\"x\n2\ty\"\n", 2, "\"\\\"x\""), ("a\tb\n\"1\"\t\"open\n", 1, "\"\\\"open\""),
    ])
    func `in TSV a quote counts only if it closes its field`(text: String, rows: Int, cell: String) throws {
        for portion in [1, 2, 5, 1000] {
            var reader = CSVReader(CSVDialect(delimiter: 0x09))
            let window = ByteWindow(MemorySource(Array(text.utf8), portion: portion), blockBytes: 16)
            var records: [String] = []
            _ = try reader.read(window, from: nil) { record, _ in
                records.append(String(decoding: record, as: UTF8.self))
                return true
            }
            #expect(records.count == rows, "\(records)")
            #expect(records.first?.contains(":\(cell)") == true, "\(records)")
        }
    }

    @Test
    func `quotes may be other characters, or none`() throws {
        var options = ReadingOptions()
        options.quote = UInt8(ascii: "'")
        #expect(try read("a,b\n'x,''y',\"2\n", "t.csv", options).rows == [#"{"a":"x,'y","b":"\"2"}"#])
        options = ReadingOptions()
        options.quoting = .off
        #expect(try read("a,b\n\"x,2\"\n", "t.csv", options).rows == [#"{"a":"\"x","b":"2\""}"#])
        options.hasHeader = false
        #expect(
            try read("1,2\n3\n", "t.csv", options).rows == [
                #"{"column_1":1,"column_2":2}"#, #"{"column_1":3,"column_2":null}"#,
            ])
    }

    @Test(arguments: [
        ("w,w", ["w", "w_2"]), ("w,w,w_2", ["w", "w_3", "w_2"]), ("w,w,w", ["w", "w_2", "w_3"]),
        (",a,", ["column_1", "a", "column_3"]),
        ("\"W(lbs,Sep)\",x", ["W(lbs,Sep)", "x"]), ("W(lbs,Sep),W(lbs,Apr)", ["W(lbs", "Sep)", "W(lbs_2", "Apr)"]),
    ])
    func `columns of one name are told apart`(header: String, names: [String]) throws {
        var scanner = RowScanner(CSVDialect())
        try Array(header.utf8).withUnsafeBufferPointer { bytes in
            _ = try scanner.scan(bytes, isAll: true)
            #expect(CSVHeader(bytes, scanner.fields, quote: UInt8(ascii: "\"")).texts == names)
        }
    }

    @Test
    func `a row that never ends tells its line`() throws {
        for (text, line) in [("a,b\n1,2\n3,\"", 3), ("a,b\n1,", 2)] {
            var reader = CSVReader(CSVDialect())
            let bytes = Array(text.utf8) + [UInt8](repeating: 0x78, count: 200)
            let window = ByteWindow(MemorySource(bytes), blockBytes: 16, maximumBytes: 64)
            let error = try #require(throws: FileSyntaxError.self) {
                _ = try reader.read(window, from: nil) { _, _ in true }
            }
            guard case .line(line) = error.place else {
                Issue.record("\(error)")
                continue
            }
        }
    }
}
