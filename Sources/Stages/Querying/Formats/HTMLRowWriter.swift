import DatasetReaders
import JSONText
import ProgramSupport

/// A table of HTML, to be put into a page: without styles of its own, so that it looks as the page does.
final class HTMLRowWriter: RowWriter {
    private let output: OutputWriter
    private let columns: [QueryColumn]

    init(_ output: OutputWriter, _ columns: [QueryColumn]) {
        self.output = output
        self.columns = columns
    }

    func begin() throws {
        let buffer = output.buffer
        buffer.append("<table>\n<thead>\n<tr>" as StaticString)
        for column in columns {
            buffer.append("<th scope=\"col\">" as StaticString)
            var name = column.name
            name.withUTF8 { append(text: $0) }
            buffer.append("</th>" as StaticString)
        }
        buffer.append("</tr>\n</thead>\n<tbody>\n" as StaticString)
    }

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        buffer.append("<tr>" as StaticString)
        for (index, column) in columns.enumerated() {
            switch rows.cell(index) {
            case .null: buffer.append("<td class=\"null\">" as StaticString)
            case .text(let bytes), .json(let bytes):
                buffer.append("<td>" as StaticString)
                append(text: bytes)
            case let cell:
                buffer.append(column.isNumber ? "<td align=\"right\">" as StaticString : "<td>")
                buffer.append(plain: cell)
            }
            buffer.append("</td>" as StaticString)
        }
        buffer.append("</tr>\n" as StaticString)
        try output.flushIfFull()
    }

    func end() throws { output.buffer.append("</tbody>\n</table>\n" as StaticString) }

    /// No text of a value can become markup. What is not UTF-8 is marked, and no character can turn the direction of others.
    private func append(text bytes: UnsafeBufferPointer<UInt8>) {
        let buffer = output.buffer
        var text = Terminal.harmless(String(decoding: bytes, as: UTF8.self))
        text.withUTF8 { bytes in
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "<"): buffer.append("&lt;" as StaticString)
                case UInt8(ascii: ">"): buffer.append("&gt;" as StaticString)
                case UInt8(ascii: "&"): buffer.append("&amp;" as StaticString)
                case UInt8(ascii: "\""): buffer.append("&quot;" as StaticString)
                case 0x0A: buffer.append("<br>" as StaticString)
                default: buffer.append(byte)
                }
            }
        }
    }
}
