import Coercion
import DateTimes
import Digests
import JSONText

/// How dlt writes the value of a typed column before it hashes the row: as Python writes its own types, so that a row has the same hash
/// whichever side has read it.
package enum ColumnForm: Sendable, Equatable {
    /// Microseconds since 1970, so that an instant is the same in each time zone.
    case datetime
    case time
    /// - scale: the digits after the point that the column has.
    case decimal(scale: Int?)
    case binary

    /// Appends a value of the tape; false if it is not of this form, and nothing is appended.
    func append(_ index: Int, of record: CanonicalJSON, to output: ByteBuffer) -> Bool {
        if self == .datetime {
            guard let instant = Self.instant(of: index, in: record) else { return false }
            output.append(json: instant)
            return true
        }
        guard let text = text(of: index, in: record) else { return false }
        CanonicalJSON.append(string: text, to: output)
        return true
    }

    private static func instant(of index: Int, in record: CanonicalJSON) -> Int64? {
        guard record.tape[index].kind == .string else { return nil }
        var text = record.tape.string(at: index, in: record.text)
        return text.withUTF8 { TemporalCoercion.timestamp(text: $0) }
    }

    private func text(of index: Int, in record: CanonicalJSON) -> String? {
        let node = record.tape[index]
        switch (self, node.kind) {
        case (.time, .string):
            let text = record.tape.string(at: index, in: record.text)
            return text.hasSuffix(".000000") ? String(text.dropLast(7)) : nil
        case (.decimal(let scale), .integer), (.decimal(let scale), .real):
            let digits = record.text[Int(node.start)..<Int(node.end)]
            return Self.decimal(String(decoding: digits, as: UTF8.self), scale: scale)
        case (.binary, .string):
            let text = record.tape.string(at: index, in: record.text)
            return text.hasPrefix("0x") ? Self.base64(ofHex: text.utf8.dropFirst(2)) : nil
        default: return nil
        }
    }

    /// `str(Decimal(…))`: with an exponent if there are more than five zeros after the point.
    static func decimal(_ number: String, scale: Int?) -> String? {
        guard !number.contains(where: { $0 == "e" || $0 == "E" }) else { return nil }
        let isNegative = number.hasPrefix("-")
        let parts = number.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return nil }
        var fraction = parts.count == 2 ? String(parts[1]) : ""
        if let scale, fraction.utf8.count < scale {
            fraction += String(repeating: "0", count: scale - fraction.utf8.count)
        }
        let sign = isNegative ? "-" : ""
        let coefficient = (parts[0] + fraction).drop { $0 == "0" }
        let digits = coefficient.isEmpty ? "0" : String(coefficient)
        let exponent = digits.utf8.count - 1 - fraction.utf8.count
        if exponent >= -6 { return sign + parts[0] + (fraction.isEmpty ? "" : "." + fraction) }
        let rest = digits.dropFirst()
        return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "E\(exponent)"
    }

    private static func base64(ofHex digits: Substring.UTF8View) -> String? {
        let nibbles = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard nibbles.count == digits.count, nibbles.count % 2 == 0 else { return nil }
        let bytes = stride(from: 0, to: nibbles.count, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
        return Base64.encode(bytes, padding: true)
    }
}
