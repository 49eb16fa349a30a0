import DataContracts
import Documents
import JSONText
import ProgramSupport
import Schemas
import SystemIO

extension SchemaOverlay {
    /// Reads a schema file: JSON, or YAML with the short forms of a sketch, which are expanded.
    static func document(ofFile path: String) throws -> JSONValue {
        let bytes = try Files.readAll(path)
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return try first == UInt8(ascii: "{") ? json(bytes, path) : yaml(bytes, path)
    }

    private static func json(_ bytes: [UInt8], _ path: String) throws -> JSONValue {
        let document: JSONValue
        do throws(JSONSyntaxError) { document = try JSONValue(parsing: bytes) } catch {
            if let messages = ModelDocument.singerMessages(in: bytes) { return messages }
            throw ProgramError(.data, "unable to read schema file \(path): \(error)")
        }
        guard ModelDocument(document) == nil, let sketch = document.objectValue else { return document }
        do throws(SketchError) { return .object(try SchemaSketch.writtenOut(sketch)) } catch {
            throw ProgramError(
                .data, "unable to read schema file \(path): \(error.place): \(error.reason)",
                hint: "`dlt-schema validate` lists all that is wrong with it")
        }
    }

    private static func yaml(_ bytes: [UInt8], _ path: String) throws -> JSONValue {
        let document: LocatedDocument
        do throws(DocumentError) { document = LocatedDocument(try YAMLDocument.read(bytes)) } catch {
            throw ProgramError(
                ExitStatus(error.kind), "unable to read schema file \(path): \(error)",
                hint: error.hint ?? "a schema is a YAML or JSON document")
        }
        if ModelDocument(document.value) != nil { return document.value }
        guard let sketch = document.value.isNull ? [:] : document.value.objectValue else {
            throw ProgramError(
                .data, "unable to read schema file \(path): expected an object with `tables`",
                hint: "a schema is a YAML or JSON document")
        }
        do throws(SketchError) { return .object(try SchemaSketch.writtenOut(sketch)) } catch {
            let line = document.line(of: error.place).map { "line \($0): " } ?? ""
            throw ProgramError(
                .data, "unable to read schema file \(path): \(line)\(error.place): \(error.reason)",
                hint: "`dlt-schema validate` lists all that is wrong with it")
        }
    }
}
