import DatasetReaders
import Digests
import JSONText
import ProgramSupport

/// Values as people see them in a terminal, on one line, and unable to steer it.
enum TerminalText {
    static func shown(_ cell: QueryCell) -> String {
        switch cell {
        case .null: return "NULL"
        case .text(let bytes):
            // Unlike the text NULL.
            let text = oneLine(String(decoding: bytes, as: UTF8.self))
            return text == "NULL" ? "\"NULL\"" : text
        case .binary(let bytes): return "base64:" + Base64.encode(Array(bytes.prefix(3000)), padding: true)
        case .json(let bytes): return oneLine(String(decoding: bytes, as: UTF8.self))
        default:
            let buffer = ByteBuffer(capacity: 64)
            buffer.append(plain: cell)
            return String(decoding: buffer.bytes, as: UTF8.self)
        }
    }

    static func oneLine(_ text: String) -> String {
        if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return text }
        return Terminal.harmless(text).replacing("\n", with: "\\n").replacing("\t", with: "\\t")
    }

    static func width(_ text: String) -> Int { TextWidth.of(text) }

    /// The beginning of a text, with an ellipsis where more follows.
    static func cut(_ text: String, to width: Int?) -> String {
        guard let width, self.width(text) > width else { return text }
        var used = 0
        let head = text.prefix { character in
            used += self.width(String(character))
            return used < width
        }
        return head + "…"
    }
}
