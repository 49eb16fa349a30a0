import Documents
import JSONText
import SystemIO
import Testing

@testable import SchemaInspection

struct YAMLTests {
    @Test func `writes every kind of text as PyYAML does`() throws {
        let document = try JSONValue(parsing: Files.readAll(Fixture.path("scalars.json")))
        #expect(YAMLWriter.text(document) == (try Fixture.text("scalars.yaml")))
    }

    @Test func `reads back what PyYAML wrote`() throws {
        let document = try YAMLDocument.read(Files.readAll(Fixture.path("scalars.yaml"))).json
        #expect(document == (try JSONValue(parsing: Files.readAll(Fixture.path("scalars.json")))))
    }
}
