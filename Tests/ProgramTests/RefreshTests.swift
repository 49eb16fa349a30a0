import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// Starting over, from the command line to the tables.
struct RefreshTests {
    @Test(arguments: ["drop-data", "drop-resources", "drop-sources"])
    func `a refresh leaves what its run brings, in the tables and in the state`(mode: String) throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("a.jsonl", "{\"t\":1,\"old\":true,\"l\":[1]}\n{\"t\":2}\n")
        try pipeline.folder.write("b.jsonl", "{\"t\":1}\n")
        let first = try pipeline.shell(
            "dlt-extract files a.jsonl b.jsonl --pipeline p --cursor t | dlt-normalize | dlt-load $URL")
        #expect(first.status == 0, "\(first)")
        try pipeline.folder.write("a.jsonl", "{\"t\":1}\n{\"t\":3,\"l\":[5]}\n")
        let again = try pipeline.shell(
            "dlt-extract files a.jsonl --pipeline p --cursor t --refresh \(mode) | dlt-normalize | dlt-load $URL")
        #expect(again.status == 0, "\(again)")
        #expect(try pipeline.integers("SELECT t FROM a ORDER BY t") == [1, 3])
        #expect(try pipeline.integers("SELECT value FROM a__l") == [5])
        let known = try pipeline.integer("SELECT count(*) FROM pragma_table_info('a') WHERE name = 'old'")
        #expect(known == (mode == "drop-data" ? 1 : 0))
        let other = try pipeline.integer("SELECT count(*) FROM sqlite_master WHERE name = 'b'")
        #expect(other == (mode == "drop-sources" ? 0 : 1))
        let state = try pipeline.shell("dlt-state get sources.p.resources --pipeline p --json")
        let resources = try JSONValue(parsing: state.lines.last ?? "").objectValue?.keys
        #expect(resources.map(Set.init) == (mode == "drop-sources" ? ["a"] : ["a", "b"]))
        // The next run goes on from there.
        try pipeline.folder.write("a.jsonl", "{\"t\":2}\n{\"t\":3,\"l\":[5]}\n{\"t\":4}\n")
        let next = try pipeline.shell(
            "dlt-extract files a.jsonl --pipeline p --cursor t | dlt-normalize | dlt-load $URL")
        #expect(next.status == 0, "\(next)")
        #expect(try pipeline.integers("SELECT t FROM a ORDER BY t") == [1, 3, 4])
    }

    @Test func `resources whose names look the same have a table and a memory each`() throws {
        let pipeline = try Pipeline()
        let (one, other) = ("\u{E9}", "e\u{301}")
        func run(_ files: String, _ options: String = "") throws {
            let result = try pipeline.shell(
                "dlt-extract files \(files) --pipeline p --cursor t \(options) | dlt-normalize --naming direct | dlt-load $URL"
            )
            #expect(result.status == 0, "\(result)")
        }
        func values(_ table: String) throws -> [Int64] {
            try pipeline.integers("SELECT t FROM \"\(table)\" ORDER BY t")
        }
        try pipeline.folder.write("\(one).jsonl", "{\"t\":1}\n{\"t\":5}\n")
        try pipeline.folder.write("\(other).jsonl", "{\"t\":2}\n")
        try run("*.jsonl")
        try pipeline.folder.write("\(other).jsonl", "{\"t\":2}\n{\"t\":3}\n")
        try run("*.jsonl")
        #expect(try values(one) == [1, 5] && values(other) == [2, 3])
        try run("'\(one).jsonl'", "--refresh drop-resources")
        try run("*.jsonl")
        #expect(try values(one) == [1, 5] && values(other) == [2, 3])
    }
}
