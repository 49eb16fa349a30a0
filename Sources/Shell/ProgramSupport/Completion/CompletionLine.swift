import SystemIO

/// The command line that a shell wants to complete.
package struct CompletionLine: Sendable {
    private let words: [String]
    private let place: Int
    /// The typed part of the word, as the shell splits it: bash ends a word at a colon.
    package let typed: String

    package init(_ words: [String], _ place: Int, _ typed: String) {
        self.words = words
        self.place = place
        self.typed = typed
    }

    /// The value of an option that is on the line already.
    package func value(of option: String) -> String? {
        if let place = words.firstIndex(of: option), words.indices.contains(place + 1) { return words[place + 1] }
        return words.first { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
    }

    package var dataDirectory: String { DataDirectory.resolve(flag: value(of: "--data-dir")) }

    package var pipeline: String? {
        value(of: "--pipeline") ?? Environment.get("DLT_PIPELINE").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The text before `typed` in the same word, if the shell has split it at a colon: `sqlite:` of `sqlite:///a`.
    package var beginning: String {
        guard place >= 2, words.indices.contains(place - 1), words[place - 1] == ":" else { return "" }
        return words[place - 2] + ":"
    }
}
