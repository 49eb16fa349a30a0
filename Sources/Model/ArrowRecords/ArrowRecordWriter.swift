package import Arrow
package import JSONText

/// Writes rows of Arrow's columns as JSON objects. Nothing is allocated for a value.
///
/// | type | JSON |
/// |---|---|
/// | integers, decimals | numbers with all their digits |
/// | floats | the shortest number that is read as the same float; `"NaN"`, `"Infinity"` |
/// | texts | strings, of UTF-8 alone |
/// | bytes | strings of Base64 |
/// | dates, times, timestamps | strings of ISO 8601, with six digits of a second, or with nine if the last three are not zero |
/// | dates outside the years 1 to 9999 | strings with a sign and all digits of the year, such as `-0044-03-15` |
/// | spans and intervals | strings of ISO 8601, such as `P1Y2M3DT4H5M6.5S` |
/// | lists | arrays |
/// | structs | objects |
/// | maps | arrays of pairs of a key and a value, since a key need not be a text, and may occur twice |
package final class ArrowRecordWriter {
    private let plans: [Plan]
    private let tape = JSONTape()

    /// How the values of a column are written.
    private final class Plan {
        let field: ArrowField
        let form: ArrowForm
        /// Comma or brace, the name and a colon.
        let key: [UInt8]
        let children: [Plan]
        /// For the values of a dictionary; nil where there is none.
        let entry: Plan?

        init(_ field: ArrowField, isFirst: Bool) {
            self.field = field
            form = ArrowForm(field)
            var key = [isFirst ? UInt8(ascii: "{") : UInt8(ascii: ",")]
            appendJSONString(field.name, to: &key)
            key.append(UInt8(ascii: ":"))
            self.key = key
            children = field.children.enumerated().map { Plan($1, isFirst: $0 == 0) }
            entry = field.indexType == nil ? nil : Plan(field.withoutDictionary, isFirst: isFirst)
        }
    }

    package init(_ fields: [ArrowField]) { plans = fields.enumerated().map { Plan($1, isFirst: $0 == 0) } }

    /// Appends a row as one JSON object.
    package func write(_ row: Int, of batch: ArrowBatch, to record: ByteBuffer) throws(ArrowError) {
        let columns = batch.columns
        for index in 0..<plans.count {
            let (plan, column) = (plans[index], columns[index])
            record.append(plan.key)
            try write(plan, column, column.first + row, record)
        }
        record.append(plans.isEmpty ? "{}" : "}")
    }

    /// - Parameter place: in the column's buffers.
    private func write(_ plan: Plan, _ column: ArrowColumn, _ place: Int, _ output: ByteBuffer) throws(ArrowError) {
        if column.isNull(at: place) { return output.appendNull() }
        if let entry = plan.entry { return try writeEntry(plan, entry, column, place, output) }
        guard let values = column.values else { return try writeNested(plan, column, place, output) }
        switch plan.field.type {
        case .null, .structure, .fixedList: try writeNested(plan, column, place, output)
        case .bool:
            let byte = values.load(fromByteOffset: place >> 3, as: UInt8.self)
            output.append(json: byte >> UInt8(truncatingIfNeeded: place & 7) & 1 != 0)
        case .int8:
            let value = values.number(place, Int8.self)
            if plan.form == .boolean { output.append(json: value != 0) } else { output.append(number: Int(value)) }
        case .uint8: output.append(number: Int(values.number(place, UInt8.self)))
        case .int16: output.append(number: Int(values.number(place, Int16.self)))
        case .uint16: output.append(number: Int(values.number(place, UInt16.self)))
        case .int32: output.append(number: Int(values.number(place, Int32.self)))
        case .uint32: output.append(number: Int(values.number(place, UInt32.self)))
        case .int64: output.append(number: values.number(place, Int.self))
        case .uint64: output.append(json: values.number(place, UInt64.self))
        case .float16: output.append(json: Float(halfBits: values.number(place, UInt16.self)))
        case .float: output.append(json: values.number(place, Float.self))
        case .double: output.append(json: values.number(place, Double.self))
        case .text(let layout): try writeText(plan, try bytes(plan, column, place, layout), output)
        case .binary(let layout): output.append(binary: try bytes(plan, column, place, layout))
        case .fixedBinary(let count):
            let start = (values + place * count).assumingMemoryBound(to: UInt8.self)
            let bytes = UnsafeBufferPointer(start: start, count: count)
            if plan.form == .uuid { output.append(uuid: bytes) } else { output.append(binary: bytes) }
        case .decimal(_, let scale, let count):
            output.append(decimal: values + place * count, bytes: count, scale: scale)
        case .date32: output.append(anyDate: Int(values.number(place, Int32.self)))
        case .date64: output.append(anyDate: values.number(place, Int.self).flooredParts(86_400_000).quotient)
        case .time(let unit):
            let isShort = unit == .seconds || unit == .milliseconds
            let value = isShort ? Int(values.number(place, Int32.self)) : values.number(place, Int.self)
            output.append(clock: value, unit)
        case .timestamp(let unit, let zone):
            output.append(anyTimestamp: values.number(place, Int.self), unit, isUTC: zone != nil)
        case .duration(let unit): output.append(span: values.number(place, Int.self), unit)
        case .months: output.append(months: Int(values.number(place, Int32.self)), days: 0, nanoseconds: 0)
        case .dayTime:
            let days = Int(values.number(place * 2, Int32.self))
            let milliseconds = Int(values.number(place * 2 + 1, Int32.self))
            output.append(months: 0, days: days, nanoseconds: milliseconds * 1_000_000)
        case .monthDayNano:
            let months = Int(values.number(place * 4, Int32.self))
            let days = Int(values.number(place * 4 + 1, Int32.self))
            output.append(months: months, days: days, nanoseconds: values.number(place * 2 + 1, Int.self))
        case .list(let layout): try writeList(plan, column, try range(plan, column, place, layout), output)
        case .map: try writeList(plan, column, try range(plan, column, place, .small), output)
        }
    }

    private func malformed(_ plan: Plan, _ reason: String) -> ArrowError {
        ArrowError(.malformed, column: plan.field.path, reason)
    }

    // MARK: Values of any length

    private func range(
        _ plan: Plan, _ column: ArrowColumn, _ place: Int, _ layout: ArrowType.Layout
    ) throws(ArrowError) -> Range<Int> {
        guard let values = column.values else { return 0..<0 }
        let (start, end) =
            layout == .large
            ? (values.number(place, Int.self), values.number(place + 1, Int.self))
            : (Int(values.number(place, Int32.self)), Int(values.number(place + 1, Int32.self)))
        guard start >= 0, start <= end, end <= column.bytesEnd else {
            throw malformed(plan, "a value goes from place \(start) to \(end) of \(column.bytesEnd)")
        }
        return start..<end
    }

    private func bytes(
        _ plan: Plan, _ column: ArrowColumn, _ place: Int, _ layout: ArrowType.Layout
    ) throws(ArrowError) -> UnsafeBufferPointer<UInt8> {
        if layout == .views { return try view(plan, column, place) }
        let range = try range(plan, column, place, layout)
        return UnsafeBufferPointer(start: column.bytes.map { $0 + range.lowerBound }, count: range.count)
    }

    /// Sixteen bytes: the length, then the value, or else its first four bytes, the number of a block and the place in it.
    private func view(_ plan: Plan, _ column: ArrowColumn, _ place: Int) throws(ArrowError) -> UnsafeBufferPointer<
        UInt8
    > {
        guard let values = column.values else { return UnsafeBufferPointer(start: nil, count: 0) }
        let start = values + place * 16
        let count = Int(start.loadUnaligned(as: Int32.self))
        guard count >= 0 else { throw malformed(plan, "a value has the length \(count)") }
        if count <= 12 {
            return UnsafeBufferPointer(start: (start + 4).assumingMemoryBound(to: UInt8.self), count: count)
        }
        let block = Int(start.loadUnaligned(fromByteOffset: 8, as: Int32.self))
        let offset = Int(start.loadUnaligned(fromByteOffset: 12, as: Int32.self))
        guard block >= 0, block < column.blockCount, offset >= 0, let sizes = column.blockSizes,
            let blocks = column.blocks, offset + count <= Int(sizes[block]), let bytes = blocks[block]
        else { throw malformed(plan, "a value is in a place that does not exist") }
        return UnsafeBufferPointer(start: (bytes + offset).assumingMemoryBound(to: UInt8.self), count: count)
    }

    private func writeText(
        _ plan: Plan, _ bytes: UnsafeBufferPointer<UInt8>, _ output: ByteBuffer
    ) throws(ArrowError) {
        if let base = bytes.baseAddress, let wrong = firstInvalidUTF8(base, 0, bytes.count) {
            throw ArrowError(.text, column: plan.field.path, "a text is not UTF-8 from its byte \(wrong + 1) on")
        }
        if plan.form == .number, let special = special(bytes) { return output.append(special) }
        if plan.form == .plain || !isJSON(bytes) { return output.append(string: bytes) }
        let isNumber = bytes.first.map { $0 == UInt8(ascii: "-") || $0 &- 0x30 <= 9 } ?? false
        if plan.form == .json || isNumber { output.append(embedded: bytes) } else { output.append(string: bytes) }
    }

    /// The driver of PostgreSQL writes `nan` and `inf`, which other programs spell as JSON's readers expect.
    private func special(_ bytes: UnsafeBufferPointer<UInt8>) -> StaticString? {
        if bytes.elementsEqual("nan".utf8) { return "\"NaN\"" }
        if bytes.elementsEqual("inf".utf8) { return "\"Infinity\"" }
        return bytes.elementsEqual("-inf".utf8) ? "\"-Infinity\"" : nil
    }

    private func isJSON(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        do throws(JSONSyntaxError) { try tape.scan(bytes) } catch { return false }
        tape.shrink()
        return true
    }

    // MARK: Values in values

    /// A value of a dictionary.
    private func writeEntry(
        _ plan: Plan, _ entry: Plan, _ column: ArrowColumn, _ place: Int, _ output: ByteBuffer
    ) throws(ArrowError) {
        guard let values = column.values, let dictionary = column.dictionary else { return output.appendNull() }
        let index: Int? =
            switch plan.field.indexType {
            case .int8?: Int(values.number(place, Int8.self))
            case .uint8?: Int(values.number(place, UInt8.self))
            case .int16?: Int(values.number(place, Int16.self))
            case .uint16?: Int(values.number(place, UInt16.self))
            case .int32?: Int(values.number(place, Int32.self))
            case .uint32?: Int(values.number(place, UInt32.self))
            case .int64?: values.number(place, Int.self)
            case .uint64?: Int(exactly: values.number(place, UInt64.self))
            default: nil
            }
        guard let index, index >= 0, index < dictionary.count else {
            throw malformed(plan, "a value is number \(index ?? -1) of \(dictionary.count) in the dictionary")
        }
        try write(entry, dictionary, dictionary.first + index, output)
    }

    private func writeNested(
        _ plan: Plan, _ column: ArrowColumn, _ place: Int, _ output: ByteBuffer
    ) throws(ArrowError) {
        switch plan.field.type {
        case .structure:
            for index in 0..<plan.children.count {
                let (child, values) = (plan.children[index], column.children[index])
                output.append(child.key)
                try write(child, values, values.first + place, output)
            }
            output.append(plan.children.isEmpty ? "{}" : "}")
        case .fixedList(let count): try writeList(plan, column, place * count..<(place + 1) * count, output)
        default: output.appendNull()
        }
    }

    private func writeList(
        _ plan: Plan, _ column: ArrowColumn, _ range: Range<Int>, _ output: ByteBuffer
    ) throws(ArrowError) {
        let (item, values) = (plan.children[0], column.children[0])
        let isMap = plan.field.type == .map
        output.append(UInt8(ascii: "["))
        for index in range {
            if index > range.lowerBound { output.append(UInt8(ascii: ",")) }
            let place = values.first + index
            guard isMap, !values.isNull(at: place) else {
                try write(item, values, place, output)
                continue
            }
            let (key, value) = (values.children[0], values.children[1])
            output.append(UInt8(ascii: "["))
            try write(item.children[0], key, key.first + place, output)
            output.append(UInt8(ascii: ","))
            try write(item.children[1], value, value.first + place, output)
            output.append(UInt8(ascii: "]"))
        }
        output.append(UInt8(ascii: "]"))
    }
}

extension UnsafeRawPointer {
    /// Buffers should be aligned, and those of some senders are not.
    @inline(__always)
    fileprivate func number<Value: BitwiseCopyable>(_ place: Int, _ type: Value.Type) -> Value {
        loadUnaligned(fromByteOffset: place &* MemoryLayout<Value>.size, as: type)
    }
}
