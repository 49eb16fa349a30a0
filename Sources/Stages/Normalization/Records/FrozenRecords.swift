import DataContracts
import Identifiers
import JSONText
package import Schemas

/// Checks records of one table against its schema as if that were frozen.
///
/// The code that normalizes records decides, so that both use the same rules: everything that it would have to add, and
/// everything that it could not write, is a problem. For a table with a model, the contract decides about additions;
/// the model itself is checked elsewhere, with places that rows no longer have. Keeps nothing of the records.
package final class FrozenRecords {
    package struct Problem: Sendable, Equatable {
        package let table: String
        /// nil when a whole table or row is at fault.
        package let column: String?
        package let reason: String
    }

    private let tape = JSONTape()
    private let findings = Findings()
    private let normalizer: RecordNormalizer
    private let root: RecordNormalizer.Root

    /// - Throws: for a schema that cannot be used to normalize records.
    package init(_ schema: Schema, table: Table) throws {
        var frozen = schema
        frozen.put(try FrozenRecords.frozen(table, in: schema))
        let naming = try Naming(named: schema.normalizers["names"]?.stringValue ?? "snake_case", maxLength: 63)
        normalizer = try RecordNormalizer(
            schema: frozen, naming: naming, tape: tape, loadID: "", nowSeconds: 0, output: Nowhere(),
            report: findings.add)
        root = normalizer.root(table.name)
        normalizer.begin(root)
    }

    /// Whether a schema describes a table's records.
    package static func describes(_ table: Table, in schema: Schema) -> Bool {
        table.properties[TableModel.Hint.schema] != nil
            || schema.chain(from: table.name).contains { table in
                table.completeColumns.contains { !SystemTables.isSystemName($0.name) }
            }
    }

    /// A value that would change the schema is reported and left out, so that all of them are found and not only the
    /// first.
    private static func frozen(_ table: Table, in schema: Schema) throws -> Table {
        let contract = try schema.contract(of: table.name).contract
        let hasModel = table.properties[TableModel.Hint.schema] != nil
        var modes = JSONObject()
        for entity in ContractEntity.allCases {
            let mayChange = hasModel && contract[entity] == .evolve
            modes[entity.rawValue] = .string((mayChange ? ContractMode.evolve : .discardValue).rawValue)
        }
        var frozen = table
        frozen.properties["schema_contract"] = .object(modes)
        frozen.properties[TableModel.Hint.schema] = nil
        frozen.properties[TableModel.Hint.quality] = nil
        return frozen
    }

    /// The problems of the record on one line, which is JSON.
    package func problems(in text: UnsafeBufferPointer<UInt8>, line: Int) throws -> [Problem] {
        findings.problems.removeAll(keepingCapacity: true)
        try tape.scan(text)
        do { try normalizer.normalize(record: 0, of: text, line: line, into: root) } catch let error as RecordError {
            findings.problems.append(Problem(table: error.table, column: error.column, reason: error.reason))
        }
        return findings.problems
    }

    private final class Findings {
        var problems: [Problem] = []

        func add(_ event: EvolutionEvent) {
            guard case .contractViolated(let violation, _, _) = event else { return }
            problems.append(
                Problem(
                    table: violation.table, column: violation.column,
                    reason: "expected \(violation.expected), got \(violation.got)"))
        }
    }

    /// Drops rows as they end.
    private final class Nowhere: RowOutput {
        private var buffers: [ByteBuffer] = []

        func table(_ name: String) -> Int {
            buffers.append(ByteBuffer())
            return buffers.count - 1
        }

        func buffer(of table: Int) -> ByteBuffer { buffers[table] }

        func endRow(of table: Int, bytes: Int) { buffers[table].removeAll(keeping: 1 << 16) }
    }
}
