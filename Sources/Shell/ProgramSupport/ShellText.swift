import Failures

/// Commands for people to paste.
package enum ShellText {
    /// One word of a command line, in quotes where a shell would read it otherwise.
    package static func word(_ text: String) -> String { ShellWord.quoted(text) }

    package static func command(_ words: [String]) -> String { words.map { word($0) }.joined(separator: " ") }
}
