import Digests
import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing
import Zlib

/// Little input does not become much memory. Programs run with 300 MB of data memory: beyond it an allocation fails.
struct BombTests {
    private static let limited = "ulimit -d 300000; "

    /// 600 MB in some kilobytes: one line, and one text in a document. A record has 512 MiB at most.
    @Test(arguments: [
        ("x.jsonl.zst", "head -c 600M /dev/zero"),
        ("x.json.zst", "printf '[{\"a\":\"'; head -c 600M /dev/zero | tr '\\0' x"),
    ])
    func `what is small in a file does not fill the memory`(name: String, make: String) throws {
        let place = try Place()
        let result = try place.shell(
            "(\(make)) | zstd -q -1 > \(name); ulimit -d 900000; dlt-extract files \(name) > /dev/null",
            timeoutSeconds: 120)
        #expect(result.status == 65, "\(result)")
        #expect(result.stderr.contains("MiB"), "\(result)")
    }

    /// A frame may say that it needs 2 GB to be read.
    @Test func `a zstd window is bounded`() throws {
        let place = try Place()
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x29, 0, 0] + Array("{\"a\":1}\n".utf8)
        try place.folder.write("x.jsonl.zst", frame)
        let result = try place.shell("\(Self.limited) dlt-extract files x.jsonl.zst")
        #expect(result.status == 65 && result.stderr.contains("unable to"), "\(result)")
    }

    /// The rows of somebody's package: one line without an end.
    @Test func `a row of a package is bounded`() throws {
        let place = try Place()
        let package = try place.package()
        let job = "\(package)/jobs/t.0.jsonl.zst"
        #expect(try place.shell("head -c 3G /dev/zero | zstd -q -1 -f -o \(job)").status == 0)
        var hash = XXH64()
        let bytes = try Files.readAll(job)
        bytes.withUnsafeBytes { hash.update($0) }
        try place.rewrite(package, "manifest.json") { text in
            text.replacing(
                /"bytes":\d+,"checksum":"[0-9a-f]+"/,
                with: "\"bytes\":\(bytes.count),\"checksum\":\"\(hash.hexDigest())\"")
        }
        let result = try place.shell(
            "ulimit -d 2500000; dlt-load sqlite:///x.db --pending --pipeline p", timeoutSeconds: 120)
        #expect(result.status == 65 && result.stderr.contains("longer than"), "\(result)")
        #expect(try place.database().integer("SELECT count(*) FROM sqlite_master") == 0)
    }

    /// State lies in the destination as zlib in Base64, and anybody who may write there may write this.
    @Test func `a state at the destination is bounded`() throws {
        let place = try Place()
        _ = try place.package()
        #expect(try place.shell("dlt-load sqlite:///x.db --pending --pipeline p").status == 0)
        let text = "{\"x\":\"" + String(repeating: "a", count: 300 << 20) + "\"}"
        let state = Base64.encode(Deflate.zlibCompress(Array(text.utf8), level: 1), padding: true)
        try Database.open(place.folder.path("x.db")).execute("UPDATE _dlt_pipeline_state SET state = '\(state)'")
        let result = try place.shell("rm -r data; ulimit -d 1000000; dlt-state pull sqlite:///x.db --pipeline p")
        #expect(result.status == 65 && result.stderr.contains("larger than"), "\(result)")
    }

    /// 100,000 levels wherever a document is read: an error or a value, but no crash for want of stack.
    @Test(arguments: ["[", "{\"a\":"])
    func `documents of any depth are answered`(open: String) throws {
        let place = try Place()
        let close = open == "[" ? "]" : "}"
        let deep = String(repeating: open, count: 100_000) + "1" + String(repeating: close, count: 100_000)
        try place.folder.write("deep.json", deep)
        try place.folder.write(
            "deep.yaml", "a: " + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
        try place.folder.write(
            "deep.toml", "a = " + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
        let package = try place.package()
        for file in ["manifest.json", "schema.json"] {
            let result = try place.shell(
                "cp \(package)/\(file) kept; cp deep.json \(package)/\(file); dlt-load sqlite:///x.db \(package); a=$?; dlt-state packages >&2; cp kept \(package)/\(file); exit $a"
            )
            #expect(result.status == 65, "\(file): \(result)")
        }
        let header =
            "{\"type\":\"HEADER\",\"format\":1,\"pipeline\":\"q\",\"source\":\"s\",\"extract_id\":\"x\",\"base\":{}}\n"
        for (command, input) in [
            ("dlt-normalize", header + "{\"type\":\"STATE\",\"value\":\(deep)}\n"),
            (
                "dlt-normalize",
                header + "{\"type\":\"SCHEMA\",\"stream\":\"t\",\"schema\":\(deep),\"key_properties\":[]}\n"
            ),
            ("dlt-normalize --table t --columns @deep.json", ""),
            ("dlt-normalize --table t --schema deep.yaml", "{\"a\":1}\n"),
            ("dlt-schema import --pipeline r deep.json", ""), ("dlt-schema import --pipeline r deep.yaml", ""),
            ("dlt-schema validate deep.yaml", ""), ("dlt-extract rest --check deep.json", ""),
            ("dlt-extract rest --check deep.yaml", ""), ("dlt-extract rest --check deep.toml", ""),
            ("dlt-load sqlite:///x.db", deep + "\n"), ("dlt-state set --pipeline p sources.x -", deep),
        ] {
            let result = try place.shell(command, stdin: input)
            #expect(
                (1..<128).contains(result.status) && result.status != 70,
                "\(command): \(result.status) \(result.stderr.prefix(300))")
        }
    }

    /// Each anchor is ten times the one before: some hundred bytes that stand for a billion values.
    @Test(arguments: ["dlt-extract rest --check", "dlt-schema import --pipeline p", "dlt-schema validate"])
    func `aliases do not multiply`(command: String) throws {
        let place = try Place()
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        try place.folder.write("bomb.yaml", text)
        let result = try place.shell("\(Self.limited) \(command) bomb.yaml")
        #expect([65, 78].contains(result.status) && result.stderr.contains("aliases"), "\(result)")
    }
}
