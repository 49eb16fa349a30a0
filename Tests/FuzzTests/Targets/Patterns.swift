import Patterns
import SystemIO

extension FuzzTarget {
    /// A regular expression on the first line, what it is searched for in behind it: no pair takes long.
    static let patterns = FuzzTarget(name: "patterns") { bytes in
        var input = FuzzInput(bytes)
        let text = String(decoding: input.line(), as: UTF8.self)
        let began = Clock.processorNanoseconds()
        for dialect in [Pattern.Dialect.ecma, .python] {
            if let pattern = try? Pattern(text, dialect) { _ = pattern.isFound(in: input.text) }
        }
        let seconds = Double(Clock.processorNanoseconds() - began) / 1e9
        try require(seconds < 2 + Double(bytes.count) / 1000, "it took \(seconds) s")
    }
}
