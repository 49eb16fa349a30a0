package import JSONText
import ProgramSupport
import SystemIO

/// What a command found: a table for people, a JSON object a line for programs.
package struct Report {
    private let columns: [String]
    private var rows: [(cells: [String], object: JSONObject)] = []

    package init(_ columns: String...) { self.columns = columns }

    package var isEmpty: Bool { rows.isEmpty }

    package mutating func add(_ cells: [String], _ object: JSONObject) { rows.append((cells, object)) }

    package func print(json: Bool) throws {
        if json {
            try Output.write(rows.map { JSONValue.object($0.object).serialized() + "\n" }.joined())
        } else if !rows.isEmpty {
            try Output.write(TextTable(header: columns, rows: rows.map(\.cells)).text())
        }
    }
}

package enum Output {
    package static func write(_ text: String) throws {
        if !text.isEmpty { try Descriptor.standardOutput.writeAll(text) }
    }

    /// A document: laid out for people, one line for programs.
    package static func write(_ value: JSONValue, json: Bool) throws {
        try write(value.serialized(json ? .compact : .pretty) + "\n")
    }
}
