import Coercion
import JSONText

/// Writes rows as JSON objects.
final class RowText {
    /// The text before each value: comma or brace, name and colon, one after the other.
    private let keys: UnsafeMutablePointer<UInt8>
    /// Where each of them ends.
    private let keyEnds: UnsafeMutablePointer<Int>
    let columns: Int
    /// Bytes of all keys, a closing brace, and a null for each.
    private let fixedBytes: Int
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private let rules: [CellRule]
    private let quote: UInt8
    private let nullValues: [[UInt8]]
    /// A field with rare quotes, each of them written once.
    private var single: [UInt8] = []

    /// - Parameters:
    ///   - rules: how the cells of each column are written.
    ///   - quote: the quote that a quoted field writes twice.
    ///   - nullValues: unquoted cells that mean null, besides the empty one.
    init(header names: [[UInt8]], rules: [CellRule], quote: UInt8 = UInt8(ascii: "\""), nullValues: [[UInt8]] = []) {
        var text: [UInt8] = []
        columns = names.count
        self.rules = rules
        self.quote = quote
        self.nullValues = nullValues
        keyEnds = .allocate(capacity: max(columns, 1))
        for (index, name) in names.enumerated() {
            text.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            text.append(UInt8(ascii: "\""))
            name.withUnsafeBufferPointer { appendJSONEscaped($0, to: &text) }
            text.append(contentsOf: "\":".utf8)
            (keyEnds + index).initialize(to: text.count)
        }
        keys = .allocate(capacity: max(text.count, 1))
        keys.initialize(from: text, count: text.count)
        fixedBytes = text.count + columns * 4 + 1
        capacity = 4096
        memory = .allocate(capacity: capacity)
    }

    deinit {
        keys.deallocate()
        keyEnds.deallocate()
        memory.deallocate()
    }

    /// Valid until the next call.
    func record(of row: UnsafeBufferPointer<UInt8>, _ fields: [Field]) -> UnsafeBufferPointer<UInt8> {
        // The longest escape takes six bytes for one. With room for that, no byte needs a check.
        let needed = fixedBytes + row.count * 6 + fields.count * 2
        if needed > capacity {
            memory.deallocate()
            capacity = max(needed, capacity * 2)
            memory = .allocate(capacity: capacity)
        }
        let start = memory
        guard let base = row.baseAddress else { return UnsafeBufferPointer(start: start, count: 0) }
        var output = start
        var keyStart = 0
        for index in 0..<columns {
            let keyBytes = keyEnds[index] - keyStart
            output.update(from: keys + keyStart, count: keyBytes)
            output += keyBytes
            keyStart += keyBytes
            guard index < fields.count else {
                put("null", &output)
                continue
            }
            let field = fields[index]
            let bytes = UnsafeBufferPointer(start: base + Int(field.start), count: Int(field.end - field.start))
            if field.isQuoted {
                putText(bytes, quote: quote, &output)
            } else if bytes.isEmpty || !nullValues.isEmpty && isNull(bytes) {
                put("null", &output)
            } else {
                write(bytes, by: rules[index], &output)
            }
        }
        output.pointee = UInt8(ascii: "}")
        return UnsafeBufferPointer(start: start, count: output - start + 1)
    }

    private func isNull(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        CellForms.isAny(of: nullValues, cell)
    }

    /// An unquoted cell that is not null.
    @inline(__always)
    private func write(
        _ cell: UnsafeBufferPointer<UInt8>, by rule: CellRule, _ output: inout UnsafeMutablePointer<UInt8>
    ) {
        switch rule {
        case .text: putText(cell, quote: nil, &output)
        case .byCell:
            if NumberForm(cell) != nil || cell[0] & 0x20 != 0 && CellForms.boolean(cell) != nil {
                put(cell, &output)
            } else {
                putText(cell, quote: nil, &output)
            }
        case .bool:
            switch CellForms.boolean(CellForms.withoutBlanks(cell)) {
            case true?: put("true", &output)
            case false?: put("false", &output)
            case nil: putOther(cell, &output)
            }
        case .converted: putOther(cell, &output)
        case .bigint, .double, .decimal, .wei:
            let bare = CellForms.withoutBlanks(cell)
            if let number = NumberForm(bare), rule.takes(number, bare) {
                put(bare, &output)
            } else {
                putOther(cell, &output)
            }
        }
    }

    /// A cell that does not belong to its column's type: a blank one is null, others are written unchanged.
    private func putOther(_ cell: UnsafeBufferPointer<UInt8>, _ output: inout UnsafeMutablePointer<UInt8>) {
        if CellForms.withoutBlanks(cell).isEmpty {
            put("null", &output)
        } else {
            putText(cell, quote: nil, &output)
        }
    }

    @inline(__always)
    private func put(_ bytes: UnsafeBufferPointer<UInt8>, _ output: inout UnsafeMutablePointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        output.update(from: base, count: bytes.count)
        output += bytes.count
    }

    @inline(__always)
    private func put(_ text: StaticString, _ output: inout UnsafeMutablePointer<UInt8>) {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        output += text.utf8CodeUnitCount
    }

    /// Writes a string.
    ///
    /// - Parameter quote: the quote that a quoted field writes twice.
    @inline(__always)
    private func putText(
        _ bytes: UnsafeBufferPointer<UInt8>, quote: UInt8?, _ result: inout UnsafeMutablePointer<UInt8>
    ) {
        if let quote, quote != UInt8(ascii: "\"") { return putText(bytes, rareQuote: quote, &result) }
        putEscaped(bytes, isQuoted: quote != nil, &result)
    }

    /// A field with other quotes.
    private func putText(
        _ bytes: UnsafeBufferPointer<UInt8>, rareQuote quote: UInt8, _ output: inout UnsafeMutablePointer<UInt8>
    ) {
        single.removeAll(keepingCapacity: true)
        var position = 0
        while position < bytes.count {
            single.append(bytes[position])
            position += bytes[position] == quote ? 2 : 1
        }
        single.withUnsafeBufferPointer { putEscaped($0, isQuoted: false, &output) }
    }

    @inline(__always)
    private func putEscaped(
        _ bytes: UnsafeBufferPointer<UInt8>, isQuoted: Bool, _ result: inout UnsafeMutablePointer<UInt8>
    ) {
        var output = result
        func write(_ byte: UInt8) {
            output.pointee = byte
            output += 1
        }
        write(UInt8(ascii: "\""))
        guard let base = bytes.baseAddress else {
            // An empty array has no memory; a field always lies in its row, even an empty one.
            write(UInt8(ascii: "\""))
            result = output
            return
        }
        let count = bytes.count
        var position = 0
        while position < count {
            // There is room for six bytes of each, so whole words may be written even if only their beginning counts.
            while count &- position >= ByteMarks.size {
                let word = ByteMarks.word(base, at: position)
                let marks =
                    ByteMarks.equal(to: UInt8(ascii: "\""), in: word)
                    | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
                    | ByteMarks.below(0x20, in: word)
                UnsafeMutableRawPointer(output).storeBytes(of: word.littleEndian, as: UInt64.self)
                let plain = marks == 0 ? ByteMarks.size : ByteMarks.count(before: marks)
                output += plain
                position &+= plain
                if marks != 0 { break }
            }
            if position == count { break }
            let byte = base[position]
            position &+= 1
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                write(byte)
                continue
            }
            write(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""):
                write(byte)
                if isQuoted { position += 1 }
            case UInt8(ascii: "\\"): write(byte)
            case 0x0A: write(UInt8(ascii: "n"))
            case 0x0D: write(UInt8(ascii: "r"))
            case 0x09: write(UInt8(ascii: "t"))
            default:
                for digit in "u00".utf8 { write(digit) }
                write(UInt8(ascii: "0") + byte >> 4)
                write(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
            }
        }
        write(UInt8(ascii: "\""))
        result = output
    }
}
