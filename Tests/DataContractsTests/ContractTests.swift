import DataContracts
import JSONText
import Schemas
import Testing

struct SchemaContractTests {
    @Test func `a word is for all, a dictionary for what it names`() throws {
        let frozen = try SchemaContract("freeze")
        #expect(ContractEntity.allCases.allSatisfy { frozen[$0] == .freeze })
        let part = try SchemaContract(["columns": "discard_row", "tables": .null])
        #expect(part.tables == .evolve && part.columns == .discardRow && part.dataType == .evolve)
        #expect(try SchemaContract(.null) == .evolve)
    }

    @Test(arguments: ["frozen", 1, ["column": "freeze"], ["columns": "frozen"]] as [JSONValue])
    func `what dlt does not know is refused`(value: JSONValue) {
        #expect(throws: SchemaContractError.self) { try SchemaContract(value) }
    }

    @Test func `the nearest contract speaks alone`() throws {
        var schema = Schema(name: "s")
        schema.put(Table(properties: ["name": "t", "schema_contract": ["data_type": "freeze"]]))
        schema.put(Table(properties: ["name": "t__l", "parent": "t"]))
        schema.put(Table(properties: ["name": "u"]))
        #expect(try schema.contract(of: "u").level == ContractLevel.none)
        schema.settings["schema_contract"] = "discard_value"
        let nested = try schema.contract(of: "t__l")
        #expect(
            nested.level == .table("t") && nested.contract.dataType == .freeze && nested.contract.columns == .evolve)
        let other = try schema.contract(of: "u")
        #expect(other.level == .schema && other.contract.tables == .discardValue)
    }
}
