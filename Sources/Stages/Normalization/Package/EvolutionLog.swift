import DataContracts
import JSONText
import ProgramSupport
import Schemas
import SystemIO

/// Reports to people, and with `--events` to programs, what happened to the schema.
final class EvolutionLog {
    private let messages: Messages
    private let explained: [String]
    /// Places of those that were explained.
    private var answered: Set<Int> = []
    private let events: BufferedWriter?
    private var tables = 0
    private var columns = 0
    private var variants = 0
    private(set) var discardedRows = 0
    private(set) var discardedValues = 0
    /// What has been warned of: table, column, kind.
    private var warned: Set<String> = []
    private var failure: SystemError?

    init(events: String?, explain: [String], messages: Messages) throws {
        self.messages = messages
        explained = explain
        self.events = try events.map { name in
            if name.hasPrefix("fd:") {
                guard let raw = CInt(name.dropFirst(3)), raw >= 0 else {
                    throw ProgramError(.usage, "unable to write events to \(name): fd: needs a number")
                }
                return BufferedWriter(try Descriptor.inherited(raw, name: name))
            }
            return BufferedWriter(try Descriptor.create(name, mode: 0o600, exclusive: false))
        }
    }

    func add(_ event: EvolutionEvent, _ origin: LineOrigin) {
        switch event {
        case .tableAdded(let table, let parent):
            tables += 1
            messages.detail("new table \(table)" + (parent.map { " below \($0)" } ?? ""))
        case .columnAdded(let table, let column, let cause):
            columns += 1
            let type = column.dataType?.rawValue ?? ""
            if column.has("variant") {
                variants += 1
                messages.warning(
                    "table \(table): a value of \(origin.line(cause.line)) went to new variant column "
                        + "\(column.name) (\(type)): \(cause.value)")
            } else {
                messages.detail("new column \(table).\(column.name) (\(type)), from \(origin.line(cause.line))")
            }
            explain(table, column.name, type, cause, origin)
        case .nameCollision(let table, let column, let keys, let line):
            messages.warning(
                "table \(table): keys \(keys.map { "\"\($0)\"" }.joined(separator: " and ")) both become column \(column) "
                    + "(\(origin.line(line))); within one record one of them wins")
        case .contractViolated(let violation, _, let isRow):
            if isRow { discardedRows += 1 } else { discardedValues += 1 }
            let place = "\(violation.table)\n\(violation.column ?? "")\n\(violation.entity.rawValue)"
            if warned.insert(place).inserted {
                messages.warning(
                    "\(origin.line(violation.line)): \(violation.reason): \(isRow ? "row" : "value") left out, "
                        + "and others that are like it")
            }
        case .contractBroken: break
        case .qualityViolated(let finding, let table):
            if finding.isWarning { messages.warning("table \(table): \(finding.text)") }
        }
        write(event, origin)
    }

    /// Changes are rare and readers follow them, so each is written as it comes.
    private func write(_ event: EvolutionEvent, _ origin: LineOrigin) {
        guard let events, failure == nil, var document = event.document.objectValue else { return }
        if case .file(let path) = origin, document["line"] != nil { document["file"] = .string(path) }
        do throws(SystemError) {
            try events.append(JSONValue.object(document).serializedBytes() + [0x0A])
            try events.flush()
        } catch {
            failure = error
        }
    }

    private func explain(
        _ table: String, _ column: String, _ type: String, _ cause: EvolutionEvent.Cause, _ origin: LineOrigin
    ) {
        for (index, wanted) in explained.enumerated() where covers(wanted, table, column) {
            answered.insert(index)
            messages.note(
                "\(table).\(column) is \(type) because of \(origin.line(cause.line)), key \"\(cause.key)\", "
                    + "value \(cause.value)")
        }
    }

    /// `[TABLE.]COLUMN` asks for a column and for the variants of it.
    private func covers(_ wanted: String, _ table: String, _ column: String) -> Bool {
        [column, "\(table).\(column)"].contains { $0 == wanted || $0.hasPrefix("\(wanted)__v_") }
    }

    /// What was added, for the summary; empty when nothing was.
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

    /// Throws when events were lost.
    func finish() throws {
        for (index, wanted) in explained.enumerated() where !answered.contains(index) {
            messages.note("\(wanted): nothing in this input fixed the type of a column of that name")
        }
        if let failure { throw failure }
    }
}
