import DateTimes
import JSONText

/// What all texts of a column look like.
package struct TextLook {
    enum Look: String, CaseIterable {
        case integer, number, date, timestamp, uuid, json
    }

    private var looks = Look.allCases
    private var hasValues = false

    /// The narrowest that fits all.
    package var name: String? { hasValues ? looks.first?.rawValue : nil }

    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.isEmpty || looks.isEmpty { return }
        hasValues = true
        looks.removeAll { !TextLook.fits(bytes, $0) }
    }

    private static func fits(_ bytes: UnsafeBufferPointer<UInt8>, _ look: Look) -> Bool {
        switch look {
        case .integer: return bytes.count < 20 && Int64(String(decoding: bytes, as: UTF8.self)) != nil
        case .number:
            guard bytes.count < 60, let first = bytes.first, first <= 0x39 else { return false }
            return Double(String(decoding: bytes, as: UTF8.self)) != nil
        case .date: if case .date? = parseTemporal(bytes) { return true } else { return false }
        case .timestamp: if case .timestamp? = parseTemporal(bytes) { return true } else { return false }
        case .uuid:
            guard bytes.count == 36 else { return false }
            return bytes.enumerated().allSatisfy { place, byte in
                [8, 13, 18, 23].contains(place)
                    ? byte == UInt8(ascii: "-") : 0x30...0x39 ~= byte || 0x61...0x66 ~= byte | 0x20
            }
        case .json:
            guard let first = bytes.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
                return false
            }
            return (try? JSONTape().scan(bytes)) != nil
        }
    }
}
