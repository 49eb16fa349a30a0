import ArgumentParser

/// A number of bytes, as people write it: `4096`, `64K`, `256M`, `1G`.
package struct ByteSize: ExpressibleByArgument, Sendable, CustomStringConvertible {
    package let bytes: Int

    package init(_ bytes: Int) { self.bytes = bytes }

    package init?(argument: String) {
        var text = argument[...]
        for ending in ["iB", "B", "ib", "b"] where text.hasSuffix(ending) {
            text = text.dropLast(ending.count)
            break
        }
        var unit = 1
        switch text.last {
        case "k", "K": unit = 1 << 10
        case "m", "M": unit = 1 << 20
        case "g", "G": unit = 1 << 30
        default: break
        }
        if unit > 1 { text = text.dropLast() }
        guard let number = Int(text), number > 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        self.bytes = bytes
    }

    package var description: String { bytes % (1 << 20) == 0 ? "\(bytes >> 20)M" : "\(bytes)" }

    package var defaultValueDescription: String { description }
}
