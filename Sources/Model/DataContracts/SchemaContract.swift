package import JSONText
package import Schemas

/// How a contract handles data that would change the schema, as in dlt.
package enum ContractMode: String, Sendable, CaseIterable {
    /// The schema grows.
    case evolve
    /// The run fails.
    case freeze
    /// The row that would cause the change is left out, with all rows below it.
    case discardRow = "discard_row"
    /// The value that would cause the change is left out of its row.
    case discardValue = "discard_value"
}

/// The kinds of changes that a contract covers.
package enum ContractEntity: String, Sendable, CaseIterable {
    case tables, columns
    case dataType = "data_type"
}

/// The `schema_contract` of a table: a mode for each kind of change.
package struct SchemaContract: Sendable, Equatable {
    package var tables = ContractMode.evolve
    package var columns = ContractMode.evolve
    package var dataType = ContractMode.evolve

    package static let evolve = SchemaContract()
    package static let frozen = SchemaContract(.freeze)

    private init(_ mode: ContractMode) { (tables, columns, dataType) = (mode, mode, mode) }

    package init() {}

    /// Reads dlt's setting: a mode for all, or modes by entity; an omitted entity evolves.
    package init(_ value: JSONValue) throws(SchemaContractError) {
        switch value {
        case .null: return
        case .string(let text):
            let mode = try SchemaContract.mode(text)
            (tables, columns, dataType) = (mode, mode, mode)
        case .object(let entities):
            for (name, value) in entities.members where !value.isNull {
                guard let entity = ContractEntity(rawValue: name) else {
                    throw SchemaContractError(
                        reason: "there is no '\(name)'; expected tables, columns or data_type")
                }
                self[entity] = try SchemaContract.mode(value.stringValue ?? value.serialized())
            }
        default: throw SchemaContractError(reason: "expected a mode, or modes for tables, columns and data_type")
        }
    }

    private static func mode(_ text: String) throws(SchemaContractError) -> ContractMode {
        guard let mode = ContractMode(rawValue: text) else {
            throw SchemaContractError(
                reason: "there is no mode '\(text)'; expected "
                    + ContractMode.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return mode
    }

    package subscript(entity: ContractEntity) -> ContractMode {
        get {
            switch entity {
            case .tables: tables
            case .columns: columns
            case .dataType: dataType
            }
        }
        set {
            switch entity {
            case .tables: tables = newValue
            case .columns: columns = newValue
            case .dataType: dataType = newValue
            }
        }
    }
}

/// A `schema_contract` that dlt does not know.
package struct SchemaContractError: Error, Sendable {
    package let reason: String
}

/// Where a table's contract was found.
package enum ContractLevel: Sendable, Equatable {
    /// The table itself or one above it.
    case table(String)
    /// The schema's settings.
    case schema
    /// Nowhere: everything evolves.
    case none
}

extension Schema {
    /// The contract of a table: its own, that of the nearest table above it, or the schema's. Only the contract found
    /// counts; entities that it omits evolve.
    package func contract(of table: String) throws(SchemaContractError) -> (
        contract: SchemaContract, level: ContractLevel
    ) {
        for table in ancestry(of: table) {
            guard let value = table.properties["schema_contract"], !value.isNull else { continue }
            return (try SchemaContract(value), .table(table.name))
        }
        guard let value = settings["schema_contract"], !value.isNull else { return (.evolve, .none) }
        return (try SchemaContract(value), .schema)
    }
}
