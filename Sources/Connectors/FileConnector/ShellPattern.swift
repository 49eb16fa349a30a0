import Glibc

/// Matches a shell pattern against one name.
enum ShellPattern {
    static func matches(_ name: String, _ pattern: String) -> Bool {
        alternatives(pattern).contains { fnmatch($0, name, FNM_PERIOD) == 0 }
    }

    /// fnmatch(3) does not know `{a,b}`, so each alternative becomes a pattern of its own.
    static func alternatives(_ pattern: String) -> [String] {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}") else {
            return [pattern]
        }
        let before = pattern[..<open]
        let after = pattern[pattern.index(after: close)...]
        return pattern[pattern.index(after: open)..<close].split(separator: ",", omittingEmptySubsequences: false)
            .flatMap { alternatives("\(before)\($0)\(after)") }
    }
}
