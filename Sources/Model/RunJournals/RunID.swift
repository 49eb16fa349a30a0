import DateTimes
import Encodings
import SystemIO

/// What the programs of one pipe have in common: `20261201-104205123-9b80c3`, the time in UTC when the first of them began, to the
/// millisecond, and random digits. Ids sort by their text in the order of their times.
package struct RunID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    /// A new id.
    package init(now microseconds: Int64 = Clock.nowMicroseconds()) {
        let digits = JournalTime.text(microseconds).utf8.filter { 0x30...0x39 ~= $0 }
        let time = digits + Array(repeating: 0x30, count: max(0, 17 - digits.count))
        text =
            String(decoding: time[..<8], as: UTF8.self) + "-" + String(decoding: time[8..<17], as: UTF8.self) + "-"
            + Hexadecimal.text(Entropy.bytes(3))
    }

    /// nil for a text that is not an id: it becomes the name of a folder, and comes from other programs.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 25, bytes[8] == UInt8(ascii: "-"), bytes[18] == UInt8(ascii: "-"),
            (bytes[..<8] + bytes[9..<18]).allSatisfy({ 0x30...0x39 ~= $0 }),
            bytes[19...].allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 })
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// When the run began; nil if the digits are not a time.
    package var microseconds: Int64? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int {
            bytes[range].reduce(0) { $0 * 10 + Int($1) - 0x30 }
        }
        guard let date = CivilDate(year: number(0..<4), month: number(4..<6), day: number(6..<8)),
            let time = TimeOfDay(
                hour: number(9..<11), minute: number(11..<13), second: number(13..<15),
                microsecond: number(15..<18) * 1000, offset: 0)
        else { return nil }
        return Instant(date: date, time: time).utcMicroseconds
    }

    /// Random digits, for a choice that should differ between runs.
    var chance: UInt8 { text.utf8.last ?? 0 }

    package static func < (left: RunID, right: RunID) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

/// Times in a journal, as in RFC 3339.
package enum JournalTime {
    package static func text(_ microseconds: Int64) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TemporalWriter.maxCount) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: true, into: base)
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    package static var now: String { text(Clock.nowMicroseconds()) }

    /// nil for a text that is not a time.
    package static func microseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        let value = bytes.withUnsafeBufferPointer { parseTemporal($0) }
        switch value {
        case .timestamp(let instant)?: return instant.utcMicroseconds
        default: return nil
        }
    }
}
