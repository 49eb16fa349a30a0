import DateTimes
import Digests
package import JSONText
package import Schemas

/// Converts values to the types of their columns, by dlt's rules, and writes them into the rows of a package.
///
/// The form of a value in a row: text, binary (Base64), timestamp (`2024-01-15T10:00:00.000000Z`, without `Z` when the
/// column has no time zone), date and time as JSON strings; bigint, double, decimal and wei as JSON numbers; bool; json
/// as the JSON value itself.
package final class Coercer {
    package enum Outcome {
        case written
        /// The value has no form in that type but null (`nan`).
        case null
        /// The rules give the value no form in that type: it goes to a variant column.
        case impossible
    }

    private let unescaped = ByteBuffer()
    private let tape = JSONTape()
    /// Five years before and after the start: the range in which the `timestamp` detector recognizes a time.
    private let plausibleSeconds: ClosedRange<Double>

    private static let fiveYears = 5.0 * 31_536_000

    package init(nowSeconds: Double) {
        plausibleSeconds = nowSeconds - Coercer.fiveYears...nowSeconds + Coercer.fiveYears
    }

    // MARK: Inference

    /// The type that a new column gets from a value: that of the first matching detector, or else the value's own.
    package func infer(_ value: Scalar, detections: [Detection]) -> DataType? {
        for detection in detections {
            if let type = detect(detection, value) { return type }
        }
        return value.native
    }

    private func detect(_ detection: Detection, _ value: Scalar) -> DataType? {
        switch (detection, value.native) {
        case (.isoTimestamp, .text):
            guard mayBeTimestamp(value.bytes) || value.hasEscapes else { return nil }
            // A time outside of the years 1 to 9999 in UTC has no form in a timestamp column.
            if case .timestamp(let instant)? = parseTemporal(characters(of: value)), instant.utcMicroseconds != nil {
                return .timestamp
            }
        case (.isoDate, .text):
            if case .date? = parseTemporal(characters(of: value)) { return .date }
        case (.timestamp, .bigint), (.timestamp, .double):
            if let seconds = NumberToken.double(value.bytes), plausibleSeconds ~= seconds { return .timestamp }
        default: break
        }
        return nil
    }

    /// The characters of a string value; valid until the next call.
    package func characters(of value: Scalar) -> UnsafeBufferPointer<UInt8> {
        guard value.hasEscapes else { return value.bytes }
        unescaped.removeAll()
        appendUnescaped(value.bytes, to: unescaped)
        return unescaped.bytes
    }

    // MARK: Unchanged texts

    /// A number as JSON writes it.
    package func isNumber(_ value: Scalar) -> Bool { NumberForm(characters(of: value)) != nil }

    /// `true` or `false`, in any case.
    package func isBoolean(_ value: Scalar) -> Bool {
        let characters = characters(of: value)
        func isWord(_ word: StaticString) -> Bool {
            characters.count == word.utf8CodeUnitCount
                && characters.indices.allSatisfy { characters[$0] | 0x20 == word.utf8Start[$0] }
        }
        return isWord("true") || isWord("false")
    }

    /// A point in time, or a day.
    package func isTimestamp(_ value: Scalar) -> Bool {
        let characters = characters(of: value)
        switch parseTemporal(characters) {
        case .timestamp(let instant)?: return instant.utcMicroseconds != nil
        // Most readers see years and days without separators as numbers.
        case .date?: return characters.count >= 10
        case .time?, nil: return false
        }
    }

    // MARK: Writing

    /// Appends `value` as `type`; nothing is appended unless the outcome is `.written`.
    @inline(__always)
    package func write(_ value: Scalar, as type: DataType, hasTimezone: Bool, to output: ByteBuffer) -> Outcome {
        // The most frequent cases by far: the bytes are the value.
        switch (value.native, type) {
        case (.text, .text):
            output.append(UInt8(ascii: "\""))
            output.append(value.bytes)
            output.append(UInt8(ascii: "\""))
            return .written
        case (.bigint, .bigint), (.bigint, .double), (.double, .double), (.bool, .bool), (.bigint, .decimal),
            (.double, .decimal), (.bigint, .wei), (.double, .wei), (.wei, .wei), (.wei, .decimal), (.wei, .double):
            output.append(value.bytes)
            return .written
        case (nil, _):
            return .null
        default:
            return convert(value, to: type, hasTimezone, output)
        }
    }

    private func convert(_ value: Scalar, to type: DataType, _ hasTimezone: Bool, _ output: ByteBuffer) -> Outcome {
        switch type {
        case .text: return writeText(value, output)
        case .bigint: return writeInteger(value, output)
        case .double: return writeDouble(value, output)
        case .decimal, .wei: return writeDecimal(value, output)
        case .bool: return writeBool(value, output)
        case .binary: return writeBinary(value, output)
        case .json: return writeJSON(value, output)
        case .timestamp: return writeTimestamp(value, hasTimezone, output)
        case .date: return writeDate(value, output)
        case .time:
            guard value.native == .text, let time = TemporalCoercion.time(text: characters(of: value)) else {
                return .impossible
            }
            quoted(output) { TemporalWriter.write(time: time, into: $0) }
            return .written
        }
    }

    private func writeText(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        output.append(UInt8(ascii: "\""))
        switch value.native {
        case .bool: output.append(value.bytes.first == UInt8(ascii: "t") ? "True" : "False")
        case .json:
            let compact = ByteBuffer(capacity: value.bytes.count)
            appendCompact(value.bytes, to: compact)
            var escaped: [UInt8] = []
            appendJSONEscaped(compact.bytes, to: &escaped)
            output.append(escaped)
        default: output.append(value.bytes)
        }
        output.append(UInt8(ascii: "\""))
        return .written
    }

    private func writeInteger(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        switch value.native {
        case .text:
            // Python's int() also accepts signs, leading zeros, underscores and spaces: such texts could not be
            // restored from a number.
            let characters = characters(of: value)
            guard NumberForm(characters)?.isInteger == true, NumberToken.nativeType(ofInteger: characters) == .bigint
            else {
                return .impossible
            }
            output.append(characters)
            return .written
        case .double:
            guard let number = NumberToken.double(value.bytes), let integer = Int64(exactly: number) else {
                return .impossible
            }
            output.append(number: Int(integer))
            return .written
        default: return .impossible
        }
    }

    private func writeDouble(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        guard value.native == .text else { return .impossible }
        let characters = characters(of: value)
        guard let number = NumberForm(characters) else {
            return PythonNumber.isNoNumber(characters) ? .null : .impossible
        }
        guard number.fitsDouble(characters) else { return .impossible }
        output.append(characters)
        return .written
    }

    private func writeDecimal(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        guard value.native == .text, let number = PythonNumber.real(characters(of: value)) else { return .impossible }
        switch number {
        case .token(let token): output.append(token)
        case .notANumber: return .null
        // Every destination reads such a number as infinity or refuses it, as it would with dlt's.
        case .infinity(let isNegative): output.append(isNegative ? "-1e99999" : "1e99999")
        }
        return .written
    }

    private func writeBool(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        let flag: Bool
        switch value.native {
        case .bigint, .double, .wei: flag = !NumberToken.isZero(value.bytes)
        case .text:
            switch String(decoding: characters(of: value), as: UTF8.self).lowercased() {
            case "yes", "true", "t", "y", "1": flag = true
            case "no", "false", "f", "n", "0": flag = false
            default: return .impossible
            }
        default: return .impossible
        }
        output.append(flag ? "true" : "false")
        return .written
    }

    private func writeBinary(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        // Nearly all: the text itself. One that begins with `0x` has hexadecimal digits, whatever else it may be.
        if value.native == .text, !value.hasEscapes, !startsWithHexMark(value.bytes),
            Base64.isCanonical(value.bytes)
        {
            output.append(UInt8(ascii: "\""))
            output.append(value.bytes)
            output.append(UInt8(ascii: "\""))
            return .written
        }
        let bytes: [UInt8]
        switch value.native {
        case .text:
            let text = String(decoding: characters(of: value), as: UTF8.self)
            if text.hasPrefix("0x") {
                guard let decoded = decodeHex(text.dropFirst(2)) else { return .impossible }
                bytes = decoded
            } else {
                guard let decoded = Base64.decode(text) else { return .impossible }
                bytes = decoded
            }
        case .bigint:
            guard let number = NumberToken.int64(value.bytes), number >= 0 else { return .impossible }
            var rest = number
            var little: [UInt8] = []
            while rest > 0 {
                little.append(UInt8(rest & 0xFF))
                rest >>= 8
            }
            bytes = little
        default: return .impossible
        }
        output.append(UInt8(ascii: "\""))
        output.append(Base64.encode(bytes, padding: true))
        output.append(UInt8(ascii: "\""))
        return .written
    }

    private func startsWithHexMark(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.count >= 2 && text[0] == UInt8(ascii: "0") && text[1] == UInt8(ascii: "x")
    }

    private func decodeHex(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }

    private func writeJSON(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        switch value.native {
        case .json: return writeDocument(value.bytes, output)
        case .text: return writeDocument(characters(of: value), output)
        default: return .impossible
        }
    }

    private func writeDocument(_ text: UnsafeBufferPointer<UInt8>, _ output: ByteBuffer) -> Outcome {
        do throws(JSONSyntaxError) { try tape.scan(text) } catch { return .impossible }
        if tape[0].kind == .null { return .null }
        if tape.depth <= JSONTape.recursionDepth, hasDuplicateKeys(text) {
            output.append(JSONValue(tape: tape, index: 0, text: text).serializedBytes())
        } else {
            appendCompact(text, to: output)
        }
        return .written
    }

    /// Whether an object of the scanned document has a repeated key: then, as everywhere, the last value counts.
    private func hasDuplicateKeys(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<tape.count where tape[index].kind == .object && tape[index].count > 1 {
            if tape[index].count <= 16 ? hasEqualPair(index, text) : hasEqualKeys(index, text) { return true }
        }
        return false
    }

    /// For the few keys of an ordinary object: compares their bytes without allocating.
    private func hasEqualPair(_ object: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var key = object + 1
        for left in 0..<Int(tape[object].count) {
            if tape[key].hasEscapes { return hasEqualKeys(object, text) }
            var other = Int(tape[key + 1].next)
            for _ in left + 1..<max(Int(tape[object].count), left + 1) {
                if bytes(key, text).elementsEqual(bytes(other, text)) { return true }
                other = Int(tape[other + 1].next)
            }
            key = Int(tape[key + 1].next)
        }
        return false
    }

    private func hasEqualKeys(_ object: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var keys: Set<ExactString> = []
        var key = object + 1
        for _ in 0..<tape[object].count {
            if !keys.insert(ExactString(tape.string(at: key, in: text))).inserted { return true }
            key = Int(tape[key + 1].next)
        }
        return false
    }

    private func bytes(_ node: Int, _ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(tape[node].start)..<Int(tape[node].end)])
    }

    private func writeTimestamp(_ value: Scalar, _ hasTimezone: Bool, _ output: ByteBuffer) -> Outcome {
        if value.native == .text, writeWholeSeconds(value.bytes, hasTimezone, output) { return .written }
        guard let instant = instant(of: value) else { return .impossible }
        quoted(output) { TemporalWriter.write(timestamp: instant, isUTC: hasTimezone, into: $0) }
        return .written
    }

    /// False, and nothing is written, if the text does not have the most frequent form.
    private func writeWholeSeconds(
        _ text: UnsafeBufferPointer<UInt8>, _ hasTimezone: Bool, _ output: ByteBuffer
    ) -> Bool {
        output.reserve(TemporalWriter.maxCount + 2)
        guard let count = TemporalWriter.write(wholeSeconds: text, isUTC: hasTimezone, into: output.end + 1) else {
            return false
        }
        output.end[0] = UInt8(ascii: "\"")
        output.end[count + 1] = UInt8(ascii: "\"")
        output.advance(by: count + 2)
        return true
    }

    private func instant(of value: Scalar) -> Int64? {
        switch value.native {
        case .text: return TemporalCoercion.timestamp(text: characters(of: value))
        case .bigint: return NumberToken.int64(value.bytes).flatMap { TemporalCoercion.timestamp(epochSeconds: $0) }
        case .double: return NumberToken.double(value.bytes).flatMap { TemporalCoercion.timestamp(epochSeconds: $0) }
        default: return nil
        }
    }

    private func writeDate(_ value: Scalar, _ output: ByteBuffer) -> Outcome {
        let date: CivilDate? =
            value.native == .text
            ? TemporalCoercion.date(text: characters(of: value))
            : instant(of: value).flatMap { CivilDate(utcMicroseconds: $0) }
        guard let date else { return .impossible }
        quoted(output) { TemporalWriter.write(date: date, into: $0) }
        return .written
    }

    @inline(__always)
    private func quoted(_ output: ByteBuffer, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        output.append(UInt8(ascii: "\""))
        output.append(atMost: TemporalWriter.maxCount, body)
        output.append(UInt8(ascii: "\""))
    }
}

/// The detectors that a schema's settings can name. Those for classes that JSON lacks are accepted and find nothing; so
/// is `large_integer`, since a large integer is `wei` or text here anyway.
package enum Detection: String, Sendable {
    case isoTimestamp = "iso_timestamp"
    case isoDate = "iso_date"
    case timestamp
    case largeInteger = "large_integer"
    case hexbytesToText = "hexbytes_to_text"
    case weiToDouble = "wei_to_double"
}

/// Copies JSON text without the white space between its tokens. Does not detect duplicate members: they stay.
package func appendCompact(_ text: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
    var start = 0
    var index = 0
    var inString = false
    while index < text.count {
        let byte = text[index]
        if inString {
            if byte == UInt8(ascii: "\\") {
                index += 1
            } else if byte == UInt8(ascii: "\"") {
                inString = false
            }
        } else if byte == UInt8(ascii: "\"") {
            inString = true
        } else if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            output.append(UnsafeBufferPointer(rebasing: text[start..<index]))
            start = index + 1
        }
        index += 1
    }
    if start < text.count { output.append(UnsafeBufferPointer(rebasing: text[start...])) }
}
