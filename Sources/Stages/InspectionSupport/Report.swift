package import JSONText
import ProgramSupport

/// The result of a command: a table for people, a JSON object on each line for programs.
package struct Report {
    private let columns: [String]
    private let shrinking: [String]
    private let dropping: [String]
    private let wrapsLast: Bool
    private var rows: [(cells: [String], object: JSONObject)] = []

    /// - Parameters:
    ///   - shrinking: the columns that may be cut where a terminal is too narrow.
    ///   - dropping: the columns that are left out where cutting is not enough.
    ///   - wrapsLast: the last column holds sentences.
    package init(
        _ columns: String..., shrinking: [String] = [], dropping: [String] = [], wrapsLast: Bool = false
    ) {
        self.columns = columns
        self.shrinking = shrinking
        self.dropping = dropping
        self.wrapsLast = wrapsLast
    }

    package var isEmpty: Bool { rows.isEmpty }

    package mutating func add(_ cells: [String], _ object: JSONObject) { rows.append((cells, object)) }

    package func print(json: Bool) throws {
        if json {
            try Output.write(rows.map { JSONValue.object($0.object).serialized() + "\n" }.joined())
        } else if !rows.isEmpty {
            let table = TextTable(header: columns, rows: rows.map(\.cells))
            try Output.write(table.text(fitting: Output.columns.map(room)))
        }
    }

    private func room(_ terminal: Int) -> TextTable.Room {
        func places(_ names: [String]) -> [Int] { names.compactMap { columns.firstIndex(of: $0) } }
        return TextTable.Room(
            columns: terminal, shrinking: places(shrinking), dropping: places(dropping), wrapsLast: wrapsLast)
    }
}
