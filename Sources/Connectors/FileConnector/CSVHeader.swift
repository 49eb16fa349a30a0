import Coercion
import JSONText

/// The names of a table's columns.
struct CSVHeader {
    private(set) var names: [[UInt8]] = []
    /// Repeated names, with the names that replace them.
    private(set) var renamed: [(name: String, to: String)] = []
    /// Whether the first line looks like a row, with numbers only.
    private(set) var holdsNumbersOnly = false

    /// For a table without a header: `column_1` and so on.
    init(columns: Int) { names = (0..<columns).map { Array("column_\($0 + 1)".utf8) } }

    /// The fields of the first row, which must be UTF-8. A field without a name, as in tables written with an index, is
    /// named after its position; a repeated name gets a number.
    init(_ row: UnsafeBufferPointer<UInt8>, _ fields: [Field], quote: UInt8) {
        names = fields.map { CSVHeader.text(of: $0, in: row, quote: quote) }
        holdsNumbersOnly = names.allSatisfy { name in
            name.withUnsafeBufferPointer { NumberForm(CellForms.withoutBlanks($0)) != nil }
        }
        for index in names.indices where names[index].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            names[index] = Array("column_\(index + 1)".utf8)
        }
        tellApart()
    }

    var texts: [String] { names.map { String(decoding: $0, as: UTF8.self) } }

    private static func text(of field: Field, in row: UnsafeBufferPointer<UInt8>, quote: UInt8) -> [UInt8] {
        var text: [UInt8] = []
        var position = Int(field.start)
        while position < field.end {
            text.append(row[position])
            // A quoted field writes every quote twice.
            position += field.isQuoted && row[position] == quote ? 2 : 1
        }
        return text
    }

    private mutating func tellApart() {
        var taken = Set(names)
        guard taken.count < names.count else { return }
        var seen: Set<[UInt8]> = []
        for index in names.indices where !seen.insert(names[index]).inserted {
            let name = names[index]
            var number = 2
            var other = name
            repeat {
                other = name + Array("_\(number)".utf8)
                number += 1
            } while taken.contains(other)
            taken.insert(other)
            seen.insert(other)
            names[index] = other
            renamed.append((String(decoding: name, as: UTF8.self), String(decoding: other, as: UTF8.self)))
        }
    }
}
