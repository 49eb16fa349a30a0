import InspectionSupport
import JSONText
import LoadPackages
import ProgramSupport
import Schemas
import SystemIO

/// The changes of a pipeline that were already reported: a copy of the schema at that time, in the spool.
struct AlertMemory {
    let pipeline: String
    private let path: String
    private let schema: Schema
    private let old: Schema?

    init(_ common: CommonOptions, _ schemaName: String?) throws {
        let spool = try common.spool()
        pipeline = spool.pipeline
        let name = try schemaName ?? spool.mainSchemaName()
        guard let schema = try spool.committedSchema(name) else {
            throw ProgramError(
                .noInput, "unable to find schema '\(name)' in pipeline '\(pipeline)'",
                hint: "nothing has been loaded yet; a waiting package does not change it")
        }
        self.schema = schema
        path = Paths.join(Paths.join(spool.path, "alerted"), "\(name).json")
        guard Files.exists(path) else {
            old = nil
            return
        }
        do { old = try Schema(document: JSONValue(parsing: Files.readAll(path))) } catch is JSONSyntaxError {
            throw ProgramError(.data, "unable to read \(path): it is damaged", hint: "remove the file to start over")
        }
    }

    /// The changes since then, as events. There are none the first time: there is no earlier state to compare with, and
    /// a message with a whole schema would not help.
    var changes: [JSONObject] {
        guard let old else { return [["event": "schema_watched", "schema": .string(schema.name)]] }
        return SchemaDiff(old, schema, includesAll: false).differences.map(AlertMemory.event)
    }

    private static func event(_ difference: SchemaDiff.Difference) -> JSONObject {
        var event: JSONObject = ["event": .string(name(of: difference))]
        event["table"] = difference.table.map { .string($0) }
        event["column"] = difference.column.map { .string($0) }
        guard let property = difference.property else {
            if difference.column != nil { event["data_type"] = (difference.new ?? difference.old)?["data_type"] }
            return event
        }
        event["property"] = .string(property)
        event["old"] = difference.old ?? .null
        event["new"] = difference.new ?? .null
        return event
    }

    private static func name(of difference: SchemaDiff.Difference) -> String {
        guard difference.property == nil else { return "schema_changed" }
        let what =
            if difference.column == nil { "table" } else if difference.new?["variant"] == true { "variant" } else {
                "column"
            }
        return "\(what)_\(difference.change.rawValue)"
    }

    func remember() throws {
        try Files.makeDirectory(Paths.parent(path), mode: 0o700, intermediates: true)
        try Files.atomicWrite(path, schema.document().serializedBytes())
    }
}
