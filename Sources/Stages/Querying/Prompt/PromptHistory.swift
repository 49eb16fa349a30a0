import DatasetReaders
import Destinations
import Secrets
import SystemIO

/// What was typed at earlier prompts: a file for its owner alone, a statement a line.
struct PromptHistory {
    private let path: String?
    private static let most = 2000

    /// In `XDG_STATE_HOME`, or else `~/.local/state`. <https://specifications.freedesktop.org/basedir-spec/latest/>
    static var user: PromptHistory {
        func folder(_ name: String) -> String? { Environment.get(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let state = folder("XDG_STATE_HOME") ?? folder("HOME").map { Paths.join($0, ".local/state") }
        return PromptHistory(path: state.map { Paths.join($0, "dlt/query_history") })
    }

    init(path: String?) { self.path = path }

    /// The newest last.
    func statements() -> [String] {
        guard let path, let bytes = try? Files.readAll(path) else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(Self.most)
        if lines.count == Self.most { shorten(lines.suffix(Self.most / 2)) }
        return lines.map { PromptHistory.unescaped($0) }
    }

    /// Nothing is lost by a history that cannot be written; so it is not reported.
    func add(_ statement: String) {
        guard let path, PromptHistory.mayKeep(statement) else { return }
        try? Files.makeDirectory(Paths.parent(path), intermediates: true)
        // Created for its owner alone; one line is one write, so that two prompts do not mix theirs.
        guard let file = try? Descriptor.openForAppending(path) else { return }
        try? file.writeAll(PromptHistory.escaped(statement) + "\n")
    }

    /// Whether a statement holds no secret, as far as that can be seen, and was not typed after a space.
    static func mayKeep(_ statement: String) -> Bool {
        guard let first = statement.utf8.first, first != 0x20, first != 0x09 else { return false }
        let words = statement.split { $0.isWhitespace }.map(String.init)
        // URLs with a password, and `password=…` of a command.
        guard words.allSatisfy({ DestinationURL.masked($0) == $0 }), Secrets.masked(arguments: words) == words else {
            return false
        }
        // `password = '…'`
        let text = StatementText(statement, .postgresql)
        for (place, token) in text.tokens.enumerated() where token.kind == .string {
            let before = text.tokens[max(place - 2, 0)..<place].map { text.text($0).filter { $0 != "\"" } }
            if before.contains(where: { isSecret($0) }) { return false }
        }
        return true
    }

    /// Columns of these names are none here, whatever they are in a URL.
    private static func isSecret(_ name: String) -> Bool {
        !["code", "session", "username", "auth"].contains(name.lowercased()) && Secrets.isSecret(name: name)
    }

    private func shorten(_ lines: some Sequence<Substring>) {
        guard let path else { return }
        let temporary = Files.replacementName(of: path)
        do {
            let file = try Descriptor.create(temporary, mode: 0o600, exclusive: true)
            try file.writeAll(lines.joined(separator: "\n") + "\n")
            try Files.rename(temporary, to: path)
        } catch { try? Files.remove(temporary) }
    }

    // MARK: A statement on one line

    private static func escaped(_ statement: String) -> String {
        statement.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\r", with: "")
    }

    private static func unescaped(_ line: Substring) -> String {
        var text = ""
        var isEscape = false
        for scalar in line.unicodeScalars {
            if isEscape {
                text.unicodeScalars.append(scalar == "n" ? "\n" : scalar)
                isEscape = false
            } else if scalar == "\\" {
                isEscape = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
