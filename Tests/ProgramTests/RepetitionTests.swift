import JSONText
import SystemIO
import TestSupport
import Testing
import Zstd

/// The same input again: cut into the same files, and with a run key loaded once.
struct RepetitionTests {
    private static let input: [UInt8] = {
        Array(
            (1...500).map { "{\"i\":\($0),\"l\":[\($0),{\"x\":\"\(String(repeating: "y", count: $0 % 60))\"}]}\n" }
                .joined().utf8)
    }()

    /// Table, file and rows of each job, and the sizes of the rows.
    private func jobs(_ arguments: [String]) throws -> [String] {
        let pipeline = try Pipeline()
        let result = try run(
            argv: [Paths.join(buildFolder, "dlt-normalize"), "--table", "t"] + arguments, stdin: Self.input,
            environment: pipeline.environment, currentDirectory: pipeline.folder.path)
        #expect(result.status == 0, "\(result)")
        let path = try #require(try result.lines.compactMap { try JSONValue(parsing: $0)["path"]?.stringValue }.first)
        let manifest = try JSONValue(parsing: Files.readAll(Paths.join(path, "manifest.json")))
        let found = try (manifest["jobs"]?.arrayValue ?? []).map { job in
            let file = job["file"]?.stringValue ?? ""
            let bytes = try Decompressor.decompress(Files.readAll(Paths.join(path, "jobs", file)))
            return "\(file) \(job["rows"]?.intValue ?? -1) \(bytes.split(separator: 0x0A).map(\.count))"
        }
        // However it is cut, every row is loaded.
        let loaded = try pipeline.load(stdin: result.stdoutBytes)
        #expect(loaded.status == 0, "\(loaded)")
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY rowid") == (1...500).map { Int64($0) })
        #expect(try pipeline.integer("SELECT count(*) FROM t__l") == 1000)
        return found
    }

    @Test(arguments: [
        ["--file-max-items", "70"], ["--file-max-bytes", "5K"], ["--file-max-items", "33", "--file-max-bytes", "2000"],
    ])
    func `files are cut at the same rows whatever is buffered`(limits: [String]) throws {
        let expected = try jobs(limits)
        #expect(expected.count > 8)
        for buffering in [[], ["--buffer-max-items", "1"], ["--buffer-max-items", "17"], ["--max-memory", "1M"]] {
            #expect(try jobs(limits + buffering) == expected, "\(buffering)")
        }
    }

    @Test func `a run key makes and loads its package once`() throws {
        let pipeline = try Pipeline()
        let script = "dlt-normalize --table t --run-key monday | dlt-load $URL"
        for _ in 0..<3 {
            let result = try pipeline.shell(script, stdin: "{\"i\":1}\n{\"i\":2}\n")
            #expect(result.status == 0, "\(result)")
            #expect(try pipeline.integer("SELECT count(*) FROM t") == 2)
            #expect(try pipeline.integer("SELECT count(*) FROM _dlt_loads") == 1)
        }
        #expect(try pipeline.shell(script.replacing("monday", with: "tuesday"), stdin: "{\"i\":3}\n").status == 0)
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [1, 2, 3])
        // Normalized twice before the first load.
        let twice = try pipeline.shell(
            "for n in 1 2; do echo '{\"i\":4}' | dlt-normalize --table t --run-key friday; done > lines; dlt-load $URL < lines; dlt-load $URL < lines"
        )
        #expect(twice.status == 0, "\(twice)")
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [1, 2, 3, 4])
        // Said to both: the one makes packages again, the other loads them again.
        let again = try pipeline.shell(
            "dlt-normalize --table t --run-key monday --again | dlt-load $URL --again", stdin: "{\"i\":5}\n")
        #expect(again.status == 0, "\(again)")
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [1, 2, 3, 4, 5])
        #expect(try pipeline.packages().isEmpty)
    }

    @Test func `the pipe run again loads what a run that was stopped before its load had made`() throws {
        let pipeline = try Pipeline()
        try pipeline.folder.write("in.jsonl", "{\"i\":1}\n{\"i\":2}\n")
        let pipe = "dlt-extract files --new in.jsonl --resource t | dlt-normalize"
        #expect(try pipeline.shell("\(pipe) > made").status == 0)
        let again = try pipeline.shell("\(pipe) | dlt-load $URL")
        #expect(again.status == 0 && again.stderr.contains("handed on"), "\(again)")
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [1, 2])
        #expect(try pipeline.shell("\(pipe) | dlt-load $URL").status == 0)
        #expect(try pipeline.shell("dlt-load $URL < made").status == 0)
        #expect(try pipeline.integers("SELECT i FROM t ORDER BY i") == [1, 2])
    }

    @Test func `a run key holds though the spool was lost`() throws {
        let pipeline = try Pipeline()
        let script = "dlt-normalize --table t --run-key monday | dlt-load $URL"
        #expect(try pipeline.shell(script, stdin: "{\"i\":1}\n").status == 0)
        _ = try pipeline.shell("rm -r data/spool/t/loaded")
        let again = try pipeline.shell(script, stdin: "{\"i\":1}\n")
        #expect(again.status == 0, "\(again)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 1)
        #expect(try pipeline.packages().isEmpty)
    }

    @Test func `a package is loaded once however often it is given`() throws {
        let pipeline = try Pipeline()
        _ = try pipeline.shell("echo '{\"i\":1}' | dlt-normalize --table t > lines; cp -r data copy")
        for script in [
            "dlt-load $URL < lines", "dlt-load $URL < lines", "dlt-load $URL --pending --pipeline t",
            "rm -r data; mv copy data; dlt-load $URL < lines",
        ] {
            let result = try pipeline.shell(script)
            #expect(result.status == 0, "\(script): \(result)")
            #expect(try pipeline.integer("SELECT count(*) FROM t") == 1, "\(script)")
        }
        #expect(try pipeline.packages().isEmpty)
    }
}
