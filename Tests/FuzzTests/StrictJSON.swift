/// RFC 8259 once more, written to be read and not to be fast: what the scanner is compared with.
struct StrictJSON {
    private let bytes: [UInt8]
    private var position = 0

    /// Deeper texts are not judged.
    static let maximumDepth = 500

    /// Whether the bytes are one JSON text; nil when they are nested too deeply to say.
    ///
    /// Stricter than the RFC in one thing: an escaped surrogate needs its other half.
    static func accepts(_ bytes: [UInt8]) -> Bool? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var checker = StrictJSON(bytes: bytes)
        do {
            checker.space()
            try checker.value(0)
            checker.space()
            return checker.position == bytes.count
        } catch { return error == .tooDeep ? nil : false }
    }

    private enum Failure: Error { case malformed, tooDeep }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func space() { while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 } }

    private mutating func value(_ depth: Int) throws(Failure) {
        guard depth < StrictJSON.maximumDepth else { throw .tooDeep }
        for word in ["true", "false", "null"] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return
        }
        if next == UInt8(ascii: "\"") { return try string() }
        if take("[") {
            space()
            if take("]") { return }
            repeat {
                space()
                try value(depth + 1)
                space()
            } while take(",")
            guard take("]") else { throw .malformed }
        } else if take("{") {
            space()
            if take("}") { return }
            repeat {
                space()
                try string()
                space()
                guard take(":") else { throw .malformed }
                space()
                try value(depth + 1)
                space()
            } while take(",")
            guard take("}") else { throw .malformed }
        } else {
            try number()
        }
    }

    private mutating func digits() throws(Failure) {
        guard let byte = next, (0x30...0x39).contains(byte) else { throw .malformed }
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    }

    private mutating func number() throws(Failure) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func string() throws(Failure) {
        guard take("\"") else { throw .malformed }
        while !take("\"") {
            guard let byte = next, byte >= 0x20 else { throw .malformed }
            position += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let kind = next else { throw .malformed }
            position += 1
            if "\"\\/bfnrt".utf8.contains(kind) { continue }
            guard kind == UInt8(ascii: "u") else { throw .malformed }
            let unit = try unit()
            if (0xDC00...0xDFFF).contains(unit) { throw .malformed }
            if (0xD800...0xDBFF).contains(unit) {
                guard take("\\"), take("u"), (0xDC00...0xDFFF).contains(try self.unit()) else { throw .malformed }
            }
        }
    }

    private mutating func unit() throws(Failure) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw .malformed
            }
            unit = unit * 16 + UInt32(digit)
            position += 1
        }
        return unit
    }
}
