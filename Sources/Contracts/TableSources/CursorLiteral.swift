import Cursors
import DateTimes
import Failures

/// Values of cursors on their way into SQL, for all dialects.
package enum CursorLiteral {
    /// Whether a number has only digits and perhaps a minus sign.
    package static func isInteger(_ value: String) -> Bool {
        let digits = value.utf8.first == UInt8(ascii: "-") ? value.utf8.dropFirst() : value.utf8[...]
        return (1...18).contains(digits.count) && digits.allSatisfy { 0x30...0x39 ~= $0 }
    }

    /// A moment without its zone, as UTC clocks show it.
    package struct Time: Sendable, Equatable {
        /// Since 1970.
        package let microseconds: Int64

        package init(microseconds: Int64) { self.microseconds = microseconds }

        /// `2026-11-30 08:00:00.000000`
        package var text: String {
            let text = String(unsafeUninitializedCapacity: TemporalWriter.maxCount) {
                guard let output = $0.baseAddress else { return 0 }
                return TemporalWriter.write(timestamp: microseconds, isUTC: false, into: output)
            }
            return text.replacing("T", with: " ")
        }

        /// `2026-11-30`
        package var date: String { String(text.prefix(10)) }

        package var isMidnight: Bool { microseconds % 86_400_000_000 == 0 }
    }

    /// A date or timestamp in any form that a cursor understands, also seconds since 1970.
    package static func time(_ value: String, for column: SourceColumn) throws(TableError) -> Time {
        let parsed =
            CursorValue(argument: value, as: .auto)?.instant ?? CursorValue(argument: value, as: .time)?.instant
        guard let microseconds = parsed else {
            throw TableError(
                .usage,
                "unable to compare \(column.name), a \(column.storedType), with \(value): it is not a date or a timestamp",
                hint: "write it like 2026-11-30 or 2026-11-30T08:00:00Z")
        }
        return Time(microseconds: microseconds)
    }
}
