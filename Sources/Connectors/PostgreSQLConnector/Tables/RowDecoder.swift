import DateTimes
import JSONText
import TableSources

/// Turns rows of COPY's binary format into JSON objects. Nothing is allocated for a value.
/// <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.55.9.4.6>
final class RowDecoder {
    enum Result { case row, end, malformed }

    private let names: [String]
    private let keys: UnsafeMutablePointer<UInt8>
    private let keyEnds: UnsafeMutablePointer<Int>
    private let forms: UnsafeMutablePointer<CopiedForm>
    private let count: Int
    /// Bytes of all keys, and of what each column needs at most besides its texts.
    private let fixedBytes: Int
    /// By column: infinite times that were clamped, and numbers that are none.
    private(set) var infinities: [Int]
    private var specials: [Int]

    /// A row of at most this size is written without asking for room at each value.
    private static let smallRow = 1 << 16
    /// The longest value that is neither a text nor a numeric, with its quotes.
    private static let smallValue = 48

    init(_ columns: [SourceColumn]) {
        names = columns.map(\.name)
        count = columns.count
        infinities = Array(repeating: 0, count: columns.count)
        specials = infinities
        var text: [UInt8] = []
        keyEnds = .allocate(capacity: max(count, 1))
        forms = .allocate(capacity: max(count, 1))
        for (index, column) in columns.enumerated() {
            text.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            appendJSONString(column.name, to: &text)
            text.append(UInt8(ascii: ":"))
            (keyEnds + index).initialize(to: text.count)
            (forms + index).initialize(to: column.copiedForm)
        }
        keys = .allocate(capacity: max(text.count, 1))
        keys.initialize(from: text, count: text.count)
        fixedBytes = text.count + columns.count * RowDecoder.smallValue + 16
    }

    deinit {
        keys.deallocate()
        keyEnds.deallocate()
        forms.deallocate()
    }

    /// The size of the header at the beginning of a message; nil if there is none.
    static func headerSize(_ message: UnsafeBufferPointer<UInt8>) -> Int? {
        // `PGCOPY`, and bytes that a conversion of texts would change.
        let expected: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
        guard message.count >= 19, message.prefix(11).elementsEqual(expected), let base = message.baseAddress else {
            return nil
        }
        let extra = Int(UnsafeRawPointer(base + 15).loadUnaligned(as: UInt32.self).bigEndian)
        return message.count >= 19 + extra ? 19 + extra : nil
    }

    /// Appends the row of a message.
    func decode(_ message: UnsafeBufferPointer<UInt8>, into record: ByteBuffer) -> Result {
        guard let base = message.baseAddress, message.count >= 2 else { return .malformed }
        let raw = UnsafeRawPointer(base)
        let fields = Int16(bigEndian: raw.loadUnaligned(as: Int16.self))
        if fields == -1 { return message.count == 2 ? .end : .malformed }
        guard Int(fields) == count else { return .malformed }
        let isSmall = message.count <= RowDecoder.smallRow
        record.reserve(fixedBytes + (isSmall ? message.count &* 6 : 0))
        var output = record.end
        var position = 2
        var keyStart = 0
        for column in 0..<count {
            let keyEnd = keyEnds[column]
            output.update(from: keys + keyStart, count: keyEnd &- keyStart)
            output += keyEnd &- keyStart
            keyStart = keyEnd
            guard position &+ 4 <= message.count else { return .malformed }
            let length = Int(Int32(bigEndian: raw.loadUnaligned(fromByteOffset: position, as: Int32.self)))
            position &+= 4
            if length < 0 {
                output = RowDecoder.put("null", output)
                continue
            }
            guard position &+ length <= message.count else { return .malformed }
            let value = UnsafeBufferPointer(start: base + position, count: length)
            position &+= length
            let form = forms[column]
            if !isSmall || form == .numeric {
                // A numeric of few digits may have many zeros.
                let room = form == .numeric ? BinaryNumeric.room(value) : length > RowDecoder.smallRow ? 0 : length &* 6
                if !isSmall || room > value.count &* 6 &+ RowDecoder.smallValue {
                    record.advance(by: output - record.end)
                    if length > RowDecoder.smallRow, form != .numeric {
                        guard appendLarge(value, form, to: record) else { return .malformed }
                        record.reserve(fixedBytes)
                        output = record.end
                        continue
                    }
                    record.reserve(room + fixedBytes + (isSmall ? message.count &* 6 : 0))
                    output = record.end
                }
            }
            guard let end = write(value, form, column, output) else { return .malformed }
            output = end
        }
        guard position == message.count else { return .malformed }
        if count == 0 {
            output.pointee = UInt8(ascii: "{")
            output += 1
        }
        output.pointee = UInt8(ascii: "}")
        record.advance(by: output + 1 - record.end)
        return .row
    }

    private func appendLarge(_ value: UnsafeBufferPointer<UInt8>, _ form: CopiedForm, to record: ByteBuffer) -> Bool {
        switch form {
        case .text: appendJSONString(value, to: record)
        case .json: record.append(value)
        case .jsonb: record.append(UnsafeBufferPointer(rebasing: value.dropFirst()))
        case .bytea: record.append(binary: value)
        default: return false
        }
        return true
    }

    /// Writes a value that is not NULL; nil when it has not the size of its form.
    @inline(__always)
    private func write(
        _ value: UnsafeBufferPointer<UInt8>, _ form: CopiedForm, _ column: Int, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8>? {
        switch form {
        case .text: return writeJSONString(value, into: output)
        case .int4:
            guard let number: Int32 = RowDecoder.load(value) else { return nil }
            return DecimalDigits.write(Int64(number), into: output)
        case .int8:
            guard let number: Int64 = RowDecoder.load(value) else { return nil }
            return DecimalDigits.write(number, into: output)
        case .int2:
            guard let number: Int16 = RowDecoder.load(value) else { return nil }
            return DecimalDigits.write(Int64(number), into: output)
        case .oid:
            guard let number: UInt32 = RowDecoder.load(value) else { return nil }
            return DecimalDigits.write(Int64(number), into: output)
        case .bool:
            guard value.count == 1 else { return nil }
            return value[0] == 0 ? RowDecoder.put("false", output) : RowDecoder.put("true", output)
        case .float8:
            guard let bits: UInt64 = RowDecoder.load(value) else { return nil }
            let number = Double(bitPattern: bits)
            if !number.isFinite { specials[column] += 1 }
            return JSONNumber.write(number, into: output)
        case .float4:
            guard let bits: UInt32 = RowDecoder.load(value) else { return nil }
            let number = Float(bitPattern: bits)
            if !number.isFinite { specials[column] += 1 }
            return JSONNumber.write(number, into: output)
        case .numeric:
            if BinaryNumeric.isSpecial(value) { specials[column] += 1 }
            return BinaryNumeric.write(value, into: output)
        case .timestamp, .timestamptz:
            guard let time: Int64 = RowDecoder.load(value) else { return nil }
            return write(timestamp: time, isUTC: form == .timestamptz, column, output)
        case .date:
            guard let day: Int32 = RowDecoder.load(value) else { return nil }
            return write(date: day, column, output)
        case .time:
            guard let time: Int64 = RowDecoder.load(value), 0...86_400_000_000 ~= time else { return nil }
            return ServerTimes.write(timeOfDay: time, into: output)
        case .json: return RowDecoder.put(value, output)
        case .jsonb:
            guard value.first == 1 else { return nil }
            return RowDecoder.put(UnsafeBufferPointer(rebasing: value.dropFirst()), output)
        case .bytea:
            output.pointee = UInt8(ascii: "\"")
            let end = BinaryText.write(value, into: output + 1)
            end.pointee = UInt8(ascii: "\"")
            return end + 1
        case .uuid: return value.count == 16 ? RowDecoder.write(uuid: value, output) : nil
        }
    }

    @inline(__always)
    private static func load<Value: FixedWidthInteger>(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
        guard bytes.count == MemoryLayout<Value>.size, let base = bytes.baseAddress else { return nil }
        return Value(bigEndian: UnsafeRawPointer(base).loadUnaligned(as: Value.self))
    }

    @inline(__always)
    private static func put(
        _ text: StaticString, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return output + text.utf8CodeUnitCount
    }

    @inline(__always)
    private static func put(
        _ bytes: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if let base = bytes.baseAddress { output.update(from: base, count: bytes.count) }
        return output + bytes.count
    }

    private static func write(
        uuid bytes: UnsafeBufferPointer<UInt8>, _ start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
        var output = start
        func put(_ byte: UInt8) {
            output.pointee = byte
            output += 1
        }
        put(UInt8(ascii: "\""))
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { put(UInt8(ascii: "-")) }
            put(digit(bytes[index] >> 4))
            put(digit(bytes[index] & 15))
        }
        put(UInt8(ascii: "\""))
        return output
    }

    // MARK: Times

    @inline(__always)
    private func write(
        timestamp time: Int64, isUTC: Bool, _ column: Int, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if time == .max || time == .min {
            infinities[column] += 1
            return ServerTimes.write(
                timestamp: time == .max ? ServerTimes.last : ServerTimes.first, isUTC: isUTC, into: output)
        }
        return ServerTimes.write(timestamp: time, isUTC: isUTC, into: output)
    }

    @inline(__always)
    private func write(
        date day: Int32, _ column: Int, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if day == .max || day == .min {
            infinities[column] += 1
            return RowDecoder.put(day == .max ? "\"9999-12-31\"" : "\"0001-01-01\"", output)
        }
        return ServerTimes.write(date: Int(day) &+ ServerTimes.epochDays, into: output)
    }

    var remarks: [TableRemark] {
        names.indices.flatMap { column in
            TableRemark.infinities(names[column], infinities[column])
                + TableRemark.notNumbers(names[column], specials[column])
        }
    }
}
