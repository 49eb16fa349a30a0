package import Identifiers
import JSONText
package import Schemas

extension TableModel {
    /// The tables that records of the model become, the root first: columns with types and nullability, keys, and on the root
    /// the model itself and the contract that it amounts to.
    package func tables(_ naming: Naming) throws(ModelError) -> [Table] {
        // Whoever stores a model that cannot be checked would find out in the night.
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
        var builder = Builder(naming: naming, tables: [root])
        builder.add(members, to: 0, path: [], fragments: [root.name], isOptional: false)
        for name in primaryKey { builder.setKey(naming.normalizePath(name)) }
        return builder.tables
    }

    /// A model speaks of all there is, unless it says that there may be more.
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

    private struct Builder {
        let naming: Naming
        var tables: [Table]

        mutating func add(
            _ members: [ModelShape.Member], to table: Int, path: [String], fragments: [String], isOptional: Bool
        ) {
            for member in members {
                let part = naming.normalizePath(member.name)
                add(
                    member.value, at: path + [part], to: table, fragments: fragments,
                    isOptional: isOptional || !member.isRequired || member.value.isNullable)
            }
        }

        private mutating func add(
            _ typed: ModelShape.Typed, at path: [String], to table: Int, fragments: [String], isOptional: Bool
        ) {
            switch typed.shape {
            case .nothing: break
            case .column(let type): put(type, typed, path, table, isOptional)
            case .anything: put(nil, typed, path, table, true)
            case .object(let members):
                add(members, to: table, path: path, fragments: fragments, isOptional: isOptional)
            case .list(let element): addChild(element, at: path, below: table, fragments)
            }
        }

        private mutating func put(
            _ type: DataType?, _ typed: ModelShape.Typed, _ path: [String], _ table: Int, _ isOptional: Bool
        ) {
            var column = Column(name: naming.shortenFragments(path), type, nullable: isOptional)
            if type == nil { column.hints[TableModel.Hint.anything] = true }
            if let text = typed.description { column.hints["description"] = .string(text) }
            tables[table].put(column)
        }

        private mutating func addChild(
            _ element: ModelShape.Typed, at path: [String], below table: Int, _ above: [String]
        ) {
            let fragments = above + path
            let child = tables.count
            tables.append(
                Table(properties: [
                    "name": .string(naming.shortenFragments(fragments)), "parent": .string(tables[table].name),
                ]))
            switch element.shape {
            case .object(let members):
                add(members, to: child, path: [], fragments: fragments, isOptional: element.isNullable)
            case .list: add(element, at: ["list"], to: child, fragments: fragments, isOptional: true)
            default:
                add(element, at: ["value"], to: child, fragments: fragments, isOptional: element.isNullable)
            }
        }

        mutating func setKey(_ name: String) {
            var column = tables[0][column: name] ?? Column(name: name)
            column.hints["nullable"] = false
            column.hints["primary_key"] = true
            tables[0].put(column)
        }
    }
}

extension Schema {
    /// Takes over the tables of a model: what it says of a column decides, what it does not speak of stays.
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
                // Rows that are there have no value for it, and no destination could make them.
                if hasData, known?.isComplete != true { merged.hints["nullable"] = true }
                table.complete(merged)
            }
            put(table)
        }
    }
}
