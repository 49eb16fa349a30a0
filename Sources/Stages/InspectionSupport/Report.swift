package import JSONText
import ProgramSupport
import SystemIO

/// What a command found: a table for people, a JSON object a line for programs.
package struct Report {
    private let columns: [String]
    private let shrinking: [Int]
    private var rows: [(cells: [String], object: JSONObject)] = []

    /// - Parameter shrinking: the columns that may be cut where a terminal is too narrow.
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
}
