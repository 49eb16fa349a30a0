package import JSONText

/// A part of the data that a contract does not allow.
package struct ContractViolation: Error, Sendable {
    package let table: String
    /// nil when the whole table or row violates it.
    package let column: String?
    package let entity: ContractEntity
    /// How the contract has handled it.
    package let mode: ContractMode
    package let expected: String
    package let got: String
    /// The place of the value in its record, such as `lines[1].qty`, if it was determined.
    package var path: String?
    /// The offset of the value in its line, if there is one.
    package var offset: Int?
    /// The contract: `schema_contract of table users`, `model of table users`.
    package let contract: String

    package init(
        table: String, column: String?, entity: ContractEntity, mode: ContractMode, expected: String, got: String,
        contract: String
    ) {
        self.table = table
        self.column = column
        self.entity = entity
        self.mode = mode
        self.expected = expected
        self.got = got
        self.contract = contract
    }

    /// `table users, column age: expected at most 150, got 200 (model of table users, data_type: freeze)`
    package var reason: String {
        let place = column.map { "table \(table), column \($0)" } ?? "table \(table)"
        // The element of a list.
        let element = path.map { $0.utf8.contains(UInt8(ascii: "[")) ? " at \($0)" : "" } ?? ""
        return
            "\(place): expected \(expected), got \(got)\(element) (\(contract), \(entity.rawValue): \(mode.rawValue))"
    }

    /// In the form of `--events` and `--rejects`.
    package var document: JSONObject {
        var object: JSONObject = ["table": .string(table)]
        object["column"] = column.map { .string($0) }
        object["path"] = path.map { .string($0) }
        object["entity"] = .string(entity.rawValue)
        object["mode"] = .string(mode.rawValue)
        object["expected"] = .string(expected)
        object["got"] = .string(got)
        object["contract"] = .string(contract)
        return object
    }
}
