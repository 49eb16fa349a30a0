import OpenAPI
import Testing

struct DescriptionTests {
    private func tree(_ text: String) throws -> DescriptionTree { try DescriptionReader.read(Array(text.utf8)) }

    private func description(_ text: String) throws -> Description { try Description(tree(text)) }

    @Test func `JSON and YAML of one meaning have the same values and lines`() throws {
        let json = try tree("{\n\"a\": {\"b\": [1, \"x\\n\"]},\n\"c\": null\n}").root
        let yaml = try tree("# a comment\na: {b: [1, \"x\\n\"]}\nc: null\n").root
        for root in [json, yaml] {
            #expect(root["a"]?["b"]?.items.map(\.text) == ["1", "x\n"])
            #expect(root["a"]?.line == 2)
            #expect(root.members.map(\.key) == ["a", "c"])
            // Null is as good as nothing.
            #expect(root["c"] == nil)
        }
    }

    @Test func `a byte order mark and a version without quotes are no obstacle`() throws {
        #expect(try description("\u{FEFF}openapi: 3.1\npaths: {}").editionText == "3.1")
    }

    @Test func `a key that appears twice has its last value`() throws {
        #expect(try tree("{\"a\": 1, \"a\": 2}").root["a"]?.int == 2)
        #expect(try tree("a: 1\na: 2").root.members.map(\.value.int) == [2])
    }

    @Test func `merge keys add members that are not there`() throws {
        let root = try tree("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}").root
        #expect(root["own"]?["x"]?.int == 1)
        #expect(root["own"]?["y"]?.int == 3)
        #expect(Set(root["own"]?.members.map(\.key) ?? []) == ["x", "y"])
    }

    /// Ten aliases in each of forty lines would be 10 to the power of 40 values.
    @Test func `aliases are not expanded`() throws {
        var text = "a0: &a0 [x]\n"
        for level in 1...40 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(try tree(text).root["a40"]?.items.count == 10)
    }

    @Test(arguments: ["a: &x [*x]", "a: *nothing", "[1, 2", "{\"a\": 1", ""])
    func `a broken text is refused`(text: String) {
        #expect(throws: DescriptionError.self) { try tree(text) }
    }

    @Test(arguments: ["openapi: 4.0.0\npaths: {}", "swagger: '1.2'\npaths: {}", "a: 1", "openapi: 3.0.0", "[]"])
    func `what is not a description is refused with a reason`(text: String) {
        #expect(throws: DescriptionError.self) { try description(text) }
    }

    @Test func `references lead through names with slashes and percent signs`() throws {
        let description = try description(
            """
            openapi: 3.0.0
            paths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/A~1B%20C'}}}}}
            components: {responses: {'A/B C': {description: x}}}
            """)
        #expect(description.operations().first?.response?.description == "x")
    }

    @Test(arguments: ["#/paths/~1a", "#/nowhere", "other.yaml#/x", "#"])
    func `a broken reference breaks its endpoint only`(reference: String) throws {
        let description = try description(
            """
            openapi: 3.0.0
            paths:
              /a: {$ref: '\(reference)'}
              /b: {get: {responses: {'200': {description: fine}}}}
            """)
        let operations = description.operations()
        #expect(operations.first { $0.path == "/b" }?.problems.isEmpty == true)
        if reference != "#" { #expect(operations.first { $0.path == "/a" }?.problems.first?.line == 3) }
    }

    @Test func `a schema that contains itself has an end`() throws {
        let description = try description(
            """
            openapi: 3.0.0
            paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/N'}}}}}}}}
            components:
              schemas:
                N: {allOf: [{$ref: '#/components/schemas/N'}, {properties: {next: {$ref: '#/components/schemas/N'}, id: {type: string}}}]}
                L: {$ref: '#/components/schemas/L'}
            """)
        let origin = try #require(description.operations().first?.response?.origin)
        let shape = description.shape(origin)
        #expect(shape.properties.map(\.name) == ["next", "id"])
        #expect(shape.name == "N")
    }

    @Test func `alternatives are united, and null is not one of them`() throws {
        let description = try description(
            """
            openapi: 3.1.0
            paths:
              /a:
                get:
                  responses:
                    '200':
                      content:
                        application/json:
                          schema:
                            oneOf: [{type: [object, 'null'], properties: {a: {type: string}}}, {properties: {b: {type: [integer, 'null']}}}]
            """)
        let shape = description.shape(try #require(description.operations().first?.response?.origin))
        #expect(shape.isObject && shape.isNullable)
        #expect(shape.properties.map(\.name) == ["a", "b"])
        let b = description.shape(try #require(shape["b"]))
        #expect(b.types == ["integer"] && b.isNullable)
    }

    @Test func `an object in brackets is several parameters`() throws {
        let description = try description(
            """
            openapi: 3.0.0
            paths:
              /a:
                parameters: [{name: page, in: query, style: deepObject, schema: {properties: {size: {type: integer, maximum: 9}}}}]
                get: {responses: {}}
            """)
        let parameters = try #require(description.operations().first?.parameters)
        #expect(parameters.map(\.name) == ["page[size]"])
        #expect(parameters.first?.shape.maximum == 9)
    }
}
