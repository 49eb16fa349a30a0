package import JSONText
import ProgramSupport
import SystemIO

/// The result of a command: a table for people, a JSON object on each line for programs.
package struct Report {
    private let columns: [String]
    private let shrinking: [Int]
    private var rows: [(cells: [String], object: JSONObject)] = []

    /// - Parameter shrinking: the columns that may be truncated on a narrow terminal.
    package init(_ columns: String..., shrinking: Set<String> = []) {
        self.columns = columns
        self.shrinking = columns.indices.filter { shrinking.contains(columns[$0]) }
    }

    package var isEmpty: Bool { rows.isEmpty }

    package mutating func add(_ cells: [String], _ object: JSONObject) { rows.append((cells, object)) }

    package func print(json: Bool) throws {
        if json {
            try Output.write(rows.map { JSONValue.object($0.object).serialized() + "\n" }.joined())
        } else if !rows.isEmpty {
            let table = TextTable(header: columns, rows: rows.map(\.cells))
            try Output.write(table.text(fitting: Output.columns, shrinking: shrinking))
        }
    }
}

package enum Output {
    /// The width of the terminal; nil when the output goes to a program or file.
    package static var columns: Int? {
        Descriptor.standardOutput.isTerminal ? Descriptor.standardOutput.terminalColumns ?? 80 : nil
    }

    package static func write(_ text: String) throws {
        if !text.isEmpty { try Descriptor.standardOutput.writeAll(text) }
    }

    /// A document: formatted for people, one line for programs.
    package static func write(_ value: JSONValue, json: Bool) throws {
        try write(value.serialized(json ? .compact : .pretty) + "\n")
    }
}
