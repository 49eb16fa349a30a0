import JSONText
import LoadPackages
import Schemas
import SystemIO
import TestSupport
import Testing

struct SchemaFileTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func normalize(_ schema: String, environment: [String: String] = [:]) throws -> ProgramResult {
        try fixture.program(
            ["--table", "t", "--pipeline", "p", "--schema", schema], stdin: "{\"a\":1,\"b\":2}\n",
            environment: environment)
    }

    @Test func `YAML is read by the program alone, with its short forms`() throws {
        try fixture.folder.write("s.yaml", "tables:\n  t:\n    primary_key: b\n    columns: {a: text}\n")
        let result = try fixture.shell(
            """
            mkdir alone && cp "$(command -v dlt-normalize)" alone && PATH=/usr/bin:/bin
            echo '{"a":1,"b":2}' | alone/dlt-normalize --table t --pipeline p --schema s.yaml
            """)
        #expect(result.status == 0, "\(result)")
        let name = try #require(fixture.waiting().first)
        let table = try #require(
            PackageReader(Paths.join(fixture.spool().path, "packages/\(name)")).schema[table: "t"])
        #expect(table[column: "a"]?.dataType == .text)
        #expect(table.columns(with: "primary_key").map(\.name) == ["b"])
    }

    @Test(arguments: [
        ("a: [1\nb: 2\n", "line 2: "),
        ("tables:\n  t:\n    columns: 3\n", "line 3: tables.t.columns: expected an object"),
        ("- 1", "expected an object with `tables`"), ("{\"tables\":", "the text ends inside a value"),
    ])
    func `what is wrong with a schema file is said with its place`(text: String, words: String) throws {
        try fixture.folder.write("s", text)
        let result = try normalize("s")
        #expect(result.status == 65 && result.stderr.contains("unable to read schema file s: "), "\(result)")
        #expect(result.stderr.contains(words), "\(result)")
        #expect(try fixture.waiting().isEmpty)
    }

    @Test func `without libyaml its package is named, and JSON is read all the same`() throws {
        try fixture.folder.write("s.yaml", "tables: {t: {columns: {a: text}}}\n")
        try fixture.folder.write("s.json", "{\"tables\":{\"t\":{\"columns\":{\"a\":{\"data_type\":\"text\"}}}}}")
        try fixture.folder.write("libyaml-0.so.2", "not a library\n")
        let environment = ["LD_LIBRARY_PATH": fixture.folder.path]
        let result = try normalize("s.yaml", environment: environment)
        #expect(result.status == 69, "\(result)")
        #expect(result.stderr.contains("unable to read schema file s.yaml: "), "\(result)")
        #expect(result.stderr.contains("hint: install the library that reads YAML: apt-get install libyaml-0-2"))
        #expect(try normalize("s.json", environment: environment).status == 0)
    }

    /// Else a new version of the rows would lie beside the old one.
    @Test func `a schema file that leaves open how a table is written leaves that to ACTIVATE_VERSION`() throws {
        try fixture.folder.write("s.yaml", "tables: {t: {columns: {a: text}}}\n")
        for version in 1...2 {
            let lines = [schema()] + records(1...3, version: version) + [activate(version), singerState(version)]
            let result = try fixture.program(
                ["--pipeline", "p", "--schema", "s.yaml"], stdin: lines.map { $0 + "\n" }.joined())
            #expect(result.status == 0, "\(result)")
        }
        let newest = try #require(fixture.waiting().max())
        let package = try PackageReader(Paths.join(fixture.spool().path, "packages/\(newest)"))
        #expect(package.schema[table: "t"]?.writeDisposition == .replace)
    }
}
