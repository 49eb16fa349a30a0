package import ArgumentParser
package import JSONText
import Schemas
import SystemIO

/// Options that say how records are to be kept. Given to extract they travel in the SCHEMA messages; given to normalize they
/// decide. What they say is checked when it is asked for, so that a program can tell the next one of a mistake.
package struct HintOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How rows are written: append, replace, merge or skip; or a merge strategy: delete-insert, upsert, insert-only, scd2; or "
                + "dlt's dictionary as JSON. Merge is kept for later runs, replace is for one run.", valueName: "how"),
        completion: .list(dispositionNames))
    package var writeDisposition: String?

    @Option(help: ArgumentHelp("Columns that identify a record, separated by commas.", valueName: "columns"))
    package var primaryKey: String?

    @Option(help: ArgumentHelp("Columns by which merge replaces groups of records.", valueName: "columns"))
    package var mergeKey: String?

    @Option(
        help: ArgumentHelp(
            "Types and other hints of columns, such as '{\"zip\": {\"data_type\": \"text\"}}', or @file. Types: "
                + DataType.allCases.map(\.rawValue).joined(separator: ", ")
                + "; keys: data_type, nullable, primary_key, hard_delete, dedup_sort, …", valueName: "json"))
    package var columns: String?

    @Option(
        help: ArgumentHelp(
            "What may change in the schema: evolve, freeze, discard_row or discard_value; or a mode each for tables, columns and "
                + "data_type as JSON. It is kept with the schema, for later runs too, until another is given.",
            valueName: "mode"), completion: .list(contractModes))
    package var schemaContract: String?

    package init() {}

    package var primaryKeyNames: [String]? { get throws { try Self.names(primaryKey, "--primary-key") } }

    /// The members of a SCHEMA's `dlt` key.
    package func hints() throws -> JSONObject {
        var hints = JSONObject()
        if let writeDisposition { hints["write_disposition"] = try Self.disposition(writeDisposition) }
        if let names = try Self.names(mergeKey, "--merge-key") { hints["merge_key"] = .strings(names) }
        if let columns { hints["columns"] = try Self.columnHints(columns) }
        hints["schema_contract"] = try contract()
        return hints
    }

    // MARK: Forms

    private static let dispositions = ["append", "replace", "merge", "skip"]

    package static let dispositionNames = dispositions + MergeStrategy.names
    private static let contractModes = ["evolve", "freeze", "discard_row", "discard_value"]
    private static let contractEntities = ["tables", "columns", "data_type"]

    /// A way of writing as dlt spells it; nil when it is none. Words are taken with hyphens and underscores, since options have the
    /// one and dlt's words mostly the other.
    package static func disposition(_ value: JSONValue) -> JSONValue? {
        func spelled(_ value: JSONValue?) -> String? { value?.stringValue.map { $0.replacing("_", with: "-") } }
        if let text = spelled(value) { return dispositionNames.contains(text) ? .string(text) : nil }
        guard var object = value.objectValue, let text = spelled(object["disposition"]), dispositions.contains(text)
        else { return nil }
        object["disposition"] = .string(text)
        if let strategy = spelled(object["strategy"]) { object["strategy"] = .string(strategy) }
        return .object(object)
    }

    /// A contract as dlt spells it, a mode or one for each kind of change; nil when it is none.
    package static func contract(_ value: JSONValue) -> JSONValue? {
        func mode(_ value: JSONValue) -> JSONValue? {
            let text = value.stringValue?.replacing("-", with: "_")
            return text.flatMap { contractModes.contains($0) ? .string($0) : nil }
        }
        guard let object = value.objectValue else { return mode(value) }
        var contract = JSONObject()
        for (entity, value) in object.members {
            guard contractEntities.contains(entity), let mode = mode(value) else { return nil }
            contract[entity] = mode
        }
        return contract.isEmpty ? nil : .object(contract)
    }

    private static func disposition(_ text: String) throws -> JSONValue {
        let value = text.hasPrefix("{") ? try? JSONValue(parsing: text) : .string(text)
        guard let disposition = value.flatMap({ disposition($0) }) else {
            throw ValidationError(
                "'--write-disposition \(text)': expected \(dispositionNames.joined(separator: ", ")), or JSON such as "
                    + "{\"disposition\": \"merge\", \"strategy\": \"scd2\"}.")
        }
        if let word = disposition.stringValue, !dispositions.contains(word) {
            return ["disposition": "merge", "strategy": .string(word)]
        }
        return disposition
    }

    /// `--schema-contract` in dlt's form.
    package func contract() throws -> JSONValue? {
        guard let schemaContract else { return nil }
        let value = schemaContract.hasPrefix("{") ? try? JSONValue(parsing: schemaContract) : .string(schemaContract)
        if let contract = value.flatMap({ Self.contract($0) }) { return contract }
        throw ValidationError(
            "'--schema-contract \(schemaContract)': expected \(Self.contractModes.joined(separator: ", ")), or JSON such as "
                + "{\"columns\": \"freeze\", \"data_type\": \"discard_row\"}.")
    }

    private static func names(_ text: String?, _ option: String) throws -> [String]? {
        guard let text else { return nil }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        if names.contains("") { throw ValidationError("'\(option) \(text)': a name between commas is empty.") }
        return names
    }

    private static func columnHints(_ text: String) throws -> JSONValue {
        guard text.hasPrefix("@") else { return try columns(text, isFile: nil) }
        let path = String(text.dropFirst())
        let bytes = try Files.readAll(Paths.expandTilde(path))
        do { return try columns(String(decoding: bytes, as: UTF8.self), isFile: path) } catch let error
            as ValidationError
        {
            throw ProgramError(.configuration, "unable to read \(path): \(error.message)")
        }
    }

    private static func columns(_ text: String, isFile path: String?) throws -> JSONValue {
        let value: JSONValue
        do throws(JSONSyntaxError) { value = try JSONValue(parsing: text) } catch {
            let form = "It holds hints, such as '{\"zip\": {\"data_type\": \"text\"}}'"
            if path != nil { throw ValidationError("it is not JSON: \(error). \(form).") }
            let shown = text.count > 60 ? "\(text.prefix(60))…" : text
            throw ValidationError(
                text.contains("{")
                    ? "'--columns \(shown)' is not JSON: \(error). \(form)."
                    : "'--columns \(shown)' is not JSON. \(form), and selects nothing.")
        }
        let place = path == nil ? "'--columns': " : ""
        guard case .object(let columns) = value, columns.members.allSatisfy({ $0.value.objectValue != nil }) else {
            throw ValidationError(
                "\(place)expected an object of columns with their hints, such as {\"gone\": {\"hard_delete\": true}}.")
        }
        do throws(ColumnHints.Mistake) { try ColumnHints.check(columns) } catch {
            throw ValidationError(place + error.text)
        }
        return value
    }
}
