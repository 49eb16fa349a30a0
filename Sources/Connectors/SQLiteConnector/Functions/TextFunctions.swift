import Digests
import Patterns
import SQLite
import SystemIO

/// Functions on texts, by characters as the server counts them: Unicode's scalars.
enum TextFunctions {
    static func register(in database: Database) throws(SQLiteError) {
        try registerPieces(in: database)
        try registerPadding(in: database)
        try registerChoices(in: database)
        try registerSearches(in: database)
        try registerCodes(in: database)
    }

    private static func scalars(_ call: FunctionCall, _ index: Int) -> [Unicode.Scalar] {
        Array(call.string(index).unicodeScalars)
    }

    private static func give(_ scalars: some Sequence<Unicode.Scalar>, _ call: FunctionCall) {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        call.give(String(text))
    }

    private static func registerPieces(in database: Database) throws(SQLiteError) {
        // A negative count is that of what is left out.
        try database.register(strict: "left", 2...2) { call in
            let (text, count) = (scalars(call, 0), Int(clamping: call.int64(1)))
            give(count >= 0 ? text.prefix(count) : text.dropLast(min(-max(count, -.max), text.count)), call)
        }
        try database.register(strict: "right", 2...2) { call in
            let (text, count) = (scalars(call, 0), Int(clamping: call.int64(1)))
            give(count >= 0 ? text.suffix(count) : text.dropFirst(min(-max(count, -.max), text.count)), call)
        }
        try database.register(strict: "split_part", 3...3) { call in
            let (text, separator) = (call.string(0), call.string(1))
            let number = Int(clamping: call.int64(2))
            guard number != 0 else { return call.fail("split_part: field position must not be zero") }
            let parts =
                separator.isEmpty
                ? [text]
                : text.unicodeScalars.split(separator: separator.unicodeScalars, omittingEmptySubsequences: false).map {
                    String($0)
                }
            let index = number > 0 ? number - 1 : parts.count + max(number, -.max)
            call.give(parts.indices.contains(index) ? parts[index] : "")
        }
        try database.register(strict: "reverse", 1...1) { give(scalars($0, 0).reversed(), $0) }
        try database.register(strict: "repeat", 2...2) { call in
            let count = Int(clamping: max(call.int64(1), 0))
            guard count <= mostBytes, call.text(0).count * count <= mostBytes else {
                return call.fail("repeat: the result is too long")
            }
            call.give(String(repeating: call.string(0), count: count))
        }
        try database.register(strict: "initcap", 1...1) { call in
            var isInside = false
            let text = call.string(0).map { character in
                defer { isInside = character.isLetter || character.isNumber }
                return isInside ? character.lowercased() : character.uppercased()
            }
            call.give(text.joined())
        }
        // SQLite's own know the letters of ASCII alone.
        try database.register(strict: "lower", 1...1) { $0.give($0.string(0).lowercased()) }
        try database.register(strict: "upper", 1...1) { $0.give($0.string(0).uppercased()) }
        try database.register(strict: "translate", 3...3) { call in
            let (from, to) = (scalars(call, 1), scalars(call, 2))
            give(
                scalars(call, 0).compactMap { scalar in
                    guard let place = from.firstIndex(of: scalar) else { return scalar }
                    return place < to.count ? to[place] : nil
                }, call)
        }
        try database.register(strict: "btrim", 1...2) { call in
            let unwanted = call.count == 2 ? Set(scalars(call, 1)) : [" "]
            let text = scalars(call, 0).drop { unwanted.contains($0) }
            give(text.reversed().drop { unwanted.contains($0) }.reversed(), call)
        }
    }

    private static let mostBytes = 64 << 20

    private static func registerPadding(in database: Database) throws(SQLiteError) {
        func pad(_ name: String, atEnd: Bool) throws(SQLiteError) {
            try database.register(strict: name, 2...3) { call in
                let text = scalars(call, 0)
                let width = Int(clamping: max(call.int64(1), 0))
                guard width <= mostBytes else { return call.fail("\(name): the result is too long") }
                if text.count >= width { return give(text.prefix(width), call) }
                let fill = call.count == 3 ? scalars(call, 2) : [" "]
                if fill.isEmpty { return give(text, call) }
                let padding = (0..<width - text.count).map { fill[$0 % fill.count] }
                give(atEnd ? text + padding : padding + text, call)
            }
        }
        try pad("lpad", atEnd: false)
        try pad("rpad", atEnd: true)
    }

    private static func registerChoices(in database: Database) throws(SQLiteError) {
        try database.register(function: "concat", arguments: -1) { call in
            call.give((0..<call.count).map { call.isNull($0) ? "" : call.string($0) }.joined())
        }
        try database.register(function: "concat_ws", arguments: -1) { call in
            guard call.count > 0, !call.isNull(0) else { return }
            let parts = (1..<max(call.count, 1)).filter { !call.isNull($0) }.map { call.string($0) }
            call.give(parts.joined(separator: call.string(0)))
        }
        func choose(_ name: String, isBetter: @escaping (Value, Value) -> Bool) throws(SQLiteError) {
            try database.register(function: name, arguments: -1) { call in
                var best: (index: Int, value: Value)?
                for index in 0..<call.count where !call.isNull(index) {
                    let value = Value(call, index)
                    if let known = best, !isBetter(value, known.value) { continue }
                    best = (index, value)
                }
                if let best { call.give(argument: best.index) }
            }
        }
        try choose("greatest") { $1 < $0 }
        try choose("least") { $0 < $1 }
        try database.register(function: "num_nulls", arguments: -1) { call in
            call.give(Int64((0..<call.count).count { call.isNull($0) }))
        }
        try database.register(function: "num_nonnulls", arguments: -1) { call in
            call.give(Int64((0..<call.count).count { !call.isNull($0) }))
        }
    }

    /// In SQLite's order: numbers before texts.
    private enum Value: Comparable {
        case integer(Int64)
        case real(Double)
        case text([UInt8])

        init(_ call: FunctionCall, _ index: Int) {
            switch call.type(index) {
            case .integer: self = .integer(call.int64(index))
            case .float: self = .real(call.double(index))
            default: self = .text(Array(call.text(index)))
            }
        }

        static func < (left: Value, right: Value) -> Bool {
            switch (left, right) {
            case (.integer(let left), .integer(let right)): left < right
            case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
            case (.text, _): false
            case (_, .text): true
            default: left.number < right.number
            }
        }

        private var number: Double {
            switch self {
            case .integer(let value): Double(value)
            case .real(let value): value
            case .text: 0
            }
        }
    }

    private static func registerSearches(in database: Database) throws(SQLiteError) {
        try database.register(strict: "strpos", 2...2) { call in
            let (text, part) = (call.string(0).unicodeScalars, call.string(1).unicodeScalars)
            guard !part.isEmpty else { return call.give(Int64(1)) }
            let place = text.firstRange(of: part).map { text.distance(from: text.startIndex, to: $0.lowerBound) + 1 }
            call.give(Int64(place ?? 0))
        }
        try database.register(strict: "starts_with", 2...2) { call in
            call.give(call.text(0).starts(with: Array(call.text(1))) ? Int64(1) : 0)
        }
        let patterns = PatternMemory()
        func search(_ text: Int, _ pattern: Int, _ call: FunctionCall) {
            do throws(Pattern.Malformed) {
                call.give(try patterns.pattern(call.string(pattern)).isFound(in: call.string(text)) ? Int64(1) : 0)
            } catch { call.fail("regular expression: \(error.description)") }
        }
        try database.register(strict: "regexp_like", 2...2) { search(0, 1, $0) }
        try RegularExpressionFunctions.register(in: database)
        // What `text REGEXP pattern` calls.
        try database.register(strict: "regexp", 2...2) { search(1, 0, $0) }
    }

    private static func registerCodes(in database: Database) throws(SQLiteError) {
        try database.register(strict: "md5", 1...1) { $0.give(MD5.hexDigest($0.text(0))) }
        try database.register(strict: "to_hex", 1...1) { call in
            call.give(String(UInt64(bitPattern: call.int64(0)), radix: 16))
        }
        try database.register(strict: "ascii", 1...1) { call in
            call.give(Int64(scalars(call, 0).first?.value ?? 0))
        }
        try database.register(strict: "chr", 1...1) { call in
            guard let code = UInt32(exactly: call.int64(0)), code > 0, let scalar = Unicode.Scalar(code) else {
                return call.fail("chr: there is no character of this number")
            }
            give([scalar], call)
        }
        for name in ["char_length", "character_length"] {
            try database.register(strict: name, 1...1) { $0.give(Int64(scalars($0, 0).count)) }
        }
        try database.register(strict: "octet_length", 1...1) { $0.give(Int64($0.bytes(0).count)) }
        try database.register(function: "gen_random_uuid", arguments: 0, isDeterministic: false) { call in
            var bytes = Entropy.bytes(16)
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            var text = ""
            for (index, byte) in bytes.enumerated() {
                if [4, 6, 8, 10].contains(index) { text += "-" }
                text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
            call.give(text)
        }
    }
}

/// The expression that was used last, ready to search with.
private final class PatternMemory {
    private var known: Pattern?

    func pattern(_ text: String) throws(Pattern.Malformed) -> Pattern {
        if let known, known.text == text { return known }
        let pattern = try Pattern(text)
        known = pattern
        return pattern
    }
}
