import Identifiers
import JSONText

@testable import DataContracts

extension FuzzTarget {
    /// A model on the first line, records on the others: the model is refused, or judges every record.
    static let contracts = FuzzTarget(name: "contracts") { bytes in
        var input = FuzzInput(bytes)
        let document = try JSONValue(parsing: input.line())
        _ = try? SchemaContract(document)
        let naming = try Naming(.snakeCase, maxLength: 63)
        for model in (try? ModelDocument(document)?.models(table: nil)) ?? [] { _ = try? model.tables(naming) }
        let tape = JSONTape()
        var meter = try? QualityMeter(document["quality"] ?? document)
        guard let checker = try? ModelChecker(document, tape: tape) else { return }
        for record in input.rest.split(separator: 0x0A) {
            try Array(record).withUnsafeBufferPointer { text in
                try tape.scan(text)
                _ = checker.check(record: 0, of: text)
                meter?.count(record: 0, tape: tape, text: text)
            }
        }
    }
}
