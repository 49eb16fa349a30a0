import JSONText
import RecordSources
import SystemIO

/// JSON values of any layout: an array of records, one record after another (also over several lines), or one large
/// document that contains the records. Holds only one record at a time.
///
/// Finds the end of a value by its brackets and quotes alone; the one strict parser then decides whether it is JSON.
struct JSONDocumentReader: RecordReader {
    let path: JSONPath?

    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: @escaping RecordTaker) throws
        -> FilePlace?
    {
        let walk = JSONWalk(window, path, skipping: place?.offset == nil ? place?.records ?? 0 : 0, take)
        if let place, let offset = place.offset { return try walk.resume(at: offset, inArray: place.isInArray) }
        return try walk.documents()
    }
}

/// One pass over a window. Everything before the window's first byte has been handled.
private final class JSONWalk {
    private let window: ByteWindow
    private let path: JSONPath?
    private let take: RecordTaker
    private let tape = JSONTape()
    private var toSkip: Int
    /// Whether the path has found anything, even an empty array.
    private var hasMatched = false
    /// Keys of the first document, for a message about a wrong path.
    private var keysSeen: [String] = []
    private var stoppedAt: FilePlace?

    init(
        _ window: ByteWindow, _ path: JSONPath?, skipping: Int,
        _ take: @escaping RecordTaker
    ) {
        self.window = window
        self.path = path
        self.take = take
        toSkip = skipping
    }

    // MARK: Documents

    func resume(at offset: Int64, inArray: Bool) throws -> FilePlace? {
        guard try window.skip(to: offset) else { return nil }
        if inArray, try !elements({ try self.deliver(inArray: true) }) { return stoppedAt }
        return try documents()
    }

    /// One value after another, to the end of the file.
    func documents() throws -> FilePlace? {
        var sawAny = false
        while let byte = try peek() {
            // RFC 7464 writes this before every value.
            if byte == 0x1E {
                window.consume(1)
                continue
            }
            sawAny = true
            let goesOn: Bool
            if path != nil {
                goesOn = try follow(0)
            } else if byte == UInt8(ascii: "[") {
                window.consume(1)
                goesOn = try elements { try self.deliver(inArray: true) }
            } else {
                goesOn = try deliver(inArray: false)
            }
            if !goesOn { return stoppedAt }
        }
        if let path, sawAny, !hasMatched {
            var hint = "write the path from the top of the document, such as `data.items` or `a[*].b`"
            if !keysSeen.isEmpty {
                hint = "the document has " + keysSeen.map { "`\($0)`" }.joined(separator: ", ")
            }
            throw FileSyntaxError(place: .byte(0), reason: "there is nothing at `\(path.text)`", hint: hint)
        }
        return nil
    }

    /// Follows the path from a step on through the next value; false when an offer was refused.
    private func follow(_ step: Int) throws -> Bool {
        guard let path, let byte = try peek() else { return true }
        if step == path.steps.count {
            hasMatched = true
            guard byte == UInt8(ascii: "[") else { return try deliverSelected(byte) }
            window.consume(1)
            return try elements { try self.deliverSelected(try self.peek()) }
        }
        switch (path.steps[step], byte) {
        case (.key(let key), UInt8(ascii: "{")):
            return try members { name in
                if step == 0 { self.remember(name) }
                return name == key ? try self.follow(step + 1) : try self.pass()
            }
        case (.all, UInt8(ascii: "{")):
            hasMatched = true
            return try members { _ in try self.follow(step + 1) }
        case (.all, UInt8(ascii: "[")):
            hasMatched = true
            window.consume(1)
            return try elements { try self.follow(step + 1) }
        case (.index(let index), UInt8(ascii: "[")):
            window.consume(1)
            var position = 0
            return try elements {
                defer { position += 1 }
                return position == index ? try self.follow(step + 1) : try self.pass()
            }
        default:
            // A path that is missing in this document may exist in the next.
            return try pass()
        }
    }

    private func remember(_ key: [UInt8]) {
        let name = String(decoding: key, as: UTF8.self)
        if keysSeen.count < 12, !keysSeen.contains(name) { keysSeen.append(name) }
    }

    /// The elements of an array after its opening bracket, including the closing one.
    private func elements(_ element: () throws -> Bool) throws -> Bool {
        guard let first = try peek() else { throw unfinished("the array is not closed") }
        if first == UInt8(ascii: "]") {
            window.consume(1)
            return true
        }
        while true {
            if try !element() { return false }
            if try separator(or: UInt8(ascii: "]"), in: "array") { return true }
        }
    }

    private func members(_ member: ([UInt8]) throws -> Bool) throws -> Bool {
        window.consume(1)
        guard let first = try peek() else { throw unfinished("the object is not closed") }
        if first == UInt8(ascii: "}") {
            window.consume(1)
            return true
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw unexpected("expected a key in quotes") }
            let name = try key()
            guard try peek() == UInt8(ascii: ":") else { throw unexpected("expected `:` after a key") }
            window.consume(1)
            if try !member(name) { return false }
            if try separator(or: UInt8(ascii: "}"), in: "object") { return true }
        }
    }

    /// Reads the comma between two parts, or the end; true at the end.
    private func separator(or end: UInt8, in container: String) throws -> Bool {
        guard let byte = try peek() else { throw unfinished("the \(container) is not closed") }
        if byte == end {
            window.consume(1)
            return true
        }
        guard byte == UInt8(ascii: ",") else {
            throw unexpected("expected `,` or `\(Character(Unicode.Scalar(end)))` in the \(container)")
        }
        window.consume(1)
        guard try peek() != end else { throw unexpected("a value is missing after `,`") }
        return false
    }

    private func key() throws -> [UInt8] {
        let length = try lengthOfValue()
        let quoted = UnsafeBufferPointer(rebasing: window.bytes[..<length])
        try check(quoted)
        let name = ByteBuffer(capacity: length)
        appendUnescaped(UnsafeBufferPointer(rebasing: quoted[1..<(length - 1)]), to: name)
        window.consume(length)
        return Array(name.bytes)
    }

    // MARK: Values

    /// Offers what the path has found. A null there is how some programs write an empty list, not a record.
    private func deliverSelected(_ first: UInt8?) throws -> Bool {
        if first == UInt8(ascii: "n") {
            let length = try lengthOfValue()
            let value = UnsafeBufferPointer(rebasing: window.bytes[..<length])
            try check(value)
            window.consume(length)
            return true
        }
        return try deliver(inArray: false)
    }

    /// Offers the next value as a record.
    private func deliver(inArray: Bool) throws -> Bool {
        guard try peek() != nil else { throw unfinished("a value is missing") }
        if toSkip > 0 {
            toSkip -= 1
            return try pass()
        }
        let length = try lengthOfValue()
        let value = UnsafeBufferPointer(rebasing: window.bytes[..<length])
        try check(value)
        guard try take(value, 0) else {
            stoppedAt = FilePlace(offset: path == nil ? window.offset : nil, isInArray: path == nil && inArray)
            return false
        }
        window.consume(length)
        return true
    }

    /// The parser needs several times the memory of its text, so values larger than any row are left to the next stage,
    /// which knows its limits.
    private static let largestChecked = 8 << 20

    private func check(_ value: UnsafeBufferPointer<UInt8>) throws {
        guard value.count <= Self.largestChecked else { return }
        do throws(JSONSyntaxError) { try tape.scan(value) } catch {
            throw FileSyntaxError(place: .byte(window.offset + Int64(error.offset)), reason: error.reason.rawValue)
        }
    }

    /// Finds the end of the value at the window's first byte and keeps the whole value in the window.
    private func lengthOfValue() throws -> Int {
        var finder = ValueEnd()
        while true {
            if let end = finder.advance(window.bytes) { return end }
            if try !window.fill() {
                if finder.isScalar, finder.seen > 0 { return finder.seen }
                throw unfinished("the file ends inside a value")
            }
        }
    }

    /// Skips the next value, however large, without holding it.
    private func pass() throws -> Bool {
        guard try peek() != nil else { throw unfinished("a value is missing") }
        var finder = ValueEnd()
        while true {
            if let end = finder.advance(window.bytes) {
                window.consume(end)
                return true
            }
            window.consume(window.bytes.count)
            finder.forget()
            if try !window.fill() {
                if finder.isScalar { return true }
                throw unfinished("the file ends inside a value")
            }
        }
    }

    /// The next byte that is not white space, which becomes the window's first; nil at the end.
    private func peek() throws -> UInt8? {
        while true {
            let bytes = window.bytes
            let start = skipWhitespace(bytes, 0)
            window.consume(start)
            if start < bytes.count { return bytes[start] }
            if try !window.fill() { return nil }
        }
    }

    private func unexpected(_ reason: String) -> FileSyntaxError {
        FileSyntaxError(place: .byte(window.offset), reason: reason)
    }

    private func unfinished(_ reason: String) -> FileSyntaxError {
        FileSyntaxError(
            place: .byte(window.offset), reason: reason, hint: "the file is incomplete: fetch or write it again")
    }
}

/// Finds the end of a value, over as many parts as it takes.
struct ValueEnd {
    /// The text begins with a value that ends in it.
    static func isWhole(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var finder = ValueEnd()
        return finder.advance(text) != nil
    }

    /// The bytes of the value examined so far, as far as they are still in the window.
    private(set) var seen = 0
    private(set) var isScalar = false
    private var hasBegun = false
    private var isLongerThanNothing = false
    private var depth = 0
    private var isInString = false
    /// Whether the last byte of the previous part escapes the next one.
    private var isEscaped = false

    /// The window has dropped all bytes examined so far.
    mutating func forget() { seen = 0 }

    /// Continues after the examined bytes; the offset after the value's end, or nil when these bytes do not contain it.
    mutating func advance(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard seen < bytes.count else { return nil }
        if !hasBegun {
            hasBegun = true
            switch bytes[0] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth = 1
                seen = 1
            case UInt8(ascii: "\""):
                isInString = true
                seen = 1
            default: isScalar = true
            }
        }
        return isScalar ? endOfScalar(bytes) : endOfContainer(bytes)
    }

    private mutating func endOfScalar(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var position = seen
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""):
                // A stray comma or bracket counts as a value; otherwise the reader would never get past it.
                return position > 0 || isLongerThanNothing ? position : 1
            default:
                isLongerThanNothing = true
                position += 1
            }
        }
        seen = position
        return nil
    }

    private mutating func endOfContainer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        var position = seen
        if isEscaped && position < count {
            isEscaped = false
            position += 1
        }
        while position < count {
            if isInString {
                position = ValueEnd.endOfPlain(base, position, count)
                guard position < count else { break }
                if base[position] == UInt8(ascii: "\\") {
                    position += 2
                    continue
                }
                position += 1
                isInString = false
                if depth == 0 { return position }
                continue
            }
            // Between strings there is little but punctuation and digits.
            switch base[position] {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return position + 1 }
            default: break
            }
            position += 1
        }
        isEscaped = position > count
        seen = count
        return nil
    }

    /// The next quote or backslash, or the end of the bytes.
    @inline(__always)
    private static func endOfPlain(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var position = start
        while count &- position >= ByteMarks.size {
            let word = ByteMarks.word(base, at: position)
            let marks =
                ByteMarks.equal(to: UInt8(ascii: "\""), in: word) | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
            if marks != 0 { return position &+ ByteMarks.count(before: marks) }
            position &+= ByteMarks.size
        }
        while position < count, base[position] != UInt8(ascii: "\""), base[position] != UInt8(ascii: "\\") {
            position &+= 1
        }
        return position
    }
}
