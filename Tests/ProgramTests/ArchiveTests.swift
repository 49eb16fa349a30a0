import JSONText
import SystemIO
import TestSupport
import Testing

/// Files in archives and compressed files, made by the programs for them.
struct ArchiveTests {
    private let folder: WorkDirectory

    init() throws {
        folder = try WorkDirectory()
        try Files.makeDirectory(folder.path("in"))
        try folder.write("in/a.csv", "n,s\n1,x\n2,y\n")
        try folder.write("in/b ü.jsonl", "{\"n\":3,\"s\":\"z\"}\n{\"n\":4,\"s\":null}\n")
        try folder.write("in/notes.md", "# no data\n")
        try folder.write("in/.hidden.csv", "n,s\n9,h\n")
    }

    private func read(_ script: String) throws -> ReadStream {
        try ReadStream(
            runShell(script, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path))
    }

    private static let rows = [#"{"n":1,"s":"x"}"#, #"{"n":2,"s":"y"}"#, #"{"n":3,"s":"z"}"#, #"{"n":4,"s":null}"#]

    @Test(
        arguments: [
            "zip -qr t.zip in", "zip -qr0 t.zip in", "tar -cf t.tar in", "tar -czf t.tar.gz in", "tar -cJf t.tar.xz in",
            "tar -cjf t.tar.bz2 in", "tar -cf - in | zstd -q > t.tar.zst", "tar -cf - in | lz4 -q > t.tar.lz4",
            "gzip in/a.csv && zip -qr t.zip in && gunzip in/a.csv.gz",
        ])
    func `the data files in an archive are records of one resource`(make: String) throws {
        let stream = try read("(\(make)) && dlt-extract files t.*")
        #expect(stream.result.status == 0, "\(stream.result)")
        #expect(stream.records.sorted() == Self.rows, "\(stream.result)")
        #expect(stream.messages.first?["pipeline"]?.stringValue == "t")
        #expect(stream.all("PLACE").contains { $0["file"]?.stringValue?.hasSuffix("/in/b ü.jsonl") == true })
    }

    @Test(arguments: ["bzip2 in/a.csv", "xz in/a.csv", "lz4 -q --rm in/a.csv in/a.csv.lz4", "xz -T2 in/a.csv"])
    func `a compressed file is unpacked, whatever its name`(packer: String) throws {
        let stream = try read("\(packer) && dlt-extract files in/a.csv.* && cat in/a.csv.* > data.csv")
        #expect(stream.records == Array(Self.rows[..<2]), "\(stream.result)")
        #expect(try read("dlt-extract files data.csv").records == Array(Self.rows[..<2]))
        // Two streams, one after the other, are one.
        let twice = try read("cat data.csv data.csv | dlt-extract files - --resource d --format csv --all-text")
        #expect(twice.records.count == 5, "\(twice.result)")
        let cut = try read("head -c -6 data.csv > cut.csv; dlt-extract files cut.csv")
        #expect(cut.result.status == 65, "\(cut.result)")
        #expect(cut.result.stderr.contains("unable to read cut.csv"), "\(cut.result)")
    }

    @Test func `a text that begins like bzip2 is a text`() throws {
        #expect(try read("printf 'BZh1,b\\n1,2\\n' > t.csv; dlt-extract files t.csv").records == [#"{"BZh1":1,"b":2}"#])
    }

    @Test func `a run that stops in an archive goes on there, and an archive is new as a whole`() throws {
        var seen: [String] = []
        for expected in [10, 0, 0] as [Int32] {
            let stream = try read(
                "[ -e t.zip ] || zip -qr t.zip in; dlt-extract files --new --chunk-size 3 t.zip")
            #expect(stream.result.status == expected, "\(stream.result)")
            seen += stream.records
            try commit(stream, in: folder)
        }
        #expect(seen.sorted() == Self.rows)
    }

    /// A zip archive of Python's with the file `ü.jsonl`, whose name is marked as UTF-8.
    private static let marked =
        "UEsDBBQAAAgAAAAAIQCTEb6FCAAAAAgAAAAIAAAAw7wuanNvbmx7Im4iOjF9ClBLAQIUAxQAAAgAAAAAIQCTEb6FCAAAAAgAAAAIAAAAAAAAAAAA"
        + "AACAAQAAAADDvC5qc29ubFBLBQYAAAAAAQABADYAAAAuAAAAAAA="

    @Test func `a name that is marked as UTF-8 is read in any locale`() throws {
        for locale in ["C", "C.UTF-8"] {
            let stream = try read(
                "echo \(Self.marked) | base64 -d > t.zip; LC_ALL=\(locale) dlt-extract files t.zip")
            #expect(stream.result.status == 0, "\(stream.result)")
            #expect(stream.records == [#"{"n":1}"#])
            #expect(stream.all("PLACE").first?["file"]?.stringValue == "t.zip/ü.jsonl")
        }
    }

    @Test(arguments: ["cat x.tar y.tar > t.tar", "gzip x.tar y.tar && cat x.tar.gz y.tar.gz > t.tar.gz"])
    func `archives one after the other are read to the last`(make: String) throws {
        let stream = try read(
            "tar -cf x.tar in/a.csv && tar -cf y.tar 'in/b ü.jsonl' && \(make) && dlt-extract files t.*")
        #expect(stream.records == Self.rows, "\(stream.result)")
    }

    @Test func `links, and a second file of one name, are mentioned`() throws {
        let links = try read(
            "cd in; ln a.csv c.csv; ln -s a.csv d.csv; tar -cf ../t.tar a.csv c.csv d.csv; cd ..; dlt-extract files t.tar"
        )
        #expect(links.records == Array(Self.rows[..<2]), "\(links.result)")
        #expect(links.result.stderr.contains("t.tar: c.csv is a link, and links in an archive are left out"))
        let twice = try read("tar -cf t.tar in/a.csv; tar -rf t.tar in/a.csv; dlt-extract files t.tar")
        #expect(twice.records.count == 4, "\(twice.result)")
        #expect(twice.result.stderr.contains("t.tar: in/a.csv is in it more than once"), "\(twice.result)")
    }

    @Test func `what cannot be read is said in one sentence`() throws {
        let named = try read("zip -q t.zip in/notes.md in/a.csv; dlt-extract files t.zip --format csv")
        #expect(named.result.status == 0, "\(named.result)")
        for (script, status, words) in [
            ("zip -qr -P secret t.zip in; dlt-extract files t.zip", 65, "it is encrypted"),
            ("zip -q t.zip in/notes.md; dlt-extract files t.zip", 66, "no file in it has a known extension"),
            ("zip -qr t.zip in; head -c 120 t.zip > cut.zip; dlt-extract files cut.zip", 65, "unable to read cut.zip"),
            (
                "printf 'a,b\\n1\\n2,3,4\\n' > in/a.csv; tar -cf t.tar in/a.csv; dlt-extract files t.tar", 65,
                "t.tar/in/a.csv, line 3"
            ),
        ] {
            let result = try read("rm -f *.zip; \(script)").result
            #expect(result.status == Int32(status), "\(result)")
            #expect(result.stderr.contains(words), "\(result)")
        }
    }
}
