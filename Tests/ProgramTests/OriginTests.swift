import JSONText
import LoadPackages
import SystemIO
import TestSupport
import Testing

/// `--keep-origins` through whole pipes.
struct OriginTests {
    private let pipeline: Pipeline

    init() throws { pipeline = try Pipeline() }

    /// For each row of a table the number in its column `n`, and the origin.
    private func origins(of table: String, column: String = "n", pipeline name: String = "t") throws -> [String] {
        let folder = pipeline.folder.path("data/spool/\(name)/packages")
        var found: [String] = []
        for id in try Files.list(folder) {
            let package = try PackageReader(Paths.join(folder, id))
            try package.verify()
            for job in package.manifest.jobs where job.table == table {
                let origins = try #require(try package.originReader(of: job))
                let rows = try package.rows(of: job)
                while let row = try rows.next() {
                    let origin = try #require(try origins.next())
                    let source = origin.source["file"] ?? origin.source["url"] ?? origin.source["input"]
                    let name = Paths.lastComponent(source?.stringValue ?? "?")
                    let about = origin.isApproximate ? "about " : ""
                    let place = origin.line.map { "line \($0)" } ?? "record \(origin.number ?? 0)"
                    found.append(
                        "\(try JSONValue(parsing: row.text)[column]?.serialized() ?? "") \(name) \(about)\(place)")
                }
                #expect(try origins.next() == nil)
            }
        }
        return found
    }

    @Test(arguments: [1, 3]) func `rows of files have their lines, whatever was left out between them`(workers: Int)
        throws
    {
        // Nested rows, blank lines, rejects, two files, and enough of them that workers make most.
        for (name, numbers) in [("a", 1...2000), ("b", 2001...2100)] {
            let lines = numbers.map { number in
                number % 7 == 0
                    ? "\n" : number % 11 == 0 ? "{\"n\":NaN}\n" : "{\"n\":\(number),\"list\":[{\"x\":1},{\"x\":2}]}\n"
            }
            try pipeline.folder.write("\(name).jsonl", lines.joined())
        }
        let result = try pipeline.shell(
            """
            dlt-extract files --resource t -q a.jsonl b.jsonl |
              dlt-normalize -q --keep-origins --workers \(workers) --rejects r --file-max-items 700
            """)
        #expect(result.status == 3, "\(result)")
        let expected = (1...2100).filter { $0 % 7 != 0 && $0 % 11 != 0 }.map {
            $0 <= 2000 ? "\($0) a.jsonl line \($0)" : "\($0) b.jsonl line \($0 - 2000)"
        }
        #expect(try origins(of: "t") == expected)
        let path = pipeline.folder.path("data/spool/t/packages")
        let package = try PackageReader(Paths.join(path, try #require(try Files.list(path).first)))
        #expect(
            package.manifest.origins.map(\.file) == ["t.0.zst", "t.1.zst", "t.2.zst"],
            "children have those of their root")
    }

    @Test func `CSV and packed files have their lines`() throws {
        try pipeline.folder.write("c.csv", "n,text\n1,\"x\ny\"\n\n2,z\n3,w\n")
        let lines = (1...50).map { "{\"n\":\($0)}\n" }.joined()
        try pipeline.folder.write("g.jsonl", lines)
        let script = """
            gzip g.jsonl && dlt-extract files --resource t -q c.csv | dlt-normalize -q --keep-origins
            dlt-extract files --pipeline u --resource t -q g.jsonl.gz | dlt-normalize -q --keep-origins
            """
        #expect(try pipeline.shell(script).status == 0)
        #expect(try origins(of: "t") == ["1 c.csv line 2", "2 c.csv line 5", "3 c.csv line 6"])
        #expect(try origins(of: "t", pipeline: "u") == (1...50).map { "\($0) g.jsonl.gz line \($0)" })
    }

    @Test(arguments: [1, 3]) func `tables of one stream have each their own`(workers: Int) throws {
        let lines = (1...900).map { "{\"kind\":\"\($0 % 3 == 0 ? "u" : "v")\",\"n\":\($0),\"k\":[1]}\n" }.joined()
        let result = try pipeline.shell(
            "cat | dlt-normalize -q --pipeline t --table-from kind --keep-origins --workers \(workers)", stdin: lines)
        #expect(result.status == 0, "\(result)")
        #expect(try origins(of: "u") == (1...900).filter { $0 % 3 == 0 }.map { "\($0) standard input line \($0)" })
        #expect(try origins(of: "v") == (1...900).filter { $0 % 3 != 0 }.map { "\($0) standard input line \($0)" })
    }

    @Test func `a file that is standard input is named`() throws {
        try pipeline.folder.write("rows.jsonl", "{\"n\":1}\n")
        #expect(try pipeline.shell("dlt-normalize -q --table t --keep-origins < rows.jsonl").status == 0)
        #expect(try origins(of: "t") == ["1 rows.jsonl line 1"])
    }

    @Test func `records of a BATCH are lines of its files`() throws {
        let path = try pipeline.folder.write("b.jsonl", "{\"n\":1}\n\n{\"n\":2}\n")
        let result = try pipeline.shell(
            "cat | dlt-normalize -q --pipeline t --keep-origins",
            stdin: """
                {"type":"SCHEMA","stream":"t","schema":{},"key_properties":[]}
                {"type":"RECORD","stream":"t","record":{"n":0}}
                {"type":"BATCH","stream":"t","encoding":{"format":"jsonl"},"manifest":["file://\(path)"]}
                {"type":"RECORD","stream":"t","record":{"n":3}}

                """)
        #expect(result.status == 0, "\(result)")
        #expect(
            try origins(of: "t") == [
                "0 standard input line 2", "1 b.jsonl line 1", "2 b.jsonl line 3", "3 standard input line 4",
            ])
    }

    @Test func `nothing is kept without the option`() throws {
        #expect(try pipeline.shell("dlt-normalize -q --table t", stdin: "{\"n\":1}\n").status == 0)
        let folder = pipeline.folder.path("data/spool/t/packages")
        let package = Paths.join(folder, try #require(try Files.list(folder).first))
        #expect(try Files.list(package) == ["jobs", "manifest.json", "schema.json"])
        #expect(
            try !String(decoding: Files.readAll(Paths.join(package, "manifest.json")), as: UTF8.self).contains(
                "origins"))
    }

    @Test(arguments: ["--exclude", "--hash", "--redact"])
    func `a line that shows what is hidden is refused`(option: String) throws {
        let beside = try pipeline.shell(
            "DLT_HASH_KEY=k dlt-normalize --table t --keep-origins \(option) secret", stdin: "{\"n\":1}\n")
        #expect(beside.status == 64)
        #expect(beside.stderr.contains("'--keep-origins' and '\(option)' cannot be used together"), "\(beside)")
        // The rule of an earlier run holds in this one.
        let first = "dlt-normalize -q --table t \(option) secret | dlt-load -q \"$URL\""
        #expect(try pipeline.shell("export DLT_HASH_KEY=k; \(first)", stdin: "{\"n\":1,\"secret\":2}\n").status == 0)
        let later = try pipeline.shell(
            "DLT_HASH_KEY=k dlt-normalize --table t --keep-origins", stdin: "{\"n\":1,\"secret\":2}\n")
        #expect(later.status == 64, "\(later)")
        #expect(later.stderr.contains("unable to keep the origins of table t"), "\(later)")
        #expect(later.stderr.contains("--keep PATH"))
    }

    @Test func `a package that was loaded and is trimmed keeps none`() throws {
        for number in 1...3 {
            let run = "dlt-normalize -q --table t --keep-origins | dlt-load -q --keep-loaded 1 \"$URL\""
            #expect(try pipeline.shell(run, stdin: "{\"n\":\(number)}\n").status == 0)
        }
        let folder = pipeline.folder.path("data/spool/t/loaded")
        let packages = try Files.list(folder).map { Paths.join(folder, $0) }
        #expect(packages.count == 3)
        #expect(try packages.map { try Files.list($0).contains("origins") } == [false, false, true])
    }
}
