/// A distance back from the last value: in seconds for times, in days for dates, in their own unit for numbers; or a
/// number with a unit of time, `90s`, `15m`, `6h`, `2d`, `1w`.
package struct CursorLag: Sendable, Equatable {
    private let number: String
    private let microsecondsPerUnit: Int64?

    package init?(_ text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        let unit = text.last.flatMap { units[$0] }
        number = unit == nil ? text : String(text.dropLast())
        microsecondsPerUnit = unit.map { $0 * 1_000_000 }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 &- 0x30 <= 9 } }),
            let value = Double(number), value < 1e12
        else { return nil }
    }

    /// nil when a unit of time was given.
    var plainNumber: String? { microsecondsPerUnit == nil ? number : nil }

    func microseconds(isDate: Bool) -> Int64? {
        let unit = microsecondsPerUnit ?? (isDate ? 86_400_000_000 : 1_000_000)
        guard let value = Double(number) else { return nil }
        let product = value * Double(unit)
        return product < 9e18 ? Int64(product.rounded()) : nil
    }
}
