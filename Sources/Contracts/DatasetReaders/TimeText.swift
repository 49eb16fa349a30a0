/// Times as a result shows them, whichever database they come from: RFC 3339, with as many digits of a second as there are.
extension [UInt8] {
    /// Takes over a time or a timestamp that a database has written with a space: `2024-01-15 08:00:00.120000+00:00` becomes
    /// `2024-01-15T08:00:00.12Z`. What has another form stays as it is.
    ///
    /// - Parameter isUTC: what has no offset is meant as UTC.
    package mutating func set(time text: UnsafeBufferPointer<UInt8>, isUTC: Bool) {
        removeAll(keepingCapacity: true)
        append(contentsOf: text)
        let isTimestamp = count >= 19 && self[4] == UInt8(ascii: "-") && self[13] == UInt8(ascii: ":")
        guard isTimestamp || count >= 8 && self[2] == UInt8(ascii: ":"), last != UInt8(ascii: "C") else { return }
        var end = isTimestamp ? 19 : 8
        while end < count, self[end] == UInt8(ascii: ".") || 0x30...0x39 ~= self[end] { end += 1 }
        let offset = self[end...]
        let isZero = offset.elementsEqual("+00".utf8) || offset.elementsEqual("+00:00".utf8)
        guard offset.isEmpty || isZero else {
            if isTimestamp { self[10] = UInt8(ascii: "T") }
            return
        }
        removeLast(count - end)
        trimFraction()
        guard isTimestamp else { return }
        self[10] = UInt8(ascii: "T")
        if isZero || isUTC { append(UInt8(ascii: "Z")) }
    }

    /// Takes away the zeros at the end of a fraction, and the point when no digit follows it.
    package mutating func trimFraction() {
        guard contains(UInt8(ascii: ".")) else { return }
        while last == UInt8(ascii: "0") { removeLast() }
        if last == UInt8(ascii: ".") { removeLast() }
    }
}

/// The same for the usual form of a timestamp, without an array.
package enum TimeText {
    /// Bytes that a timestamp takes at most.
    package static let room = 40

    /// - Returns: how many bytes were written; nil for a text of another form.
    package static func write(
        _ text: UnsafeBufferPointer<UInt8>, isUTC: Bool, to room: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard let start = text.baseAddress, 19..<TimeText.room ~= text.count, start[4] == UInt8(ascii: "-"),
            start[10] == UInt8(ascii: " ") || start[10] == UInt8(ascii: "T"), start[13] == UInt8(ascii: ":")
        else { return nil }
        var end = 19
        if end < text.count, start[end] == UInt8(ascii: ".") {
            end += 1
            while end < text.count, 0x30...0x39 ~= start[end] { end += 1 }
        }
        let isZero = isZero(start + end, text.count - end)
        guard end == text.count || isZero else { return nil }
        room.update(from: start, count: end)
        room[10] = UInt8(ascii: "T")
        if end > 19 {
            while room[end - 1] == UInt8(ascii: "0") { end -= 1 }
            if room[end - 1] == UInt8(ascii: ".") { end -= 1 }
        }
        guard isZero || isUTC else { return end }
        room[end] = UInt8(ascii: "Z")
        return end + 1
    }

    /// `+00` and `+00:00`
    private static func isZero(_ offset: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count == 3 || count == 6, offset[0] == UInt8(ascii: "+"), offset[1] == UInt8(ascii: "0"),
            offset[2] == UInt8(ascii: "0")
        else { return false }
        return count == 3
            || offset[3] == UInt8(ascii: ":") && offset[4] == UInt8(ascii: "0") && offset[5] == UInt8(ascii: "0")
    }
}
