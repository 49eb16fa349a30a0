import DatasetReaders
import Digests
import JSONText

/// Values as JSON.
enum CellText {
    /// Appends a value; numbers in all their digits, but without zeros at the end of a fraction.
    static func append(_ cell: QueryCell, to output: inout [UInt8]) {
        switch cell {
        case .null: output += "null".utf8
        case .bool(let flag): output += (flag ? "true" : "false").utf8
        case .integer(let number): output += String(number).utf8
        case .double(let number):
            // JSON has no words for the others.
            if number.isFinite { output += "\(number)".utf8 } else { quoted("\(number)".utf8.map { $0 }, to: &output) }
        case .number(let bytes):
            if NumberForm.isNumber(bytes) {
                output += trimmed(bytes)
            } else {
                quoted(Array(bytes), to: &output)
            }
        case .text(let bytes), .time(let bytes): quoted(bytes, to: &output)
        case .json(let bytes):
            // Another program may have written another text into the column.
            guard (try? JSONTape().scan(bytes)) != nil else { return quoted(bytes, to: &output) }
            // A record is a line: within strings line ends are escaped.
            output += bytes.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        case .binary(let bytes):
            output.append(UInt8(ascii: "\""))
            output += Base64.encode(Array(bytes), padding: true).utf8
            output.append(UInt8(ascii: "\""))
        }
    }

    private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
        var rest = bytes[...]
        guard rest.contains(UInt8(ascii: ".")), !rest.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            return rest
        }
        while rest.last == UInt8(ascii: "0") { rest.removeLast() }
        if rest.last == UInt8(ascii: ".") { rest.removeLast() }
        return rest
    }

    private static func quoted(_ bytes: [UInt8], to output: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { quoted($0, to: &output) }
    }

    private static func quoted(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendJSONEscaped(bytes, to: &output)
        output.append(UInt8(ascii: "\""))
    }
}
