import JSONText
import Schemas
import SystemIO

/// How much of the files is examined before columns get their types.
struct LookAheadBudget {
    var rows: Int
    var bytes = LookAheadBudget.mostBytes

    static let mostBytes = 16 << 20
    static let usualRows = 20_000

    var isSpent: Bool { rows <= 0 || bytes <= 0 }
}

/// The kinds of cells seen in each column, over any number of files and in any order of rows.
final class ColumnEvidence {
    private var forms: [CellForms] = []
    private var places: [ExactString: Int] = [:]
    private(set) var names: [String] = []
    private let nullValues: [[UInt8]]

    init(nullValues: [[UInt8]]) { self.nullValues = nullValues }

    func place(of name: String) -> Int {
        let key = ExactString(name)
        if let place = places[key] { return place }
        places[key] = names.count
        names.append(name)
        forms.append([])
        return names.count - 1
    }

    /// The type that holds all cells of a column; nil if there were none.
    func type(of name: String) -> DataType? { places[ExactString(name)].flatMap { forms[$0].type } }

    /// Examines rows from the window's first byte on, until the budget is spent or the file ends.
    ///
    /// - Parameters:
    ///   - places: the column of each field, or -1 for fields that need no examination.
    ///   - isConsuming: examined rows are dropped; otherwise the window keeps them, and grows.
    func look(
        at window: ByteWindow, _ scanner: RowScanner, budget: inout LookAheadBudget, places: [Int], isConsuming: Bool
    ) throws {
        var scanner = scanner
        var offset = 0
        while !budget.isSpent {
            let bytes = UnsafeBufferPointer(rebasing: window.bytes[offset...])
            if bytes.isEmpty && window.isAtEnd { return }
            guard let length = try scanner.scan(bytes, isAll: window.isAtEnd) else {
                _ = try window.fill()
                continue
            }
            budget.bytes -= length
            if !scanner.isBlank {
                budget.rows -= 1
                note(bytes, scanner.fields, places)
            }
            if isConsuming { window.consume(length) } else { offset += length }
        }
    }

    private func note(_ row: UnsafeBufferPointer<UInt8>, _ fields: [Field], _ places: [Int]) {
        guard let base = row.baseAddress else { return }
        for index in 0..<min(fields.count, places.count) where places[index] >= 0 {
            let place = places[index]
            // After one text no other cell can change the type.
            if forms[place].contains(.text) { continue }
            let field = fields[index]
            let cell = UnsafeBufferPointer(start: base + Int(field.start), count: Int(field.end - field.start))
            if !field.isQuoted && (cell.isEmpty || !nullValues.isEmpty && CellForms.isAny(of: nullValues, cell)) {
                continue
            }
            forms[place].formUnion(CellForms.of(cell, isQuoted: field.isQuoted))
        }
    }
}
