import DateTimes
import JSONText

/// A stored cursor value: an end of a range, or the last one seen.
package struct CursorValue: Sendable, Equatable {
    private(set) var kind: CursorToken.Kind
    /// The digits of a number, the characters of any other value.
    private(set) var bytes: [UInt8]
    /// For a time: microseconds since 1970 UTC.
    private(set) var microseconds: Int64 = 0
    /// Whether the value is a JSON number in state and records, not a string.
    private var isJSONNumber: Bool
    /// dlt's mark of a decimal, a datetime or a date from Python: the first character of the string in its state.
    private var mark: Mark?
    /// Whether a datetime is written without its zone.
    private var isNaive = false

    private enum Mark: Unicode.Scalar, Sendable {
        case decimal = "\u{F026}"
        case datetime = "\u{F027}"
        case date = "\u{F028}"
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    init(_ token: CursorToken, isJSONNumber: Bool) {
        kind = token.kind
        bytes = Array(token.bytes)
        microseconds = token.microseconds
        self.isJSONNumber = isJSONNumber
    }

    /// Reads the user's value: a number or a time if it has the form of one, unless `type` decides.
    ///
    /// Nil when it does not have that type.
    package init?(argument: String, as type: CursorType) {
        let isNumber = type == .auto || type == .number ? CursorValue.isNumber(argument) : false
        if type == .number && !isNumber { return nil }
        self.init(characters: Array(argument.utf8), as: isNumber ? .number : type)
        if type == .time && kind != .time { return nil }
        isJSONNumber = isNumber
    }

    /// Reads a value of the state; nil when a cursor cannot have it.
    init?(state: JSONValue?, as type: CursorType) {
        switch state {
        case .number(let digits)?:
            self.init(characters: Array(digits.utf8), as: .number)
            isJSONNumber = true
        case .string(let text)?:
            guard let mark = text.unicodeScalars.first.flatMap(Mark.init(rawValue:)) else {
                // Other marks of dlt: binary values, times of day.
                if let first = text.unicodeScalars.first, "\u{F029}"..."\u{F02D}" ~= first { return nil }
                self.init(characters: Array(text.utf8), as: type)
                return
            }
            let rest = Array(text.unicodeScalars.dropFirst().reduce(into: "") { $0.unicodeScalars.append($1) }.utf8)
            self.init(characters: rest, as: mark == .decimal ? .number : .time)
            self.mark = mark
        default: return nil
        }
    }

    private init(characters: [UInt8], as type: CursorType) {
        let token = characters.withUnsafeBufferPointer { bytes in
            CursorToken(characters: bytes, as: type, readsTimes: true).map { ($0.kind, $0.microseconds) }
        }
        bytes = characters
        kind = token?.0 ?? .text
        microseconds = token?.1 ?? 0
        isJSONNumber = false
    }

    private static func isNumber(_ text: String) -> Bool {
        if case .number? = try? JSONValue(parsing: text) { true } else { false }
    }

    /// Adopts a record's value, in the existing memory.
    mutating func assign(_ token: CursorToken, isJSONNumber: Bool) {
        kind = token.kind
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: token.bytes)
        microseconds = token.microseconds
        self.isJSONNumber = isJSONNumber
    }

    /// In dlt's form for the state, with the mark of a type if the value before it had one.
    var stateValue: JSONValue {
        switch kind == .time || mark == .decimal ? mark : nil {
        case nil: isJSONNumber ? .number(text) : .string(text)
        case .decimal: .string("\u{F026}" + text)
        case .date: .string("\u{F028}" + (CivilDate(utcMicroseconds: microseconds).map(CursorValue.text) ?? text))
        case .datetime:
            // All versions of Python read `+00:00`, only newer ones read `Z`.
            .string("\u{F027}" + CursorValue.timestamp(microseconds).dropLast() + (isNaive ? "" : "+00:00"))
        }
    }

    /// The time that a number means among times. Four digits from the user are a year.
    var timeOfNumber: Int64? {
        bytes.withUnsafeBufferPointer { digits in
            digits.count == 4 && digits.allSatisfy { $0 &- 0x30 <= 9 }
                ? TemporalCoercion.timestamp(text: digits) : CursorToken.time(epoch: digits)
        }
    }

    /// Microseconds since 1970 UTC of a time, or of a number among times; nil for a text.
    package var instant: Int64? {
        switch kind {
        case .time: microseconds
        case .number: timeOfNumber
        case .text: nil
        }
    }

    /// Compares both ends of a range, in any forms: -1, 0, 1, or nil when they cannot be compared.
    func order(to other: CursorValue) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var token = CursorToken(number: bytes, as: .number)
            token.kind = kind
            token.microseconds = microseconds
            return token.order(to: other)
        }
    }

    /// The same value, as dlt keeps values of that type.
    func stored(as form: CursorSettings.StoredForm) -> CursorValue {
        var value = self
        switch (form, kind) {
        case (.datetime, .time), (.naiveDatetime, .time): value.mark = mark ?? .datetime
        case (.date, .time): value.mark = mark ?? .date
        case (.decimal, .number): value.mark = mark ?? .decimal
        default: break
        }
        value.isNaive = form == .naiveDatetime
        return value
    }

    // MARK: Lag

    /// The value at this distance, against the direction of the cursor; nil when its type does not support that.
    func moved(back lag: CursorLag, against function: LastValueFunction) -> CursorValue? {
        switch kind {
        case .text: return nil
        case .number:
            guard let amount = lag.plainNumber,
                let text = DecimalText.difference(self.text, function == .max ? amount : CursorValue.negated(amount))
            else { return nil }
            var moved = self
            moved.bytes = Array(text.utf8)
            return moved
        case .time:
            guard let distance = lag.microseconds(isDate: isDate) else { return nil }
            let (time, overflow) = microseconds.subtractingReportingOverflow(distance * Int64(function.sign))
            guard !overflow, let day = CivilDate(utcMicroseconds: time) else { return nil }
            let text =
                isDate && time % (86_400 * 1_000_000) == 0 ? CursorValue.text(day) : CursorValue.timestamp(time)
            var moved = self
            moved.bytes = Array(text.utf8)
            moved.microseconds = time
            moved.isJSONNumber = false
            return moved
        }
    }

    private static func negated(_ number: String) -> String {
        number.hasPrefix("-") ? String(number.dropFirst()) : "-" + number
    }

    private var isDate: Bool {
        bytes.withUnsafeBufferPointer { if case .date? = parseTemporal($0) { true } else { false } }
    }

    private static func text(_ date: CivilDate) -> String {
        String(unsafeUninitializedCapacity: TemporalWriter.maxCount) {
            guard let output = $0.baseAddress else { return 0 }
            return TemporalWriter.write(date: date, into: output)
        }
    }

    private static func timestamp(_ microseconds: Int64) -> String {
        let text = String(unsafeUninitializedCapacity: TemporalWriter.maxCount) {
            guard let output = $0.baseAddress else { return 0 }
            return TemporalWriter.write(timestamp: microseconds, isUTC: true, into: output)
        }
        return text.hasSuffix(".000000Z") ? text.dropLast(8) + "Z" : text
    }

    /// For messages.
    var described: String {
        switch kind {
        case .number: "the number \(text)"
        case .time: "the time \(text)"
        case .text: "the text \"\(text.prefix(80))\""
        }
    }
}

extension CursorValue {
    /// Whether a text is written like a date, or begins with one, that does not exist: 2026-11-31.
    package static func isBrokenDate(_ text: String) -> Bool {
        let bytes = Array(text.utf8.prefix(11))
        guard bytes.count >= 10, bytes[4] == bytes[7], bytes[4] == UInt8(ascii: "-") || bytes[4] == UInt8(ascii: "/"),
            bytes.count == 10 || bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " ")
        else { return false }
        let digits = [0, 1, 2, 3, 5, 6, 8, 9].map { bytes[$0] &- 0x30 }
        guard digits.allSatisfy({ $0 <= 9 }) else { return false }
        return CursorValue(argument: String(decoding: bytes.prefix(10), as: UTF8.self), as: .time) == nil
    }
}
