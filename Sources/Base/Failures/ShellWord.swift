/// Words of commands in hints: a command pasted into a shell must mean what the hint says.
package enum ShellWord {
    /// A word as a shell reads it back: unchanged if no character is special to a shell, else in single quotes.
    package static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "%+,-./:=@_".utf8.contains(byte) || byte >= 0x80
                }
            }
        if isPlain { return word }
        // By bytes: a combining mark after a quote makes another character of it.
        let parts = word.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        return "'" + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "'\\''") + "'"
    }

    /// A command line of such words.
    package static func command(_ words: [String]) -> String { words.map { quoted($0) }.joined(separator: " ") }
}
