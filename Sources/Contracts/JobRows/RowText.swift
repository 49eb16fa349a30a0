import Glibc
import JSONText

/// Finds the ends of the parts of a row's text. A newline or zeros follow the text, so that nothing reads past it.
///
/// This toolkit wrote the row, in a file whose checksum was compared; the purpose is to detect damage, not to validate
/// foreign JSON in every respect.
enum RowText {
    typealias Bytes = UnsafeMutablePointer<UInt8>

    struct StringEnd {
        /// The offset of the closing quote.
        let offset: Int
        let hasEscapes: Bool
    }

    /// The end of a string whose inside begins at `start`; nil when the line ends first.
    @inline(__always)
    static func string(_ base: Bytes, from start: Int) -> StringEnd? {
        var position = start
        var hasEscapes = false
        while true {
            // Eight bytes at a time; the lowest marked one is exact, those above it may be a borrow's doing.
            let word = UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            let ones: UInt64 = 0x0101_0101_0101_0101
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            let special = ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash) | ((word &- ones &* 0x20) & ~word)
            let marks = special & 0x8080_8080_8080_8080
            if marks == 0 {
                position += 8
                continue
            }
            position += marks.trailingZeroBitCount / 8
            switch base[position] {
            case UInt8(ascii: "\""): return StringEnd(offset: position, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                if base[position + 1] < 0x20 { return nil }
                position += 2
            default: return nil
            }
        }
    }

    /// The end of a number, or of anything else in its place.
    @inline(__always)
    static func number(_ base: Bytes, from start: Int) -> Int {
        var position = start
        while true {
            switch base[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
            default: return position
            }
        }
    }

    /// The end of any value; nil when the line ends first or no value begins there.
    static func value(_ base: Bytes, from start: Int) -> Int? {
        switch base[start] {
        case UInt8(ascii: "\""): return string(base, from: start + 1).map { $0.offset + 1 }
        case UInt8(ascii: "{"), UInt8(ascii: "["): return container(base, from: start)
        case UInt8(ascii: "t"): return isWord("true", base, at: start) ? start + 4 : nil
        case UInt8(ascii: "n"): return isWord("null", base, at: start) ? start + 4 : nil
        case UInt8(ascii: "f"): return isWord("false", base, at: start) ? start + 5 : nil
        default:
            let end = number(base, from: start)
            return end > start ? end : nil
        }
    }

    private static func container(_ base: Bytes, from start: Int) -> Int? {
        var depth = 0
        var position = start
        while true {
            switch base[position] {
            case UInt8(ascii: "\""):
                guard let end = string(base, from: position + 1) else { return nil }
                position = end.offset + 1
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return position + 1 }
            case 0x0A, 0: return nil
            default: break
            }
            position += 1
        }
    }

    static func skipSpaces(_ base: Bytes, from start: Int) -> Int {
        var position = start
        while base[position] == 0x20 || base[position] == 0x09 || base[position] == 0x0D { position += 1 }
        return position
    }

    @inline(__always)
    static func isWord(_ word: StaticString, _ base: Bytes, at start: Int) -> Bool {
        for index in 0..<word.utf8CodeUnitCount where base[start + index] != word.utf8Start[index] { return false }
        return true
    }

    /// Unescapes the inside of a string in place: no escape is shorter than its character.
    ///
    /// - Returns: the end of the characters; nil when an escape is malformed.
    static func unescape(_ base: Bytes, from start: Int, to end: Int) -> Int? {
        var from = start
        var to = start
        while true {
            move(base, &from, &to, end)
            if from >= end { return to }
            let kind = base[from + 1]
            from += 2
            switch kind {
            case UInt8(ascii: "b"): base[to] = 0x08
            case UInt8(ascii: "f"): base[to] = 0x0C
            case UInt8(ascii: "n"): base[to] = 0x0A
            case UInt8(ascii: "r"): base[to] = 0x0D
            case UInt8(ascii: "t"): base[to] = 0x09
            case UInt8(ascii: "u"):
                guard from + 4 <= end, var unit = hexUnit(base + from) else { return nil }
                from += 4
                if unit & 0xFC00 == 0xD800, from + 6 <= end, base[from] == UInt8(ascii: "\\"),
                    base[from + 1] == UInt8(ascii: "u"), let low = hexUnit(base + from + 2), low & 0xFC00 == 0xDC00
                {
                    unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                    from += 6
                }
                let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
                for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    base[to] = byte
                    to += 1
                }
                continue
            default: base[to] = kind
            }
            to += 1
        }
    }

    /// Removes the character U+0000 from text; returns the end of the rest.
    static func removeZeros(_ base: Bytes, from start: Int, to end: Int) -> Int {
        guard memchr(base + start, 0, end - start) != nil else { return end }
        var kept = start
        for index in start..<end where base[index] != 0 {
            base[kept] = base[index]
            kept += 1
        }
        return kept
    }

    /// Moves bytes forward, up to the next backslash or the end.
    @inline(__always)
    private static func move(_ base: Bytes, _ from: inout Int, _ to: inout Int, _ end: Int) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end &- from >= 8 {
            // Loaded before it is stored, since the two overlap.
            let word = UInt64(littleEndian: UnsafeRawPointer(base + from).loadUnaligned(as: UInt64.self))
            let slash = word ^ (ones &* 0x5C)
            if (slash &- ones) & ~slash & 0x8080_8080_8080_8080 != 0 { break }
            UnsafeMutableRawPointer(base + to).storeBytes(of: word.littleEndian, as: UInt64.self)
            from &+= 8
            to &+= 8
        }
        while from < end, base[from] != UInt8(ascii: "\\") {
            base[to] = base[from]
            from &+= 1
            to &+= 1
        }
    }
}
