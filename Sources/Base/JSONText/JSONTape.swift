import CSystem

/// One value found by the scanner, as offsets into its text. 20 bytes.
///
/// Public, as are the inlinable members of `JSONTape`, because the compiler inlines `package` members only within their
/// own module.
@frozen
public struct TapeNode {
    @frozen
    public enum Kind: UInt8, Sendable {
        case null, `false`, `true`, integer, real, string, array, object
    }

    public var kind: Kind
    /// Of a string: it contains a backslash, so its bytes differ from its characters. Of a number: it has an exponent.
    public var hasEscapes: Bool
    /// The range of the value's bytes: of a string without its quotes, of a container with its brackets.
    public var start: UInt32
    public var end: UInt32
    /// Index of the node after this value and everything in it.
    public var next: UInt32
    /// Elements of an array; members of an object (each a key node followed by its value's nodes).
    public var count: UInt32
}

/// The scanner: turns one JSON text into a flat list of nodes, in one pass, strictly by RFC 8259.
///
/// The list is reused from text to text, so that in a stream of records nothing is allocated once the largest
/// record has been seen. Bytes are not copied: nodes point into the text, which must outlive their use.
public final class JSONTape {
    private var list = NodeList()
    /// The nodes of the last text, valid until the next one is scanned.
    public private(set) var nodes: UnsafePointer<TapeNode>

    package var count: Int { list.count }

    package static let maximumDepth = 100_000
    /// The deepest nesting for code that walks a value recursively (documents, hashes of items).
    package static let recursionDepth = 1000

    /// Memory that is kept, in bytes; memory that an extraordinarily long line took beyond it is freed.
    package static let largestKept = 16 << 20

    /// The depth of the containers in the last text.
    package private(set) var depth = 0

    package init() { nodes = UnsafePointer(list.nodes) }

    deinit { list.nodes.deallocate() }

    package subscript(_ index: Int) -> TapeNode { nodes[index] }

    /// Makes the value at `index` null, and remembers to leave it out (`append(kept:)`).
    package func forget(_ index: Int) {
        list.nodes[index].kind = .null
        // Distinguished from a null in the text by fields that a null does not use.
        list.nodes[index].hasEscapes = true
    }

    /// The nodes, for code that changes the values of the last text; their number may stay or shrink.
    package var editable: UnsafeMutablePointer<TapeNode> { list.nodes }

    package func isForgotten(_ index: Int) -> Bool {
        if case .null = self[index].kind { self[index].hasEscapes } else { false }
    }

    /// A copy of the nodes, for code that scans another text in between.
    package func copy() -> [TapeNode] { Array(UnsafeBufferPointer(start: nodes, count: list.count)) }

    /// Restores nodes that were copied from this tape, which has room for them. Their text must still exist.
    package func restore(_ copy: [TapeNode]) {
        precondition(copy.count <= list.capacity)
        for (index, node) in copy.enumerated() { list.nodes[index] = node }
        list.count = copy.count
    }

    /// Memory held, in bytes.
    package var footprint: Int { list.capacity * MemoryLayout<TapeNode>.stride }

    /// Frees the memory that one huge text needed.
    package func shrink(toNodes limit: Int = 1 << 16) {
        guard list.capacity > limit else { return }
        list.nodes.deallocate()
        list = NodeList(capacity: limit)
        nodes = UnsafePointer(list.nodes)
    }

    /// Scans a text that holds exactly one value; node 0 is its root.
    package func scan(_ text: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) {
        let end = try scanValue(text, from: 0)
        let rest = skipWhitespace(text, end)
        if rest < text.count { throw JSONSyntaxError(.trailingCharacters, at: rest) }
    }

    /// Scans the value that starts at or after `start` and returns the offset after it.
    package func scanValue(_ text: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONSyntaxError) -> Int {
        // Local variables, because fields of an object would be loaded and stored again for every node.
        var list = self.list
        list.count = 0
        depth = 0
        defer {
            self.list = list
            nodes = UnsafePointer(list.nodes)
        }
        return try list.scanValue(text, from: start, depth: &depth)
    }
}

private struct NodeList {
    var nodes: UnsafeMutablePointer<TapeNode>
    var count = 0
    var capacity: Int

    init(capacity: Int = 256) {
        self.capacity = capacity
        nodes = .allocate(capacity: capacity)
    }

    @inline(__always)
    private mutating func append(_ kind: TapeNode.Kind, from start: Int, to end: Int, escapes: Bool = false) {
        if count == capacity { grow() }
        nodes[count] = TapeNode(
            kind: kind, hasEscapes: escapes, start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: end), next: UInt32(truncatingIfNeeded: count + 1), count: 0)
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<TapeNode>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: nodes, count: count)
        nodes.deallocate()
        nodes = larger
        capacity *= 2
    }

    /// Stands for the container of the root.
    private static let none = UInt32.max

    mutating func scanValue(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, depth: inout Int
    ) throws(JSONSyntaxError) -> Int {
        guard text.count < Int(UInt32.max) else { throw JSONSyntaxError(.tooLong, at: 0) }
        guard let base = text.baseAddress else { throw JSONSyntaxError(.empty, at: 0) }
        let length = text.count
        var position = skipWhitespace(text, start)
        if position == length { throw JSONSyntaxError(.empty, at: start) }
        // The innermost open container. Until it is closed its `next` is the one around it.
        var container = NodeList.none
        var isObject = false
        var level = 0

        // Each turn of the loop begins where a value must begin, in an object after its key.
        while true {
            if isObject { position = try scanKey(text, base, position, length) }
            guard position < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
            let first = base[position]
            switch first {
            case UInt8(ascii: "\""):
                let (end, escapes) = try scanString(base, position + 1, length)
                append(.string, from: position + 1, to: end, escapes: escapes)
                position = end + 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                isObject = first == UInt8(ascii: "{")
                append(isObject ? .object : .array, from: position, to: position)
                nodes[count - 1].next = container
                container = UInt32(truncatingIfNeeded: count - 1)
                level += 1
                position = skipWhitespace(text, position + 1)
                guard position < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
                if level > depth {
                    depth = level
                    if level > JSONTape.maximumDepth { throw JSONSyntaxError(.tooDeep, at: position) }
                }
                if base[position] != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { continue }
                (container, isObject) = close(container, at: position)
                level -= 1
                position += 1
            case UInt8(ascii: "t"):
                position = try literal("true", .true, base, position, length)
            case UInt8(ascii: "f"):
                position = try literal("false", .false, base, position, length)
            case UInt8(ascii: "n"):
                position = try literal("null", .null, base, position, length)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (end, isReal, hasExponent) = try scanNumber(base, position, length)
                append(isReal ? .real : .integer, from: position, to: end, escapes: hasExponent)
                position = end
            default:
                throw JSONSyntaxError(.unexpectedCharacter, at: position)
            }

            // A value has ended: close the containers that end with it, or go on to the next value.
            closing: while true {
                if container == NodeList.none { return position }
                nodes[Int(container)].count += 1
                position = skipWhitespace(text, position)
                guard position < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
                let byte = base[position]
                if byte == UInt8(ascii: ",") {
                    position = skipWhitespace(text, position + 1)
                    break closing
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONSyntaxError(.unexpectedCharacter, at: position)
                }
                (container, isObject) = close(container, at: position)
                level -= 1
                position += 1
            }
        }
    }

    /// Returns the enclosing container.
    @inline(__always)
    private func close(_ container: UInt32, at position: Int) -> (container: UInt32, isObject: Bool) {
        let node = nodes + Int(container)
        let around = node.pointee.next
        node.pointee.end = UInt32(truncatingIfNeeded: position + 1)
        node.pointee.next = UInt32(truncatingIfNeeded: count)
        guard around != NodeList.none else { return (around, false) }
        if case .object = nodes[Int(around)].kind { return (around, true) }
        return (around, false)
    }

    /// Scans a key and its colon and returns where the value begins.
    @inline(__always)
    private mutating func scanKey(
        _ text: UnsafeBufferPointer<UInt8>, _ base: UnsafePointer<UInt8>, _ start: Int, _ length: Int
    ) throws(JSONSyntaxError) -> Int {
        guard start < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
        guard base[start] == UInt8(ascii: "\"") else { throw JSONSyntaxError(.unexpectedCharacter, at: start) }
        let (end, escapes) = try scanString(base, start + 1, length)
        append(.string, from: start + 1, to: end, escapes: escapes)
        let colon = skipWhitespace(text, end + 1)
        guard colon < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
        guard base[colon] == UInt8(ascii: ":") else { throw JSONSyntaxError(.unexpectedCharacter, at: colon) }
        return skipWhitespace(text, colon + 1)
    }

    private mutating func literal(
        _ word: StaticString, _ kind: TapeNode.Kind, _ base: UnsafePointer<UInt8>, _ start: Int, _ length: Int
    ) throws(JSONSyntaxError) -> Int {
        let size = word.utf8CodeUnitCount
        guard start + size <= length else { throw JSONSyntaxError(.badLiteral, at: start) }
        for index in 0..<size where base[start + index] != word.utf8Start[index] {
            throw JSONSyntaxError(.badLiteral, at: start)
        }
        append(kind, from: start, to: start + size)
        return start + size
    }
}

@inlinable @inline(__always)
public func skipWhitespace(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var position = start
    while position < text.count {
        let byte = text[position]
        guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
        position += 1
    }
    return position
}

/// Scans a number; returns the offset after it, whether it has a fraction or an exponent, and whether it has an
/// exponent.
@inline(__always)
private func scanNumber(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ length: Int
) throws(JSONSyntaxError) -> (end: Int, isReal: Bool, hasExponent: Bool) {
    @inline(__always) func isDigit(_ position: Int) -> Bool { position < length && base[position] &- 0x30 <= 9 }

    var position = start
    var isReal = false
    var hasExponent = false
    if base[position] == UInt8(ascii: "-") { position += 1 }
    guard isDigit(position) else { throw JSONSyntaxError(.badNumber, at: start) }
    if base[position] == UInt8(ascii: "0") {
        position += 1
        if isDigit(position) { throw JSONSyntaxError(.badNumber, at: start) }
    } else {
        repeat { position += 1 } while isDigit(position)
    }
    if position < length, base[position] == UInt8(ascii: ".") {
        isReal = true
        position += 1
        guard isDigit(position) else { throw JSONSyntaxError(.badNumber, at: start) }
        repeat { position += 1 } while isDigit(position)
    }
    if position < length, base[position] | 0x20 == UInt8(ascii: "e") {
        isReal = true
        hasExponent = true
        position += 1
        if position < length, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
            position += 1
        }
        guard isDigit(position) else { throw JSONSyntaxError(.badNumber, at: start) }
        repeat { position += 1 } while isDigit(position)
    }
    return (position, isReal, hasExponent)
}

/// Scans the inside of a string from `start` (just after the opening quote); returns the offset of the closing quote.
@inline(__always)
private func scanString(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ length: Int
) throws(JSONSyntaxError) -> (end: Int, hasEscapes: Bool) {
    var position = start
    var hasEscapes = false
    var high: UInt32 = 0
    while true {
        // Sixteen bytes at a time while they contain no quote, backslash or control character.
        while position + 16 <= length {
            let seen = csystem_look_at_16(base + position)
            if seen.special != 0 {
                let plain = seen.special.trailingZeroBitCount
                // Bytes after the quote do not matter; only the lowest bit of `high` may be exact.
                high |= seen.high & ((1 << UInt32(plain)) &- 1)
                position += plain
                break
            }
            high |= seen.high
            position += 16
        }
        guard position < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
        let byte = base[position]
        if byte == UInt8(ascii: "\"") { break }
        if byte == UInt8(ascii: "\\") {
            hasEscapes = true
            position = try skipEscape(base, position, length)
            continue
        }
        if byte < 0x20 { throw JSONSyntaxError(.controlCharacter, at: position) }
        high |= UInt32(byte >> 7)
        position += 1
    }
    if high != 0, let bad = firstInvalidUTF8(base, start, position) { throw JSONSyntaxError(.badUTF8, at: bad) }
    return (position, hasEscapes)
}

/// Checks the escape at `position` (a backslash) and returns the offset after it, or after both halves of a surrogate
/// pair.
private func skipEscape(
    _ base: UnsafePointer<UInt8>, _ position: Int, _ length: Int
) throws(JSONSyntaxError) -> Int {
    guard position + 1 < length else { throw JSONSyntaxError(.unexpectedEnd, at: length) }
    switch base[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        return position + 2
    case UInt8(ascii: "u"):
        guard let unit = hexUnit(base, position + 2, length) else { throw JSONSyntaxError(.badEscape, at: position) }
        guard unit & 0xF800 == 0xD800 else { return position + 6 }
        guard unit < 0xDC00, position + 7 < length, base[position + 6] == UInt8(ascii: "\\"),
            base[position + 7] == UInt8(ascii: "u"), let low = hexUnit(base, position + 8, length),
            low & 0xFC00 == 0xDC00
        else { throw JSONSyntaxError(.loneSurrogate, at: position) }
        return position + 12
    default:
        throw JSONSyntaxError(.badEscape, at: position)
    }
}

private func hexUnit(_ base: UnsafePointer<UInt8>, _ start: Int, _ length: Int) -> UInt32? {
    start + 4 <= length ? hexUnit(base + start) : nil
}

/// The value of the four hexadecimal digits after `\u`; nil when they are not digits.
package func hexUnit(_ digits: UnsafePointer<UInt8>) -> UInt32? {
    var unit: UInt32 = 0
    for index in 0..<4 {
        let byte = digits[index]
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        unit = unit << 4 | UInt32(digit)
    }
    return unit
}

/// Offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7), or nil.
package func firstInvalidUTF8(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var position = start
    @inline(__always) func isContinuation(_ index: Int) -> Bool { index < end && base[index] & 0xC0 == 0x80 }
    while position < end {
        let byte = base[position]
        if byte < 0x80 {
            position += 1
            // Non-ASCII characters are often followed by a run of ASCII.
            while position + 8 <= end {
                let word = UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
                let highs = word & 0x8080_8080_8080_8080
                if highs != 0 {
                    position += highs.trailingZeroBitCount / 8
                    break
                }
                position += 8
            }
        } else if byte < 0xC2 {
            return position
        } else if byte < 0xE0 {
            guard isContinuation(position + 1) else { return position }
            position += 2
        } else if byte < 0xF0 {
            guard isContinuation(position + 1), isContinuation(position + 2) else { return position }
            let second = base[position + 1]
            if byte == 0xE0 && second < 0xA0 || byte == 0xED && second > 0x9F { return position }
            position += 3
        } else if byte < 0xF5 {
            guard isContinuation(position + 1), isContinuation(position + 2), isContinuation(position + 3) else {
                return position
            }
            let second = base[position + 1]
            if byte == 0xF0 && second < 0x90 || byte == 0xF4 && second > 0x8F { return position }
            position += 4
        } else {
            return position
        }
    }
    return nil
}

/// Decodes the inside of a JSON string that is known to be well-formed and appends its characters.
package func appendUnescaped(_ escaped: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
    guard let base = escaped.baseAddress else { return }
    var position = 0
    while position < escaped.count {
        let byte = escaped[position]
        guard byte == UInt8(ascii: "\\") else {
            output.append(byte)
            position += 1
            continue
        }
        let kind = escaped[position + 1]
        position += 2
        switch kind {
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"):
            var unit = hexUnit(base, position, escaped.count) ?? 0xFFFD
            position += 4
            if unit & 0xFC00 == 0xD800, let low = hexUnit(base, position + 2, escaped.count) {
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                position += 6
            }
            let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { output.append(byte) }
        default: output.append(kind)
        }
    }
}
