import Digests
import SystemIO

/// The name of a package and of its load: Unix seconds, a point, six digits of microseconds, eighteen digits of
/// identity. Ids order as text. dlt's own, shorter ones order among them.
package struct LoadID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private static let identityDigits = 18

    package let text: String

    package var description: String { text }

    /// Accepts our ids and dlt's: digits, a point, digits.
    package init?(_ text: String) {
        var digits = 0
        var hasPoint = false
        for byte in text.utf8 {
            if byte &- 0x30 <= 9 {
                digits += 1
            } else {
                guard byte == UInt8(ascii: "."), !hasPoint, digits > 0 else { return nil }
                hasPoint = true
                digits = 0
            }
        }
        guard hasPoint, digits > 0 else { return nil }
        self.text = text
    }

    private init(microseconds: Int64, identity: String) {
        let fraction = String(microseconds % 1_000_000)
        text = "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction + identity
    }

    /// The next id: not before the clock, and later than `latest`, whatever the clock says. Later by its time and not
    /// only by its identity, since histories (scd2) take their time from it.
    static func next(after latest: LoadID?, identity: String) -> LoadID {
        let now = Clock.nowMicroseconds()
        return LoadID(microseconds: latest.map { max(now, $0.microseconds + 1) } ?? now, identity: identity)
    }

    /// The time of the id, rounded down; also of dlt's ids, whose fraction has any number of digits.
    package var microseconds: Int64 {
        let parts = text.split(separator: ".")
        let fraction = parts[1].prefix(6)
        let digits = fraction + String(repeating: "0", count: 6 - fraction.count)
        return (Int64(parts[0]) ?? 0) * 1_000_000 + (Int64(digits) ?? 0)
    }

    /// The digits that a run key determines; nil in an id that is not ours.
    package var identity: String? {
        let fraction = text.split(separator: ".")[1]
        return fraction.count == 6 + LoadID.identityDigits ? String(fraction.dropFirst(6)) : nil
    }

    static func randomIdentity() -> String {
        var random = SystemRandomNumberGenerator()
        return digits(random.next())
    }

    /// The identity for a run key: the same key gives the same package.
    package static func identity(runKey: String) -> String {
        let digest = SHA3.digest256("run key\u{0}" + runKey)
        return digits(digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number % 1_000_000_000_000_000_000)
        return String(repeating: "0", count: identityDigits - text.count) + text
    }

    package static func < (left: LoadID, right: LoadID) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
