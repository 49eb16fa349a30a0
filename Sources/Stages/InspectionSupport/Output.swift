package import JSONText
import ProgramSupport
import SystemIO

/// Standard output of commands that show something.
package enum Output {
    /// Of the terminal that is written to; nil where programs or files get it.
    package static var columns: Int? {
        Descriptor.standardOutput.isTerminal ? Descriptor.standardOutput.terminalColumns ?? 80 : nil
    }

    package static func write(_ text: String) throws {
        if !text.isEmpty { try Descriptor.standardOutput.writeAll(text) }
    }

    /// A document: laid out for people, one line for programs.
    package static func write(_ value: JSONValue, json: Bool) throws {
        try write(value.serialized(json ? .compact : .pretty) + "\n")
    }

    /// Names and their values, the values in as many lines as a terminal needs.
    package static func write(facts rows: [[String]]) throws {
        let table = TextTable(header: [], rows: rows)
        try write(table.text(fitting: columns.map { TextTable.Room(columns: $0, wrapsLast: true) }))
    }

    /// Lines that a terminal may break where they are too long for it.
    ///
    /// - Parameter signs: lines begin with those of diff(1), which have colors.
    package static func write(lines text: String, signs: Bool = false) throws {
        guard let columns else { return try write(text) }
        let lines = TerminalLines(columns: columns, colorsSigns: signs && Terminal.allowsColor(on: .standardOutput))
        try write(lines.text(text))
    }
}
