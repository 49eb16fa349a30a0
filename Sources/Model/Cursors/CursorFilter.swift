import Coercion
package import JSONText

/// Lets the wanted records of one resource pass, and keeps what the state should remember of them: dlt's incremental
/// loading, record by record.
///
/// A record is scanned once, its values are compared in place, and nothing is allocated for it. Only the records at the
/// last value are kept, as digests, so that the next run recognizes them.
package final class CursorFilter {
    package enum Verdict: Sendable {
        case deliver
        /// Delivered before, or outside of the range.
        case drop
        /// Neither this record nor a later one is wanted.
        case end
    }

    /// Records that come one after another. A resource may have several such sequences side by side, and each keeps its
    /// own order.
    package struct Sequence {
        /// The value of the previous record, to check the order.
        fileprivate var previous: CursorValue?

        package init() {}
    }

    package let settings: CursorSettings
    private let resource: String
    private let key: [[UInt8]]
    private let remembersBoundary: Bool
    // The settings that each record needs.
    private let steps: [JSONPath.Step]
    private let sign: Int
    private let rowOrder: RowOrder?
    private let startIsOpen: Bool
    private let endIsOpen: Bool
    private let type: CursorType
    private let tape = JSONTape()
    /// The characters of a cursor value that was written with escapes; a token points here.
    private let characters = ByteBuffer()
    /// The bytes to be hashed.
    private let content = ByteBuffer()

    private let initial: CursorValue?
    /// The last value when this run began, which differs from `start` when there is a lag.
    private let lastBefore: CursorValue?
    private let start: CursorValue?
    private let end: CursorValue?
    private let hashesBefore: Set<BoundaryHash>
    private let startBefore: JSONValue

    private var last: CursorValue?
    /// The sequence of a resource that has only one.
    private var sequence = Sequence()
    private var boundary: BoundaryRecords
    private var deliveredAny = false
    private var records = 0
    /// Whether texts in the form of a time are times, as the first values were.
    private var readsTimes = true
    private var isDecided: Bool
    /// A value of the kind that all records must have, once there is one: the last value, or that of the first record.
    private var example: CursorValue?

    /// - Parameters:
    ///   - remembered: the state of the cursor: `initial_value`, `last_value`, `unique_hashes`, `start_value`.
    ///   - primaryKey: the key of the resource; it identifies the records at the boundary unless the settings name
    ///     another key.
    package init(
        _ settings: CursorSettings, resource: String, remembered: JSONValue?, primaryKey: [String]?
    ) throws(CursorError) {
        self.settings = settings
        self.resource = resource
        key = (settings.boundaryKey ?? primaryKey ?? []).map { Array($0.utf8) }
        remembersBoundary = settings.remembersBoundary
        steps = settings.path.steps
        sign = settings.function.sign
        rowOrder = settings.rowOrder
        startIsOpen = settings.rangeStart == .open
        endIsOpen = settings.rangeEnd == .open
        type = settings.type
        let remembered = settings.window == nil ? remembered : nil
        let began = try CursorFilter.value(of: "initial_value", in: remembered, settings, resource)
        var initial = settings.window?.from ?? settings.initial ?? began
        if let form = settings.storedForm { initial = initial?.stored(as: form) }
        var last = try CursorFilter.value(of: "last_value", in: remembered, settings, resource)
        if let form = settings.storedForm { last = last?.stored(as: form) }
        self.initial = initial
        lastBefore = last ?? initial
        self.last = last ?? initial
        end = settings.window?.to
        start = try CursorFilter.start(settings, resource, last: last, initial: initial)
        startBefore = remembered?["start_value"] ?? .null
        let hashes = remembersBoundary ? remembered?["unique_hashes"]?.arrayValue ?? [] : []
        hashesBefore = Set(hashes.compactMap { $0.stringValue.flatMap { BoundaryHash($0) } })
        boundary = BoundaryRecords(hashesBefore)
        isDecided = lastBefore != nil
        readsTimes = lastBefore?.kind != .text
        // A value that the user wrote as the start of a first run says nothing about the values in records.
        if settings.type == .auto, remembered?["last_value"] != remembered?["initial_value"] { example = last }
    }

    private static func value(
        of key: String, in remembered: JSONValue?, _ settings: CursorSettings, _ resource: String
    ) throws(CursorError) -> CursorValue? {
        guard let state = remembered?[key], !state.isNull else { return nil }
        if let value = CursorValue(state: state, as: settings.type) { return value }
        throw CursorError(
            "unable to go on from \(key) \(state.serialized()) of cursor \(settings.path.text) of \(resource): it is not a "
                + "number, a time or a text",
            hint:
                "the state of a custom last_value_func cannot be continued; `dlt-state reset --resource \(resource)` starts over"
        )
    }

    private static func start(
        _ settings: CursorSettings, _ resource: String, last: CursorValue?, initial: CursorValue?
    ) throws(CursorError) -> CursorValue? {
        guard let last else { return initial }
        guard let lag = settings.lag else { return last }
        guard let start = last.moved(back: lag, against: settings.function) else {
            throw CursorError(
                "unable to go back from \(last.described), the last value of \(settings.path.text) in \(resource)",
                hint:
                    "--lag goes back from numbers by a number, and from times and dates by a number or a duration such as 2d"
            )
        }
        if let initial, let order = start.order(to: initial), order * settings.function.sign < 0 { return initial }
        return start
    }

    /// The range that a source may use to leave out records itself.
    package var range: CursorRange {
        CursorRange(
            path: settings.path.text, field: column, function: settings.function, type: settings.type,
            lastValue: lastBefore?.text, start: start?.text,
            end: end?.text, startBound: settings.rangeStart, endBound: settings.rangeEnd,
            rowOrder: settings.rowOrder, onMissing: settings.onMissing)
    }

    /// The field of the record that is the cursor, if it is a single one.
    package var column: String? {
        if settings.path.steps.count == 1, case .key(let name) = settings.path.steps[0] {
            String(decoding: name, as: UTF8.self)
        } else {
            nil
        }
    }

    // MARK: Records

    /// Decides about one record. A value that is not a JSON object passes: the next stage reports it.
    package func judge(_ record: UnsafeBufferPointer<UInt8>) throws(CursorError) -> Verdict {
        try judge(record, in: &sequence)
    }

    /// The same within one of several sequences; `end` concerns this one.
    package func judge(
        _ record: UnsafeBufferPointer<UInt8>, in sequence: inout Sequence
    ) throws(CursorError) -> Verdict {
        records += 1
        do throws(JSONSyntaxError) { try tape.scan(record) } catch { return .deliver }
        defer { if tape.footprint > 64 << 20 { tape.shrink() } }
        guard tape[0].kind == .object else { return .deliver }
        let node = tape.first(steps, in: record)
        guard let node, tape[node].kind != .null else { return try judgeMissing(isNull: node != nil) }
        let token = try token(node, record)
        let isNumber = tape[node].kind != .string

        if let end {
            let place = try order(token, end) * sign
            if place > 0 || place == 0 && endIsOpen {
                return rowOrder == .asc ? .end : .drop
            }
        }
        let advance = try last.map { value throws(CursorError) in try order(token, value) * sign } ?? 1
        if advance > 0 {
            if last == nil || !isDecided { decide(token) }
            try checkOrder(token, isNumber, &sequence)
            set(&last, token, isNumber)
            if remembersBoundary { boundary.restart(with: record) }
            deliveredAny = true
            return .deliver
        }
        if let start {
            let place = try order(token, start) * sign
            if place < 0 { return rowOrder == .desc ? .end : .drop }
            if place == 0 {
                if startIsOpen { return .drop }
                if !hashesBefore.isEmpty, try hashesBefore.contains(hash(record)) { return .drop }
            }
        }
        try checkOrder(token, isNumber, &sequence)
        if advance == 0, remembersBoundary {
            try boundary.add(record) { (record) throws(CursorError) in
                // Some of them were scanned a while ago.
                do throws(JSONSyntaxError) { try tape.scan(record) } catch { return nil }
                return try hash(record)
            }
        }
        deliveredAny = true
        return .deliver
    }

    private func judgeMissing(isNull: Bool) throws(CursorError) -> Verdict {
        switch settings.onMissing {
        case .include:
            deliveredAny = true
            return .deliver
        case .exclude: return .drop
        case .raise:
            throw CursorError(
                "unable to place \(place): \(isNull ? "it is null" : "the record has no such field")",
                hint:
                    "check the path, which names a member of the JSON, not a column; --on-missing include or exclude "
                    + "decides about such records")
        }
    }

    private func token(_ index: Int, _ record: UnsafeBufferPointer<UInt8>) throws(CursorError) -> CursorToken {
        let token = try read(index, record)
        if token.kind != example?.kind { try settleKind(token, isNumber: tape[index].kind != .string) }
        return token
    }

    /// The first record's value decides the kind of the others. A time among numbers would be the greatest of all, and
    /// every later number would be read as a second of 1970.
    private func settleKind(_ token: CursorToken, isNumber: Bool) throws(CursorError) {
        if let example {
            throw mismatch(
                expected: "\(example.kind.described), as \(example.text.prefix(80)) is",
                got: "the \(token.kind) \(CursorFilter.excerpt(token.bytes))")
        }
        example = CursorValue(token, isJSONNumber: isNumber)
        if token.kind == .text { readsTimes = false }
    }

    private func read(_ index: Int, _ record: UnsafeBufferPointer<UInt8>) throws(CursorError) -> CursorToken {
        let node = tape[index]
        let bytes = UnsafeBufferPointer(rebasing: record[Int(node.start)..<Int(node.end)])
        switch node.kind {
        case .integer, .real:
            if type != .text { return CursorToken(number: bytes, as: type) }
            throw mismatch(expected: "a text", got: "the number \(CursorFilter.excerpt(bytes))")
        case .string:
            var text = bytes
            if node.hasEscapes {
                characters.removeAll(keeping: 1 << 16)
                appendUnescaped(bytes, to: characters)
                text = characters.bytes
            }
            if let token = CursorToken(characters: text, as: type, readsTimes: readsTimes) { return token }
            throw mismatch(
                expected: type == .number ? "a number" : "a time",
                got: "the text \"\(CursorFilter.excerpt(text))\"")
        default:
            throw mismatch(
                expected: last.map(\.described) ?? "a number, a time or a text", got: CursorFilter.excerpt(bytes))
        }
    }

    private static func excerpt(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        bytes.count > 80
            ? String(decoding: bytes.prefix(80), as: UTF8.self) + "…" : String(decoding: bytes, as: UTF8.self)
    }

    @inline(__always)
    private func order(_ token: CursorToken, _ value: CursorValue) throws(CursorError) -> Int {
        guard let order = token.order(to: value) else {
            throw mismatch(
                expected: "something to compare with \(value.described)",
                got: "the \(token.kind) \"\(CursorFilter.excerpt(token.bytes))\"")
        }
        return order
    }

    /// The very first value decides whether texts that look like times are times.
    private func decide(_ token: CursorToken) {
        isDecided = true
        if token.kind == .text { readsTimes = false }
    }

    private func checkOrder(
        _ token: CursorToken, _ isNumber: Bool, _ sequence: inout Sequence
    ) throws(CursorError) {
        guard let rowOrder else { return }
        if let previous = sequence.previous {
            let step = try order(token, previous) * sign
            if rowOrder == .asc ? step < 0 : step > 0 {
                throw CursorError(
                    "unable to place \(place): \(CursorFilter.excerpt(token.bytes)) follows \(previous.text), contrary to "
                        + "--row-order \(rowOrder.rawValue)",
                    hint: "sort the source, or leave --row-order out")
            }
            if step == 0 { return }
        }
        set(&sequence.previous, token, isNumber)
    }

    private func set(_ value: inout CursorValue?, _ token: CursorToken, _ isNumber: Bool) {
        if value == nil {
            let first = CursorValue(token, isJSONNumber: isNumber)
            value = settings.storedForm.map { first.stored(as: $0) } ?? first
        } else {
            value?.assign(token, isJSONNumber: isNumber)
        }
    }

    private var place: String { "record \(records) of \(resource) by its cursor \(settings.path.text)" }

    private func mismatch(expected: String, got: String) -> CursorError {
        CursorError(
            "unable to place \(place): expected \(expected), got \(got)",
            hint: "correct the source, or state with --cursor-type whether values are numbers, times or texts; "
                + "`dlt-state reset --resource \(resource)` starts over")
    }

    // MARK: The boundary

    /// The identity of a record on the tape: its key, or else all its contents.
    private func hash(_ record: UnsafeBufferPointer<UInt8>) throws(CursorError) -> BoundaryHash {
        guard tape.depth <= JSONTape.recursionDepth else {
            throw CursorError(
                "unable to remember record \(records) of \(resource): it is nested too deeply",
                hint: "name a key with --boundary-key or --primary-key")
        }
        content.removeAll(keeping: 1 << 16)
        let canonical = CanonicalJSON(tape: tape, text: record)
        let forms = settings.columnForms
        guard !key.isEmpty else {
            canonical.append(
                0, to: content,
                writing: { name, value in forms[name]?.append(value, of: canonical, to: content) ?? false })
            return BoundaryHash(of: content.bytes)
        }
        let isList = key.count > 1 || settings.hashesKeyAsList
        if isList { content.append(UInt8(ascii: "[")) }
        for (place, name) in key.enumerated() {
            if place > 0 { content.append(UInt8(ascii: ",")) }
            guard let value = tape.member(name, of: 0, in: record) else {
                let text = String(decoding: name, as: UTF8.self)
                throw CursorError(
                    "unable to remember record \(records) of \(resource): it has no field \(text) of its key",
                    hint: "spell the key as in the JSON, with --boundary-key if it differs from the column's name")
            }
            let form = forms.isEmpty ? nil : forms[String(decoding: name, as: UTF8.self)]
            if form?.append(value, of: canonical, to: content) != true { canonical.append(value, to: content) }
        }
        if isList { content.append(UInt8(ascii: "]")) }
        return BoundaryHash(of: content.bytes)
    }

    // MARK: What is remembered

    /// What the state should keep of the cursor; nil for a window, which leaves no trace.
    package func memory() throws(CursorError) -> JSONValue? {
        guard settings.window == nil else { return nil }
        try boundary.settle { (record) throws(CursorError) in
            do throws(JSONSyntaxError) { try tape.scan(record) } catch { return nil }
            return try hash(record)
        }
        return [
            "initial_value": initial?.stateValue ?? .null, "last_value": last?.stateValue ?? .null,
            "unique_hashes": .strings(remembersBoundary ? boundary.hashes.map(\.text).sorted() : []),
            "start_value": deliveredAny || startBefore.isNull ? lastBefore?.stateValue ?? .null : startBefore,
        ]
    }

    /// The number of records that the next run will have to recognize.
    package var boundaryCount: Int { boundary.hashes.count }
}
