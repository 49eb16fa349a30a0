import DataContracts
import JSONText
import Schemas

/// The model of a root table in a run: its rules, and its quality metrics.
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

    /// Whether the table's model is unchanged.
    func isOf(_ table: Table) -> Bool {
        schema == table.properties[TableModel.Hint.schema] && quality == table.properties[TableModel.Hint.quality]
    }

    /// The violations of the model that the contract does not allow.
    func findings(
        in record: Int, of text: UnsafeBufferPointer<UInt8>, under contract: SchemaContract
    ) -> [ModelFinding] {
        if contract.dataType == .evolve && contract.columns == .evolve { return [] }
        return checker.check(record: record, of: text).filter { contract[$0.entity] != .evolve }
    }

    /// Whether records must be handled one after another, because metrics concern all of them.
    var countsRecords: Bool { meter != nil }

    func count(record index: Int, tape: JSONTape, text: UnsafeBufferPointer<UInt8>) {
        meter?.count(record: index, tape: tape, text: text)
    }

    var findings: [QualityMeter.Finding] { meter?.findings ?? [] }
}
