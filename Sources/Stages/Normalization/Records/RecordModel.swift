import DataContracts
import JSONText
import Schemas

/// The model of a root table at work: its rules, and its quality metrics over the run.
final class RecordModel {
    private let checker: ModelChecker
    private var meter: QualityMeter?
    private let schema: JSONValue?
    private let quality: JSONValue?

    init(_ table: Table, tape: JSONTape) throws(ModelError) {
        schema = table.properties[TableModel.Hint.schema]
        quality = table.properties[TableModel.Hint.quality]
        checker = try ModelChecker(schema ?? true, tape: tape)
        meter = try quality.map { (value) throws(ModelError) in try QualityMeter(value) }
    }

    /// Nothing has changed in what the table says of its model.
    func isOf(_ table: Table) -> Bool {
        schema == table.properties[TableModel.Hint.schema] && quality == table.properties[TableModel.Hint.quality]
    }

    /// Where a record does not follow the model, and the contract does not let that pass.
    func findings(
        in record: Int, of text: UnsafeBufferPointer<UInt8>, under contract: SchemaContract
    ) -> [ModelFinding] {
        if contract.dataType == .evolve && contract.columns == .evolve { return [] }
        return checker.check(record: record, of: text).filter { contract[$0.entity] != .evolve }
    }

    /// Records must come one after another, because metrics are about all of them.
    var countsRecords: Bool { meter != nil }

    func count(record index: Int, tape: JSONTape, text: UnsafeBufferPointer<UInt8>) {
        meter?.count(record: index, tape: tape, text: text)
    }

    var findings: [QualityMeter.Finding] { meter?.findings ?? [] }
}
