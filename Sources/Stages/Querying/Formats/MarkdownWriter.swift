import DatasetReaders
import JSONText
import Schemas

/// A table of Markdown, as GitHub reads it.
final class MarkdownWriter: RowWriter {
    private let output: OutputWriter
    private let columns: [QueryColumn]

    init(_ output: OutputWriter, _ columns: [QueryColumn]) {
        self.output = output
        self.columns = columns
    }

    func begin() throws {
        let buffer = output.buffer
        for column in columns {
            buffer.append("| " as StaticString)
            var name = column.name
            name.withUTF8 { append(text: $0) }
            buffer.append(UInt8(ascii: " "))
        }
        buffer.append("|\n" as StaticString)
        for column in columns { buffer.append(column.isNumber ? "| ---: " as StaticString : "| --- ") }
        buffer.append("|\n" as StaticString)
    }

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        for column in columns.indices {
            buffer.append("| " as StaticString)
            switch rows.cell(column) {
            case .null: buffer.append("*null*" as StaticString)
            case .text(let bytes), .json(let bytes): append(text: bytes)
            case let cell: buffer.append(plain: cell)
            }
            buffer.append(UInt8(ascii: " "))
        }
        buffer.append("|\n" as StaticString)
        try output.flushIfFull()
    }

    func end() throws {}

    private func append(text bytes: UnsafeBufferPointer<UInt8>) {
        let buffer = output.buffer
        for byte in bytes {
            switch byte {
            // Whatever would end the cell, or be read as markup.
            case UInt8(ascii: "|"), UInt8(ascii: "\\"), UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "`"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                buffer.append(UInt8(ascii: "\\"))
                buffer.append(byte)
            case UInt8(ascii: "<"): buffer.append("&lt;" as StaticString)
            case UInt8(ascii: "&"): buffer.append("&amp;" as StaticString)
            case 0x0A: buffer.append("<br>" as StaticString)
            case 0x0D: break
            default: buffer.append(byte)
            }
        }
    }
}

extension QueryColumn {
    var isNumber: Bool {
        switch type {
        case .bigint, .double, .decimal, .wei: true
        default: false
        }
    }
}
