import DateTimes
package import LoadPackages

extension LoadID {
    /// When the package was begun: `2026-11-22 13:10:18` UTC.
    package var time: String { Times.text(microseconds: microseconds) }

    /// The same without seconds, which the load id beside it has.
    package var minute: String { String(time.prefix(16)) }
}

package enum Times {
    package static func text(microseconds: Int64) -> String {
        var buffer: [UInt8] = []
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TemporalWriter.maxCount) { output in
            guard let base = output.baseAddress, Instant.range.contains(microseconds) else { return }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: false, into: base)
            // Seconds are precise enough for people; the load id has microseconds.
            buffer = Array(output[..<min(count, 19)])
        }
        return String(decoding: buffer, as: UTF8.self).replacing("T", with: " ")
    }
}

extension Instant {
    /// The years with four digits, from 1970 on.
    fileprivate static let range: Range<Int64> = 0..<253_402_300_800_000_000
}
