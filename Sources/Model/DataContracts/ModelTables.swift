package import Identifiers
import JSONText
package import Schemas

extension TableModel {
    /// The tables for records of the model, the root first: columns with types and nullability, keys, and on the root
    /// the model itself and the resulting contract.
    ///
    /// - Parameter nesting: the number of levels that are unpacked; deeper values are kept in JSON columns.
    package func tables(_ naming: Naming, nesting: Int = .max) throws(ModelError) -> [Table] {
        // A stored model that cannot be checked would fail much later, in a run.
        _ = try ModelCompiler.compile(.object(schema))
        let typed = ModelShapeReader(.object(schema)).root()
        guard case .object(let members) = typed.shape else {
            throw ModelError(place: "#", reason: "a table needs a model of an object with properties")
        }
        var root = Table(properties: ["name": .string(naming.normalizeTablesPath(name))])
        guard !root.name.isEmpty else { throw ModelError(place: "#/title", reason: "\"\(name)\" cannot name a table") }
        if let text = typed.description { root.properties["description"] = .string(text) }
        root.properties["schema_contract"] = contract
        root.properties.merge(properties)
        root.properties[Hint.schema] = .object(schema)
        if !quality.isEmpty { root.properties[Hint.quality] = .array(quality) }
        var builder = ModelTableBuilder(naming: naming, tables: [root])
        builder.add(
            members, to: ModelTableBuilder.Place(table: 0, fragments: [root.name], level: nesting), isOptional: false)
        for name in primaryKey {
            let column = naming.normalizePath(name)
            let member = members.first { naming.normalizePath($0.name) == column }
            // A nullable key column stays nullable.
            var mayBeNull = false
            if !keyIsRequired, let value = member?.value, case .column = value.shape { mayBeNull = value.isNullable }
            builder.setKey(column, mayBeNull: mayBeNull)
        }
        return builder.tables
    }

    /// A model describes everything, unless it allows more.
    private var contract: JSONValue {
        var schema = JSONValue.object(self.schema)
        for _ in 0..<16 {
            guard let reference = schema["$ref"]?.stringValue,
                let target = ModelCompiler.resolve(reference, in: .object(self.schema))
            else { break }
            schema = target
        }
        switch schema["additionalProperties"] {
        case .bool(true)?, .object?: return ["tables": "evolve", "columns": "evolve", "data_type": "freeze"]
        default: return "freeze"
        }
    }
}

extension Schema {
    /// Adopts the tables of a model: its statements about a column decide, everything else stays.
    package mutating func adopt(_ tables: [Table]) {
        for given in tables {
            var table = self[table: given.name] ?? Table(properties: ["name": .string(given.name)])
            let hasData = table.hasSeenData
            table.properties.merge(given.properties)
            if table.parent == nil {
                if table.writeDisposition == nil { table.properties["write_disposition"] = "append" }
                if table.resource == nil { table.properties["resource"] = .string(given.name) }
            }
            for column in given.columns {
                let known = table[column: column.name]
                var merged = known ?? Column(name: column.name)
                merged.merge(column)
                // Existing rows have no value for it, and no destination could create one.
                if hasData, known?.isComplete != true { merged.hints["nullable"] = true }
                table.complete(merged)
            }
            put(table)
        }
    }
}
