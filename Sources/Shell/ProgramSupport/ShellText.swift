/// Commands for people to paste.
package enum ShellText {
    /// One word of a command line, in quotes where a shell would read it otherwise.
    package static func word(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte &- 0x30 <= 9 || "-_./:@%+=,".utf8.contains(byte)
            }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    package static func command(_ words: [String]) -> String { words.map { word($0) }.joined(separator: " ") }
}
