import DataContracts
import ProgramSupport
import Schemas

/// Reports changes of the schema to people.
final class EvolutionLog {
    private let messages: Messages
    private let explained: [String]
    /// Places of the explained columns.
    private var answered: Set<Int> = []
    private var tables = 0
    private var columns = 0
    private var variants = 0
    private var newTables: Set<String> = []
    private var newColumns: [String: Int] = [:]
    private(set) var discardedRows = 0
    private(set) var discardedValues = 0
    /// Rows and values that contracts have left out, by table, column and kind, in the order of their occurrence.
    private var leftOut: [LeftOut] = []
    private var placesOfLeftOut: [String: Int] = [:]

    private struct LeftOut {
        let isRow: Bool
        /// The first one, with its place.
        let reason: String
        var count = 1
    }

    init(explain: [String], messages: Messages) {
        self.messages = messages
        explained = explain
    }

    /// - Parameter place: the place of the record that caused it, if any.
    func add(_ event: EvolutionEvent, _ place: InputPlace?) {
        switch event {
        case .tableAdded(let table, let parent):
            tables += 1
            newTables.insert(table)
            messages.detail("new table \(table)" + (parent.map { " below \($0)" } ?? ""))
        case .columnAdded(let table, let column, let cause):
            columns += 1
            newColumns[table, default: 0] += 1
            let type = column.dataType?.rawValue ?? ""
            if column.has("variant") {
                variants += 1
                messages.warning(
                    "\(words(place))table \(table): a value went to new variant column "
                        + "\(column.name) (\(type)): \(cause.value)")
            } else {
                messages.detail(
                    "new column \(table).\(column.name) (\(type))" + (place.map { ", from \($0)" } ?? ""))
            }
            explain(table, column.name, type, cause, place)
        case .nameCollision(let table, let column, let keys):
            messages.warning(
                "\(words(place))table \(table): keys \(keys.map { "\"\($0)\"" }.joined(separator: " and ")) both become "
                    + "column \(column); within one record one of them wins")
        case .listCollision(let table, let child, let keys):
            messages.warning(
                "\(words(place))table \(table): lists of the keys \(keys.map { "\"\($0)\"" }.joined(separator: " and ")) both "
                    + "become table \(child); where a record has both, one is lost, or the rows of both are mixed")
        case .contractViolated(let violation, _, let isRow):
            if isRow { discardedRows += 1 } else { discardedValues += 1 }
            count(violation, isRow: isRow, place)
        case .contractBroken: break
        case .qualityViolated(let finding, let table):
            if finding.isWarning { messages.warning("table \(table): \(finding.text)") }
        }
    }

    private func count(_ violation: ContractViolation, isRow: Bool, _ place: InputPlace?) {
        let kind = "\(violation.table)\n\(violation.column ?? "")\n\(violation.entity.rawValue)\n\(isRow)"
        if let known = placesOfLeftOut[kind] {
            leftOut[known].count += 1
        } else {
            placesOfLeftOut[kind] = leftOut.count
            leftOut.append(LeftOut(isRow: isRow, reason: "\(words(place))\(violation.reason)"))
        }
    }

    /// Reports what contracts have left out, each kind with its first case.
    private func tellLeftOut() {
        for kind in leftOut {
            let noun = kind.isRow ? "row" : "value"
            messages.warning(
                "\(NumberText.count(kind.count, of: noun)) left out" + (kind.count == 1 ? ": " : ", the first: ")
                    + kind.reason)
        }
        leftOut = []
        placesOfLeftOut = [:]
    }

    private func words(_ place: InputPlace?) -> String { place.map { "\($0): " } ?? "" }

    private func explain(
        _ table: String, _ column: String, _ type: String, _ cause: EvolutionEvent.Cause, _ place: InputPlace?
    ) {
        for (index, wanted) in explained.enumerated() where covers(wanted, table, column) {
            answered.insert(index)
            messages.note(
                "\(table).\(column) is \(type) because of \(place.map { "\($0)" } ?? "the hints"), key \"\(cause.key)\", "
                    + "value \(cause.value)")
        }
    }

    /// `[TABLE.]COLUMN` asks for a column and its variants.
    private func covers(_ wanted: String, _ table: String, _ column: String) -> Bool {
        [column, "\(table).\(column)"].contains { $0 == wanted || $0.hasPrefix("\(wanted)__v_") }
    }

    /// A line for each table, with `--verbose`.
    func tellTables(_ tables: [(table: String, rows: Int)]) {
        for (table, rows) in tables {
            let columns = newColumns[table] ?? 0
            let isNew = newTables.contains(table)
            messages.detail(
                "table \(table): \(NumberText.rows(rows))\(isNew ? ", new" : "")"
                    + (columns == 0 ? "" : ", \(NumberText.count(columns, of: "new column"))"),
                [
                    ("table", .text(table)), ("rows", .count(rows)), ("new_table", .flag(isNew)),
                    ("new_columns", .count(columns)),
                ])
        }
    }

    /// The additions, for the summary; empty if there were none.
    var summary: String {
        var parts: [String] = []
        if tables > 0 { parts.append(NumberText.count(tables, of: "new table")) }
        if columns > 0 { parts.append(NumberText.count(columns, of: "new column")) }
        if variants > 0 { parts.append("\(variants) of them \(variants == 1 ? "a variant" : "variants")") }
        if discardedRows > 0 { parts.append("\(NumberText.count(discardedRows, of: "row")) left out by contract") }
        if discardedValues > 0 {
            parts.append("\(NumberText.count(discardedValues, of: "value")) left out by contract")
        }
        return parts.joined(separator: ", ")
    }

    func finish() {
        tellLeftOut()
        for (index, wanted) in explained.enumerated() where !answered.contains(index) {
            messages.note("\(wanted): nothing in this input fixed the type of a column of that name")
        }
    }
}
