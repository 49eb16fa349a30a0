/// The type of a column, as its format says.
/// <https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings>
package enum ArrowType: Sendable, Equatable {
    /// How the lengths of values are laid out: by offsets of four or eight bytes, or in views of sixteen bytes.
    package enum Layout: Sendable, Equatable { case small, large, views }

    /// Parts of a second, by their power of ten.
    package enum Unit: Int, Sendable {
        case seconds = 0
        case milliseconds = 3
        case microseconds = 6
        case nanoseconds = 9
    }

    case null, bool
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64
    case float16, float, double
    case text(Layout)
    case binary(Layout)
    case fixedBinary(bytes: Int)
    case decimal(precision: Int, scale: Int, bytes: Int)
    /// Days since 1970, or milliseconds of which only whole days count.
    case date32, date64
    /// Since midnight; of four bytes up to milliseconds, else of eight.
    case time(Unit)
    /// Since 1970, in UTC where the column has a zone, else as clocks show it.
    case timestamp(Unit, zone: String?)
    case duration(Unit)
    case months, dayTime, monthDayNano
    case list(Layout)
    case fixedList(count: Int)
    case structure
    /// A list of structs of a key and a value.
    case map

    /// Nil for a format that is not in the specification, and for one of a type that has no form here: unions and run ends.
    package init?(format: String) {
        let bytes = Array(format.utf8)
        guard let first = bytes.first else { return nil }
        if bytes.count == 1 {
            guard let simple = Self.simple(first) else { return nil }
            self = simple
            return
        }
        let rest = String(decoding: bytes.dropFirst(2), as: UTF8.self)
        switch (first, bytes[1]) {
        case (UInt8(ascii: "v"), UInt8(ascii: "u")) where rest.isEmpty: self = .text(.views)
        case (UInt8(ascii: "v"), UInt8(ascii: "z")) where rest.isEmpty: self = .binary(.views)
        case (UInt8(ascii: "w"), UInt8(ascii: ":")):
            guard let count = Self.count(rest) else { return nil }
            self = .fixedBinary(bytes: count)
        case (UInt8(ascii: "d"), UInt8(ascii: ":")):
            guard let decimal = Self.decimal(rest) else { return nil }
            self = decimal
        case (UInt8(ascii: "t"), _):
            guard let temporal = Self.temporal(bytes[1], rest) else { return nil }
            self = temporal
        case (UInt8(ascii: "+"), _):
            guard let nested = Self.nested(bytes[1], rest) else { return nil }
            self = nested
        default: return nil
        }
    }

    private static func simple(_ letter: UInt8) -> ArrowType? {
        switch Character(Unicode.Scalar(letter)) {
        case "n": .null
        case "b": .bool
        case "c": .int8
        case "C": .uint8
        case "s": .int16
        case "S": .uint16
        case "i": .int32
        case "I": .uint32
        case "l": .int64
        case "L": .uint64
        case "e": .float16
        case "f": .float
        case "g": .double
        case "u": .text(.small)
        case "U": .text(.large)
        case "z": .binary(.small)
        case "Z": .binary(.large)
        default: nil
        }
    }

    private static func temporal(_ letter: UInt8, _ rest: String) -> ArrowType? {
        guard let detail = rest.first else { return nil }
        switch (Character(Unicode.Scalar(letter)), rest) {
        case ("d", "D"): return .date32
        case ("d", "m"): return .date64
        case ("i", "M"): return .months
        case ("i", "D"): return .dayTime
        case ("i", "n"): return .monthDayNano
        default: break
        }
        guard let unit = unit(detail) else { return nil }
        let tail = rest.dropFirst()
        switch Character(Unicode.Scalar(letter)) {
        case "t" where tail.isEmpty: return .time(unit)
        case "D" where tail.isEmpty: return .duration(unit)
        case "s" where tail.first == ":":
            let zone = String(tail.dropFirst())
            return .timestamp(unit, zone: zone.isEmpty ? nil : zone)
        default: return nil
        }
    }

    private static func unit(_ letter: Character) -> Unit? {
        switch letter {
        case "s": .seconds
        case "m": .milliseconds
        case "u": .microseconds
        case "n": .nanoseconds
        default: nil
        }
    }

    private static func nested(_ letter: UInt8, _ rest: String) -> ArrowType? {
        switch (Character(Unicode.Scalar(letter)), rest) {
        case ("l", ""): return .list(.small)
        case ("L", ""): return .list(.large)
        case ("s", ""): return .structure
        case ("m", ""): return .map
        case ("w", _) where rest.first == ":": return count(String(rest.dropFirst())).map { .fixedList(count: $0) }
        default: return nil
        }
    }

    /// `precision,scale`, then perhaps the number of bits.
    private static func decimal(_ text: String) -> ArrowType? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2 || parts.count == 3, let precision = parts[0], let scale = parts[1] else { return nil }
        let bits = parts.count == 3 ? parts[2] : 128
        // No number of 256 bits has more digits, and a scale beyond that would only write zeros.
        guard let bits, [32, 64, 128, 256].contains(bits), (1...76).contains(precision), abs(scale) <= 1000 else {
            return nil
        }
        return .decimal(precision: precision, scale: scale, bytes: bits / 8)
    }

    private static func count(_ text: String) -> Int? {
        guard let count = Int(text), count >= 0, count <= Int32.max else { return nil }
        return count
    }

    /// The buffers that the specification gives an array of the type, without those that follow the second one of views.
    var bufferCount: Int {
        switch self {
        case .null: 0
        case .structure, .fixedList: 1
        case .text(.small), .text(.large), .binary(.small), .binary(.large): 3
        default: 2
        }
    }

    /// Nil: any number.
    var childCount: Int? {
        switch self {
        case .structure: nil
        case .list, .fixedList, .map: 1
        default: 0
        }
    }

    var isInteger: Bool {
        switch self {
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
        default: false
        }
    }
}
