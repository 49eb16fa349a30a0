/// Reads TOML 1.0. Dates and times become texts as written; numbers keep their digits.
package enum TOMLDocument {
    package static func read(_ bytes: [UInt8]) throws(DocumentError) -> LocatedValue {
        var reader = TOMLReader(bytes)
        return try reader.document()
    }
}

/// Tables of one name in double brackets. An object, since later headers may still add to each of them.
private final class TOMLTables {
    var all: [TOMLTable]

    init(_ first: TOMLTable) { all = [first] }
}

/// A table under construction. It decides what a header, a dotted key or an inline table may still add to it.
private final class TOMLTable {
    enum Entry {
        case value(LocatedValue)
        case table(TOMLTable)
        case tables(TOMLTables)
    }

    /// Has a header of its own, which may appear once.
    var isDefined = false
    /// Created by dotted keys of another table, or inline: no header may open it.
    var isClosed = false
    let line: Int
    private var order: [String] = []
    private var entries: [String: (line: Int, entry: Entry)] = [:]

    init(line: Int) { self.line = line }

    subscript(key: String) -> Entry? { entries[key]?.entry }

    func set(_ key: String, _ entry: Entry, line: Int) {
        if entries.updateValue((entries[key]?.line ?? line, entry), forKey: key) == nil { order.append(key) }
    }

    var located: LocatedValue {
        let members = order.compactMap { key -> LocatedValue.Member? in
            guard let (line, entry) = entries[key] else { return nil }
            let value =
                switch entry {
                case .value(let value): value
                case .table(let table): table.located
                case .tables(let tables): LocatedValue(.array(tables.all.map(\.located)), line: line)
                }
            return LocatedValue.Member(key: key, line: line, value: value)
        }
        return LocatedValue(.object(members), line: line)
    }
}

private struct TOMLReader {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0

    private static let maximumDepth = 100

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    mutating func document() throws(DocumentError) -> LocatedValue {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw DocumentError("not UTF-8", line: nil) }
        let root = TOMLTable(line: 1)
        var current = root
        while true {
            skipBlank(acrossLines: true)
            guard let byte = peek else { return root.located }
            if byte == UInt8(ascii: "[") {
                current = try header(in: root)
            } else {
                try pair(into: current)
            }
            try endOfLine()
        }
    }

    // MARK: Structure

    private mutating func header(in root: TOMLTable) throws(DocumentError) -> TOMLTable {
        let line = self.line
        take()
        let isArray = peek == UInt8(ascii: "[")
        if isArray { take() }
        let path = try keyPath()
        try expect("]")
        if isArray { try expect("]") }
        var table = root
        for key in path.dropLast() {
            switch table[key] {
            case nil:
                let inner = TOMLTable(line: line)
                table.set(key, .table(inner), line: line)
                table = inner
            case .table(let inner)? where !inner.isClosed: table = inner
            case .tables(let tables)?: table = tables.all[tables.all.count - 1]
            default: throw error("\(key) is not a table that a header can add to")
            }
        }
        let key = path[path.count - 1]
        switch (table[key], isArray) {
        case (nil, true):
            let inner = TOMLTable(line: line)
            table.set(key, .tables(TOMLTables(inner)), line: line)
            return inner
        case (.tables(let tables)?, true):
            let inner = TOMLTable(line: line)
            tables.all.append(inner)
            return inner
        case (nil, false):
            let inner = TOMLTable(line: line)
            inner.isDefined = true
            table.set(key, .table(inner), line: line)
            return inner
        case (.table(let inner)?, false) where !inner.isDefined && !inner.isClosed:
            inner.isDefined = true
            return inner
        default: throw error("\(key) is defined twice")
        }
    }

    private mutating func pair(into table: TOMLTable) throws(DocumentError) {
        let line = self.line
        let path = try keyPath()
        try expect("=")
        skipBlank()
        let value = try value()
        var table = table
        for key in path.dropLast() {
            switch table[key] {
            case nil:
                let inner = TOMLTable(line: line)
                inner.isClosed = true
                table.set(key, .table(inner), line: line)
                table = inner
            case .table(let inner)? where inner.isClosed: table = inner
            default: throw error("\(key) is defined twice")
            }
        }
        let key = path[path.count - 1]
        if table[key] != nil { throw error("\(key) is defined twice") }
        table.set(key, .value(value), line: line)
    }

    private mutating func keyPath() throws(DocumentError) -> [String] {
        var path: [String] = []
        while true {
            skipBlank()
            path.append(try key())
            // Each part is a level, and levels are walked recursively.
            if path.count > TOMLReader.maximumDepth { throw error("nested too deeply") }
            skipBlank()
            guard peek == UInt8(ascii: ".") else { return path }
            take()
        }
    }

    private mutating func key() throws(DocumentError) -> String {
        switch peek {
        case UInt8(ascii: "\"")?: return try basicString()
        case UInt8(ascii: "'")?: return try literalString()
        default:
            let start = position
            while let byte = peek, isBareKey(byte) { take() }
            if position == start { throw error("expected a key") }
            return text(from: start)
        }
    }

    private func isBareKey(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    // MARK: Values

    private mutating func value() throws(DocumentError) -> LocatedValue {
        let line = self.line
        depth += 1
        defer { depth -= 1 }
        if depth > TOMLReader.maximumDepth { throw error("nested too deeply") }
        switch peek {
        case UInt8(ascii: "\"")?:
            let isLong = bytes[position...].starts(with: "\"\"\"".utf8)
            return LocatedValue(.string(isLong ? try longBasicString() : try basicString()), line: line)
        case UInt8(ascii: "'")?:
            let isLong = bytes[position...].starts(with: "'''".utf8)
            return LocatedValue(.string(isLong ? try longLiteralString() : try literalString()), line: line)
        case UInt8(ascii: "[")?:
            take()
            var items: [LocatedValue] = []
            while true {
                skipBlank(acrossLines: true)
                if peek == UInt8(ascii: "]") { break }
                items.append(try value())
                skipBlank(acrossLines: true)
                if peek == UInt8(ascii: ",") { take() } else { break }
            }
            try expect("]")
            return LocatedValue(.array(items), line: line)
        case UInt8(ascii: "{")?:
            take()
            let table = TOMLTable(line: line)
            skipBlank()
            if peek == UInt8(ascii: "}") {
                take()
                return table.located
            }
            while true {
                try pair(into: table)
                skipBlank()
                if peek != UInt8(ascii: ",") { break }
                take()
            }
            try expect("}")
            return table.located
        default: return LocatedValue(try word(), line: line)
        }
    }

    /// Values without delimiters: numbers, booleans, dates and times.
    private mutating func word() throws(DocumentError) -> LocatedValue.Content {
        let start = position
        while let byte = peek, isBareKey(byte) || "+.:".utf8.contains(byte) { take() }
        // A date and a time may be separated by a space.
        if position - start == 10, bytes[start + 4] == UInt8(ascii: "-"), peek == UInt8(ascii: " "),
            position + 1 < bytes.count, isDigit(bytes[position + 1])
        {
            take()
            while let byte = peek, isBareKey(byte) || "+.:".utf8.contains(byte) { take() }
        }
        let word = text(from: start)
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "": throw error("expected a value")
        default: break
        }
        if let number = Self.number(word) { return .number(number) }
        let digits = word.utf8.prefix { isDigit($0) }.count
        let separator = word.utf8.dropFirst(digits).first
        if digits == 4 && separator == UInt8(ascii: "-") || digits == 2 && separator == UInt8(ascii: ":") {
            return .string(word)
        }
        // The message does not quote the word: in a file of secrets it may be one.
        throw error("this is not a value; a string needs quotes")
    }

    /// The number as JSON writes it; nil when it is not a number.
    private static func number(_ word: String) -> String? {
        let isNegative = word.hasPrefix("-")
        let unsigned = isNegative || word.hasPrefix("+") ? String(word.dropFirst()) : word
        if unsigned.contains("__") || unsigned.hasPrefix("_") || unsigned.hasSuffix("_") { return nil }
        let digits = unsigned.filter { $0 != "_" }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            return word == unsigned ? UInt64(digits.dropFirst(2), radix: radix).map { String($0) } : nil
        }
        var rest = digits.utf8[...]
        let whole = rest.prefix { isDigit($0) }
        if whole.isEmpty || whole.count > 1 && whole.first == UInt8(ascii: "0") { return nil }
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { isDigit($0) }
            if fraction.isEmpty { return nil }
            rest = rest.dropFirst(1 + fraction.count)
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            let exponent = rest.prefix { isDigit($0) }
            if exponent.isEmpty { return nil }
            rest = rest.dropFirst(exponent.count)
        }
        return rest.isEmpty ? (isNegative ? "-" : "") + digits : nil
    }

    // MARK: Strings

    private mutating func basicString() throws(DocumentError) -> String {
        take()
        var characters: [UInt8] = []
        while true {
            guard let byte = peek, byte != 0x0A else { throw error("a string without its closing quote") }
            take()
            if byte == UInt8(ascii: "\"") { return String(decoding: characters, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") { try escape(into: &characters) } else { characters.append(byte) }
        }
    }

    private mutating func longBasicString() throws(DocumentError) -> String {
        skipOpening()
        var characters: [UInt8] = []
        while true {
            guard let byte = peek else { throw error("a string without its closing quotes") }
            if byte == UInt8(ascii: "\""), let quotes = closingQuotes(byte) {
                characters.append(contentsOf: repeatElement(byte, count: quotes))
                return String(decoding: characters, as: UTF8.self)
            }
            take()
            guard byte == UInt8(ascii: "\\") else {
                characters.append(byte)
                continue
            }
            // A backslash at the end of a line joins it with the next.
            let blanks = bytes[position...].prefix { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.count
            if position + blanks < bytes.count, bytes[position + blanks] == 0x0A {
                while let blank = peek, blank == 0x20 || blank == 0x09 || blank == 0x0D || blank == 0x0A { take() }
            } else {
                try escape(into: &characters)
            }
        }
    }

    private mutating func literalString() throws(DocumentError) -> String {
        take()
        let start = position
        while let byte = peek, byte != UInt8(ascii: "'") {
            if byte == 0x0A { throw error("a string without its closing quote") }
            take()
        }
        let characters = text(from: start)
        try expect("'")
        return characters
    }

    private mutating func longLiteralString() throws(DocumentError) -> String {
        skipOpening()
        var characters: [UInt8] = []
        while true {
            guard let byte = peek else { throw error("a string without its closing quotes") }
            if byte == UInt8(ascii: "'"), let quotes = closingQuotes(byte) {
                characters.append(contentsOf: repeatElement(byte, count: quotes))
                return String(decoding: characters, as: UTF8.self)
            }
            characters.append(byte)
            take()
        }
    }

    /// Reads the three quotes, and a newline directly after them.
    private mutating func skipOpening() {
        for _ in 0..<3 { take() }
        if peek == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A { take() }
        if peek == 0x0A { take() }
    }

    /// Reads three closing quotes. Up to two more before them belong to the text, and are counted. Nil when fewer
    /// follow.
    private mutating func closingQuotes(_ quote: UInt8) -> Int? {
        let count = min(bytes[position...].prefix { $0 == quote }.count, 5)
        guard count >= 3 else { return nil }
        for _ in 0..<count { take() }
        return count - 3
    }

    private mutating func escape(into characters: inout [UInt8]) throws(DocumentError) {
        guard let kind = peek else { throw error("a string ends inside an escape") }
        take()
        switch kind {
        case UInt8(ascii: "b"): characters.append(0x08)
        case UInt8(ascii: "t"): characters.append(0x09)
        case UInt8(ascii: "n"): characters.append(0x0A)
        case UInt8(ascii: "f"): characters.append(0x0C)
        case UInt8(ascii: "r"): characters.append(0x0D)
        case UInt8(ascii: "e"): characters.append(0x1B)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): characters.append(kind)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = kind == UInt8(ascii: "u") ? 4 : 8
            let digits = bytes[position...].prefix(count)
            guard digits.count == count, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { throw error("a malformed escape") }
            for _ in 0..<count { take() }
            characters.append(contentsOf: String(scalar).utf8)
        default: throw error("a malformed escape: use '…' for a string with backslashes")
        }
    }

    // MARK: Characters

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take() {
        if bytes[position] == 0x0A {
            line += 1
            lineStart = position + 1
        }
        position += 1
    }

    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private mutating func expect(_ character: Unicode.Scalar) throws(DocumentError) {
        skipBlank()
        guard peek == UInt8(ascii: character) else { throw error("expected `\(character)`") }
        take()
    }

    private mutating func skipBlank(acrossLines: Bool = false) {
        while let byte = peek {
            if byte == UInt8(ascii: "#") && (acrossLines || depth == 0) {
                while let byte = peek, byte != 0x0A { _ = byte; take() }
            } else if byte == 0x20 || byte == 0x09 || acrossLines && (byte == 0x0A || byte == 0x0D) {
                take()
            } else {
                return
            }
        }
    }

    private mutating func endOfLine() throws(DocumentError) {
        skipBlank()
        if peek == 0x0D { take() }
        guard let byte = peek else { return }
        guard byte == 0x0A else { throw error("unexpected text after the value") }
        take()
    }

    private func error(_ reason: String) -> DocumentError {
        DocumentError(reason, line: line, column: position - lineStart + 1)
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }
