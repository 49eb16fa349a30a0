import DataContracts
import Identifiers
import JSONText
import Schemas

/// Holds a schema or records against a contract: the tables, columns, types and models of another schema.
struct ContractCheck {
    let contract: Schema

    /// What a schema lacks or has beyond the contract.
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
            let modes = (try? contract.contract(of: table.name).contract) ?? .evolve
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
        return problems
    }

    private func isBelowAnything(_ column: String, _ table: Table) -> Bool {
        table.columns(with: TableModel.Hint.anything).contains { column == $0.name || column.hasPrefix($0.name + "__") }
    }

    private func type(of column: Column) -> String {
        (column.dataType?.rawValue ?? "any type") + (column.isNullable ? "" : ", not null")
    }
}

/// Checks records of one table, line by line, against the model that the contract has of it, and its quality metrics.
final class RecordCheck {
    struct Problem {
        let line: Int
        let place: String
        let reason: String
    }

    private let tape = JSONTape()
    private let checker: ModelChecker
    private var meter: QualityMeter?
    private(set) var records = 0

    init(_ table: Table) throws(ModelError) {
        let model = table.properties[TableModel.Hint.schema] ?? true
        checker = try ModelChecker(model, tape: tape)
        meter = try table.properties[TableModel.Hint.quality].map { (value) throws(ModelError) in
            try QualityMeter(value)
        }
    }

    /// What is wrong with one line.
    func check(_ text: UnsafeBufferPointer<UInt8>, line: Int) -> [Problem] {
        if skipWhitespace(text, 0) == text.count { return [] }
        records += 1
        do throws(JSONSyntaxError) { try tape.scan(text) } catch {
            return [Problem(line: line, place: "", reason: "not JSON: \(error)")]
        }
        meter?.count(record: 0, tape: tape, text: text)
        return checker.check(record: 0, of: text).map { finding in
            Problem(line: line, place: finding.pathText, reason: "expected \(finding.expected), got \(finding.got)")
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
