import JSONText
import Schemas
import SystemIO
import Testing

/// Schemas that real dlt stored, taken from the conformance cases.
struct StoredSchemaTests {
    private struct Stored: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let document: JSONValue
        let hash: String
    }

    private static let conformance = Paths.join(Paths.parent(Paths.parent(#filePath)), "Conformance")

    private static let stored: [Stored] = {
        do {
            func read(_ path: String) throws -> JSONValue { try JSONValue(parsing: Files.readAll(path)) }
            let standard = try read(Paths.join(conformance, "standard.json"))
            let cases = Paths.join(conformance, "cases")
            return try Files.list(cases).flatMap { (name) throws -> [Stored] in
                let expected = try read(Paths.join(cases, name, "expected.json"))
                return (expected["steps"]?.arrayValue ?? []).enumerated().compactMap { (number, step) -> Stored? in
                    guard let hash = step["version_hash"]?.stringValue, case .object(var schema)? = step["schema"],
                        case .object(var tables)? = schema["tables"]
                    else { return nil }
                    for (table, value) in tables.members where value == "standard" {
                        tables[table] = standard["tables", table]
                    }
                    schema["tables"] = .object(tables)
                    if schema["settings"] == "standard" { schema["settings"] = standard["settings"] }
                    schema["version"] = 3
                    schema["version_hash"] = .string(hash)
                    schema["previous_hashes"] = .strings(["x"])
                    return Stored(testDescription: "\(name) step \(number + 1)", document: .object(schema), hash: hash)
                }
            }
        } catch { fatalError("unable to read the conformance cases: \(error)") }
    }()

    @Test func `the hash of every stored schema is dlt's`() throws {
        #expect(Self.stored.count > 150)
        for stored in Self.stored {
            #expect(try Schema(document: stored.document).contentHash() == stored.hash, "\(stored.testDescription)")
        }
    }

    @Test func `a stored schema is read and written without a change`() throws {
        for stored in Self.stored {
            let schema = try Schema(document: stored.document)
            let written = schema.document()
            #expect(written == stored.document, "\(stored.testDescription)")
            #expect(try Schema(document: written).document().serialized() == written.serialized())
            #expect(schema.tables.map(\.name) == stored.document["tables"]?.objectValue?.keys)
        }
    }

    @Test func `any change of content is another hash and the next version`() throws {
        for stored in Self.stored.prefix(40) {
            var schema = try Schema(document: stored.document)
            #expect(schema.bump() == stored.hash && schema.version == 3)
            schema.put(
                Table(
                    properties: ["name": "brand_new", "resource": "brand_new"], columns: [Column(name: "x", .bigint)]))
            let hash = schema.bump()
            #expect(hash != stored.hash && schema.version == 4 && schema.previousHashes.first == stored.hash)
            schema.remove(table: "brand_new")
            #expect(schema.bump() == stored.hash && schema.version == 5)
        }
    }

    @Test func `a document that is no schema is refused with its place`() throws {
        let good = try #require(Self.stored.first).document
        for (key, value) in [("tables", "x"), ("name", .null), ("engine_version", "11"), ("engine_version", 3)]
            as [(String, JSONValue)]
        {
            var object = good.objectValue ?? [:]
            object[key] = value
            #expect(throws: SchemaDocumentError.self, "\(key)") { try Schema(document: .object(object)) }
        }
    }
}
