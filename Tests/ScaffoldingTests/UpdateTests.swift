import SystemIO
import TestSupport
import Testing

@testable import Scaffolding

/// `--update`: the API changes, and so does the person.
struct UpdateTests {
    private func made(_ paths: [String], limit: Int = 100) throws -> String {
        var text =
            "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\nservers: [{url: https://api.example.com}]\npaths:\n"
        for path in paths {
            text +=
                "  \(path): {get: {parameters: [{name: limit, in: query, schema: {type: integer, maximum: \(limit)}}, {name: offset, in: query, schema: {type: integer}}], responses: {'200': {content: {application/json: {schema: {type: array, items: {properties: {id: {type: integer}}}}}}}}}}\n"
        }
        return try Sketch.configuration(text)
    }

    @Test func `an unchanged file becomes what would be made anew`() throws {
        let (old, new) = (try made(["/a", "/b"]), try made(["/a", "/b", "/c"], limit: 50))
        let merge = try #require(ConfigurationMerge(old, new))
        #expect(merge.text == new)
        #expect(merge.added == ["c"])
        #expect(merge.replaced == ["a", "b"])
        #expect(try #require(ConfigurationMerge(new, new)).text == new)
    }

    @Test func `what was changed by hand stays, and is reported if the API has changed there`() throws {
        let old = try made(["/a", "/b"]).replacing(
            "primary_key: id", with: "primary_key: [id]  # mine", maxReplacements: 1)
        let merge = try #require(ConfigurationMerge(old, try made(["/a", "/b"], limit: 50)))
        #expect(merge.text.contains("# mine"))
        #expect(merge.kept == ["a"])
        #expect(merge.outdated == ["a"])
        #expect(merge.replaced == ["b"])
        #expect(merge.text.contains("limit: 50") && merge.text.contains("limit: 100"))
    }

    @Test func `a resource that was removed by hand does not come back`() throws {
        let old = try made(["/a", "/b"])
        let start = try #require(old.firstRange(of: "\n  # GET /a"))
        let end = try #require(old.firstRange(of: "\n  # GET /b"))
        let merge = try #require(
            ConfigurationMerge(String(old[..<start.lowerBound] + old[end.lowerBound...]), try made(["/a", "/b", "/c"])))
        #expect(merge.added == ["c"])
        #expect(!merge.text.contains("# GET /a"))
    }

    @Test func `a resource that is no longer described stays`() throws {
        let merge = try #require(ConfigurationMerge(try made(["/a", "/b"]), try made(["/b"])))
        #expect(merge.gone == ["a"])
        #expect(merge.text.contains("- name: a\n"))
    }

    @Test func `a resource that was written by hand stays where it is`() throws {
        let old = try made(["/a"]) + "\n  # my own\n  - name: extra\n    endpoint: extra\n"
        let merge = try #require(ConfigurationMerge(old, try made(["/a", "/b"])))
        #expect(merge.text.contains("  # my own\n  - name: extra\n    endpoint: extra\n"))
        #expect(merge.added == ["b"])
        #expect(merge.gone.isEmpty)
    }

    @Test func `comments and members that were written by hand stay`() throws {
        let fresh = try made(["/a", "/b"])
        var old = fresh.replacing("\n  # GET /b", with: "\n# mine: not yet\n\n  # GET /b")
        old = "# mine: ask Ann\n" + old + "\n# mine: for all\nresource_defaults:\n  write_disposition: append\n"
        let merge = try #require(ConfigurationMerge(old, try made(["/a", "/b", "/c"], limit: 50)))
        for line in ["# mine: ask Ann\n", "# mine: not yet\n"] { #expect(merge.text.contains(line), "\(merge.text)") }
        #expect(merge.text.hasSuffix("\n# mine: for all\nresource_defaults:\n  write_disposition: append\n"))
        #expect(merge.text.contains("  - name: c\n"))
        #expect(merge.kept == ["client", "b"] && merge.outdated == ["b"] && merge.replaced == ["a"])
    }

    @Test func `a file of somebody else is refused`() throws {
        #expect(ConfigurationMerge("client: {base_url: https://x}\nresources: [a]\n", try made(["/a"])) == nil)
        let folder = try WorkDirectory()
        try folder.write("api.yaml", Sketch.list(schema: Sketch.answer()))
        try folder.write("mine.yaml", "client: {base_url: https://x}\nresources: [a]\n")
        let result = try run(
            program: "dlt-init", arguments: ["rest", "api.yaml", "--update", "mine.yaml"], currentDirectory: folder.path
        )
        #expect(result.status == 65 && result.stderr.contains("hint: "), "\(result)")
    }
}
