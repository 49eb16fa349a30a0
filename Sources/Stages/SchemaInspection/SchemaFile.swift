import DataContracts
import Documents
import Identifiers
import JSONText
import ProgramSupport
import Schemas
import SystemIO

/// A schema read from a file: YAML or JSON, a stored document, a sketch, or a model in another language (JSON Schema, Singer,
/// OpenAPI, ODCS).
struct SchemaFile {
    /// Its name in messages.
    let name: String
    let document: LocatedDocument
    /// The kind of the document if it is not dlt's.
    let model: ModelDocument?
    /// The table of a model, if the model does not name it.
    private let table: String?
    private let path: String
    private let bytes: [UInt8]
    private let isJSON: Bool

    /// - Parameter path: `-` is standard input; the folder of a load package means the schema in it.
    init(_ path: String, table: String? = nil) throws {
        self.path = path
        self.table = table
        if path == "-" {
            name = "standard input"
            bytes = try Files.readAll(Descriptor.standardInput)
        } else {
            name = Files.isDirectory(path) ? Paths.join(path, "schema.json") : path
            bytes = try Files.readAll(name)
        }
        // JSON is nearly YAML, but the JSON parser keeps its digits and escapes, and is much faster.
        let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        isJSON = first == UInt8(ascii: "{") && (name.hasSuffix(".json") || (try? JSONValue(parsing: bytes)) != nil)
        if !isJSON, first == UInt8(ascii: "{"), let messages = ModelDocument.singerMessages(in: bytes) {
            document = LocatedDocument(messages)
            model = ModelDocument(messages)
            return
        }
        do {
            document =
                try isJSON ? LocatedDocument(JSONValue(parsing: bytes)) : LocatedDocument(YAMLDocument.read(bytes))
        } catch let error as JSONSyntaxError {
            throw SchemaFile.unreadable(name, error.reason.rawValue, SchemaFile.place(of: error.offset, in: bytes))
        } catch let error as DocumentError {
            if first == UInt8(ascii: "{") { try SchemaFile.refuseJSON(bytes, name) }
            throw SchemaFile.unreadable(
                name, error.reason, (line: error.line, column: error.column), ExitStatus(error.kind), error.hint)
        }
        model = ModelDocument(document.value)
    }

    /// The tables that a model describes; nil for a document of dlt's.
    func modelTables(_ naming: Naming) throws -> [Table]? {
        guard let model else { return nil }
        do throws(ModelError) {
            let fallback = if case .jsonSchema = model { table ?? SchemaFile.name(ofFile: path) } else { table }
            var named = table
            if case .jsonSchema(let schema) = model, schema["title"]?.stringValue == nil { named = fallback }
            var tables: [Table] = []
            for one in try model.models(table: named) { tables += try one.tables(naming) }
            return tables
        } catch {
            let place = error.place.dropFirst(2).replacing("/", with: ".")
            let line = line(of: String(place)).map { ":\($0)" } ?? ""
            throw ProgramError(
                .data, "unable to use the \(model.kind) in \(name)\(line): \(error)",
                hint: "correct the document; its rules cannot be checked as they are")
        }
    }

    /// A text that opens with a brace was meant as JSON, and errors are reported as such.
    private static func refuseJSON(_ bytes: [UInt8], _ name: String) throws {
        do throws(JSONSyntaxError) { _ = try JSONValue(parsing: bytes) } catch {
            throw unreadable(name, error.reason.rawValue, place(of: error.offset, in: bytes))
        }
    }

    private static func unreadable(
        _ name: String, _ reason: String, _ place: (line: Int?, column: Int?), _ status: ExitStatus = .data,
        _ hint: String? = nil
    ) -> ProgramError {
        let line = place.line.map { ":\($0)" } ?? ""
        let column = place.column.map { ":\($0)" } ?? ""
        return ProgramError(
            status, "unable to read \(name)\(line)\(column): \(reason)",
            hint: hint ?? "a schema is a YAML or JSON document")
    }

    private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int?, column: Int?) {
        let before = bytes.prefix(offset)
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return (before.count { $0 == 0x0A } + 1, offset - start + 1)
    }

    /// The line of a place such as `tables.users.columns.id`, or of its container.
    func line(of place: String) -> Int? {
        let located = isJSON ? try? LocatedDocument(JSONDocument.read(bytes)) : document
        return located?.line(of: place)
    }

    /// The document with all members of a schema.
    ///
    /// - Parameter fallback: the schema's name, if neither the document nor the file has one.
    func completed(fallback: String? = nil) throws -> JSONObject {
        if model != nil {
            var schema = Schema(name: schemaName(fallback))
            if let tables = try modelTables(try Naming(named: "snake_case")) { schema.adopt(tables) }
            return schema.document().objectValue ?? [:]
        }
        guard let object = document.value.isNull ? [:] : document.value.objectValue else {
            throw failure("top level", "expected an object with `tables`")
        }
        do throws(SketchError) { return try SchemaSketch.completed(object, name: schemaName(fallback)) } catch {
            throw failure(error.place, error.reason)
        }
    }

    /// `github.schema.yaml` describes `github`.
    private static func name(ofFile path: String) -> String? {
        if path == "-" { return nil }
        var name = Paths.lastComponent(path)
        if let point = name.firstIndex(of: ".") { name = String(name[..<point]) }
        guard let normalized = try? normalizeSchemaName(name), !normalized.isEmpty else { return nil }
        return normalized
    }

    private func schemaName(_ fallback: String?) -> String { fallback ?? SchemaFile.name(ofFile: path) ?? "schema" }

    func schema(fallback: String? = nil) throws -> Schema {
        try schema(of: completed(fallback: fallback))
    }

    func schema(of document: JSONObject) throws -> Schema {
        do throws(SchemaDocumentError) {
            var schema = try Schema(document: .object(document))
            // The document may have been edited since its hash was computed.
            schema.bump()
            return schema
        } catch { throw failure(error.place, error.reason) }
    }

    private func failure(_ place: String, _ reason: String) -> ProgramError {
        let line = line(of: place).map { ":\($0)" } ?? ""
        return ProgramError(
            .data, "unable to read the schema in \(name)\(line): \(place): \(reason)",
            hint: "`dlt-schema validate` lists all that is wrong with it")
    }
}
