import DestinationKinds
import Destinations
import InspectionSupport
import JSONText
import ProgramSupport
import Schemas

/// The differences between existing tables and a schema.
struct TablesDiff {
    struct Difference {
        /// `+`: only at the destination; `-`: only in the schema; `~`: different.
        let sign: String
        let table: String
        let column: String?
        /// For a column: its type, or whether it is nullable; in the schema, and in the table.
        let property: String?
        let old: String?
        let new: String?

        var object: JSONObject {
            let changes = ["+": "added", "-": "removed"]
            var object: JSONObject = ["change": .string(changes[sign] ?? "changed"), "table": .string(table)]
            object["column"] = column.map { .string($0) }
            object["property"] = property.map { .string($0) }
            object["old"] = old.map { .string($0) }
            object["new"] = new.map { .string($0) }
            return object
        }
    }

    let differences: [Difference]

    /// - Parameter url: the URL of the destination.
    init(_ schema: Schema, at url: String, dataset: String?, pipeline: String) throws {
        let destination = try Connection.openForReading(url, dataset: dataset, pipeline: pipeline, dataDirectory: nil)
        guard let defining = type(of: destination) as? any TableDefining.Type else {
            throw ProgramError(
                .usage, "unable to compare tables at \(destination.location): it does not report its types")
        }
        let session = try destination.open(.read)
        defer { session.abandon() }
        let view = session.dataset
        var found: [Difference] = []
        for table in schema.tables where table.hasSeenData || SystemTables.isSystemName(table.name) {
            let stored = try view.columns(of: table.name)
            guard let stored else {
                found.append(
                    Difference(sign: "-", table: table.name, column: nil, property: nil, old: nil, new: nil))
                continue
            }
            found += TablesDiff.columns(table, stored, destination, defining)
        }
        differences = found
    }

    private static func columns(
        _ table: Table, _ stored: [StoredColumn], _ destination: any Destination, _ defining: any TableDefining.Type
    ) -> [Difference] {
        var found: [Difference] = []
        func add(_ sign: String, _ column: String, _ property: String?, _ old: String?, _ new: String?) {
            found.append(
                Difference(sign: sign, table: table.name, column: column, property: property, old: old, new: new))
        }
        var rest = stored
        for column in table.completeColumns where !column.name.isEmpty {
            let type = defining.storedType(of: column)
            guard let place = rest.firstIndex(where: { destination.kind.isSame($0.name, column.name) }) else {
                add("-", column.name, nil, type, nil)
                continue
            }
            let there = rest.remove(at: place)
            if plain(there.type) != plain(type) { add("~", column.name, "type", type, there.type) }
            if let isNullable = there.isNullable, isNullable != column.isNullable {
                add("~", column.name, "nullable", String(column.isNullable), String(isNullable))
            }
        }
        for column in rest { add("+", column.name, nil, nil, column.type) }
        return found
    }

    /// A type without the parts that databases write in different ways.
    private static func plain(_ type: String) -> String { type.lowercased().filter { $0 != " " } }

    /// For people, with the signs of diff(1).
    func text() -> String {
        var text = ""
        var table: String?
        for difference in differences {
            guard let column = difference.column else {
                text += "- \(difference.table)  (no such table)\n"
                table = nil
                continue
            }
            if table != difference.table { text += "~ \(difference.table)\n" }
            table = difference.table
            switch difference.property {
            case "type": text += "    ~ \(column)  \(difference.old ?? "") -> \(difference.new ?? "")\n"
            case .some:
                let words =
                    difference.new == "true" ? "must not be null -> may be null" : "may be null -> must not be null"
                text += "    ~ \(column)  \(words)\n"
            case nil: text += "    \(difference.sign) \(column)  \(difference.old ?? difference.new ?? "")\n"
            }
        }
        return text
    }
}
