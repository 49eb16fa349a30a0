import JSONText
import ProgramSupport
import Schemas
import SystemIO

/// Tells people, and with `--events` programs, what happened to the schema.
final class EvolutionLog {
    private let messages: Messages
    private let explained: [String]
    private let events: BufferedWriter?
    private var tables = 0
    private var columns = 0
    private var variants = 0
    private var failure: SystemError?

    init(events: String?, explain: [String], messages: Messages) throws {
        self.messages = messages
        explained = explain
        self.events = try events.map { name in
            if name.hasPrefix("fd:") {
                guard let raw = CInt(name.dropFirst(3)), raw >= 0 else {
                    throw ProgramError(.usage, "unable to write events to \(name): fd: needs a number")
                }
                return BufferedWriter(Descriptor(raw: raw, closing: false, name: name))
            }
            return BufferedWriter(try Descriptor.create(name, mode: 0o600, exclusive: false))
        }
    }

    func take(_ event: EvolutionEvent) {
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
                    "table \(table): a value of line \(cause.line) went to new variant column \(column.name) (\(type)): "
                        + cause.value)
            } else {
                messages.detail("new column \(table).\(column.name) (\(type)), from line \(cause.line)")
            }
            explain(table, column.name, type, cause)
        case .nameCollision(let table, let column, let keys, let line):
            messages.warning(
                "table \(table): keys \(keys.map { "\"\($0)\"" }.joined(separator: " and ")) both become column \(column) "
                    + "(line \(line)); within one record one of them wins")
        }
        guard let events, failure == nil else { return }
        do throws(SystemError) { try events.append(event.document.serializedBytes() + [0x0A]) } catch {
            failure = error
        }
    }

    private func explain(_ table: String, _ column: String, _ type: String, _ cause: EvolutionEvent.Cause) {
        for wanted in explained
        where wanted == column || wanted == "\(table).\(column)" || column.hasPrefix("\(wanted)__v_") {
            messages.note(
                "\(table).\(column) is \(type) because of line \(cause.line), key \"\(cause.key)\", value \(cause.value)"
            )
        }
    }

    /// What was added, for the summary; empty when nothing was.
    var summary: String {
        var parts: [String] = []
        if tables > 0 { parts.append("\(tables) new \(tables == 1 ? "table" : "tables")") }
        if columns > 0 { parts.append("\(columns) new \(columns == 1 ? "column" : "columns")") }
        if variants > 0 { parts.append("\(variants) of them \(variants == 1 ? "a variant" : "variants")") }
        return parts.joined(separator: ", ")
    }

    func finish() throws {
        if let failure { throw failure }
        try events?.flush()
    }
}
