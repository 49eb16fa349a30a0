import ArgumentParser
import Glibc

/// Which of the offered streams, and which of their columns, a run reads.
struct StreamSelection: Equatable {
    struct Rule: Equatable {
        /// A shell pattern.
        let pattern: String
        let isExclusion: Bool
    }

    let rules: [Rule]

    /// - Parameter texts: patterns of names, those of exclusions after a `!`.
    init(_ texts: [String]) throws {
        rules = try texts.map { text in
            let isExclusion = text.hasPrefix("!")
            let pattern = isExclusion ? String(text.dropFirst()) : text
            if pattern.isEmpty {
                throw ValidationError("'--select \(text)': name a stream, such as users or 'sales-*'.")
            }
            return Rule(pattern: pattern, isExclusion: isExclusion)
        }
    }

    var isEmpty: Bool { rules.isEmpty }

    /// Whether a stream with one of these names is selected: the last rule about it decides, and without any rule it is if there
    /// are only exclusions.
    func takes(_ names: [String]) -> Bool {
        let decisive = rules.last { rule in names.contains { StreamSelection.matches($0, rule.pattern) } }
        if let decisive { return !decisive.isExclusion }
        return rules.allSatisfy { $0.isExclusion }
    }

    /// The first inclusion that matches no stream; it is probably misspelled.
    func unmatched(_ streams: [[String]]) -> String? {
        rules.first { rule in
            !rule.isExclusion && !streams.contains { $0.contains { StreamSelection.matches($0, rule.pattern) } }
        }?.pattern
    }

    static func matches(_ name: String, _ pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
}
