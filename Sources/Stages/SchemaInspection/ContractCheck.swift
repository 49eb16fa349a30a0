import DataContracts
import Identifiers
import JSONText
import Normalization
import ProgramSupport
import Schemas

/// Compares a schema with a contract: the tables, columns, types and models of another schema. If that has a model, its
/// contract decides what may be added; a schema without one counts as frozen.
struct ContractCheck {
    let contract: Schema

    /// The differences between a schema and the contract.
    func problems(in schema: Schema) -> [SchemaCheck.Problem] {
        var problems: [SchemaCheck.Problem] = []
        func report(_ place: String, _ reason: String) {
            problems.append(SchemaCheck.Problem(place: place, reason: reason, isError: true))
        }
        for table in contract.dataTables {
            let place = "tables.\(table.name)"
            guard let other = schema[table: table.name] else {
                report(place, "expected this table, got none")
                continue
            }
            for column in table.completeColumns {
                let place = "\(place).columns.\(column.name)"
                guard let found = other[column: column.name], let type = found.dataType else {
                    if !column.isNullable { report(place, "expected \(type(of: column)), got no such column") }
                    continue
                }
                if type != column.dataType { report(place, "expected \(self.type(of: column)), got \(type.rawValue)") }
            }
            let modes = modes(of: table)
            for column in other.completeColumns where table[column: column.name] == nil {
                if SystemTables.isSystemName(column.name) || isBelowAnything(column.name, table) { continue }
                let place = "\(place).columns.\(column.name)"
                if column.has("variant") {
                    if modes.dataType != .evolve {
                        report(place, "expected no values of another type, got a variant column")
                    }
                } else if modes.columns != .evolve {
                    report(place, "expected no such column, got \(type(of: column))")
                }
            }
        }
        for other in schema.dataTables where contract[table: other.name] == nil && !mayBeNew(other, in: schema) {
            report("tables.\(other.name)", "expected no such table")
        }
        return problems
    }

    private func modes(of table: Table) -> SchemaContract {
        let root = contract.root(of: table.name) ?? table
        guard root.properties[TableModel.Hint.schema] != nil else { return .frozen }
        return (try? contract.contract(of: table.name).contract) ?? .evolve
    }

    /// A model covers its own table and those below it, a schema all tables.
    private func mayBeNew(_ table: Table, in schema: Schema) -> Bool {
        guard let root = schema.root(of: table.name), let known = contract[table: root.name] else {
            return contract.dataTables.allSatisfy { $0.parent != nil || $0.properties[TableModel.Hint.schema] != nil }
        }
        let below = String(table.name.dropFirst(root.name.count + 2))
        return modes(of: known).tables == .evolve || isBelowAnything(below, known)
    }

    private func isBelowAnything(_ column: String, _ table: Table) -> Bool {
        table.columns(with: TableModel.Hint.anything).contains { column == $0.name || column.hasPrefix($0.name + "__") }
    }

    private func type(of column: Column) -> String {
        (column.dataType?.rawValue ?? "any type") + (column.isNullable ? "" : ", not null")
    }
}

/// Checks records of one table, line by line, against the model in the contract, its quality metrics, and its columns.
final class RecordCheck {
    struct Problem {
        let line: Int
        let place: String
        let reason: String
    }

    private let table: String
    private let tape = JSONTape()
    private let checker: ModelChecker
    private var meter: QualityMeter?
    private let columns: FrozenRecords
    private(set) var records = 0

    init(_ table: Table, in schema: Schema) throws {
        self.table = table.name
        let model = table.properties[TableModel.Hint.schema] ?? true
        do throws(ModelError) {
            checker = try ModelChecker(model, tape: tape)
            meter = try table.properties[TableModel.Hint.quality].map { (value) throws(ModelError) in
                try QualityMeter(value)
            }
        } catch {
            throw ProgramError(.data, "unable to use the model of table \(table.name): \(error)")
        }
        columns = try FrozenRecords(schema, table: table)
    }

    /// The problems of one line.
    func check(_ text: UnsafeBufferPointer<UInt8>, line: Int) throws -> [Problem] {
        if skipWhitespace(text, 0) == text.count { return [] }
        records += 1
        do throws(JSONSyntaxError) { try tape.scan(text) } catch {
            return [Problem(line: line, place: "", reason: "not JSON: \(error)")]
        }
        guard case .object = tape[0].kind else { return [Problem(line: line, place: "", reason: "not a JSON object")] }
        meter?.count(record: 0, tape: tape, text: text)
        let findings = checker.check(record: 0, of: text).map { finding in
            Problem(line: line, place: finding.pathText, reason: "expected \(finding.expected), got \(finding.got)")
        }
        // A model's finding about a value is more specific than that of its column.
        if !findings.isEmpty { return findings }
        return try columns.problems(in: text, line: line).map { problem in
            let place = [problem.table == table ? nil : problem.table, problem.column].compactMap { $0 }
            return Problem(line: line, place: place.joined(separator: "."), reason: problem.reason)
        }
    }

    var qualityProblems: [QualityMeter.Finding] { meter?.findings ?? [] }
}

extension ModelFinding {
    /// `items[0].price`
    fileprivate var pathText: String {
        var text = ""
        for step in path {
            switch step {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
