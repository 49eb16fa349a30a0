import DatasetReaders
import LineEditing
import ProgramSupport
import SystemIO

/// What a tab makes of the beginning of a word: a table, a column, a word of SQL, a command, or a format.
struct NameCompletion {
    var catalog: DatasetCatalog?
    /// How a name is written in a query.
    var quote: (String) -> String = { $0 }

    private static let most = 200
    private static let keywords = [
        "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "OFFSET", "JOIN", "LEFT JOIN",
        "INNER JOIN",
        "CROSS JOIN", "ON", "USING", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS NULL", "IS NOT NULL", "AS",
        "WITH",
        "RECURSIVE", "UNION", "UNION ALL", "EXCEPT", "INTERSECT", "VALUES", "EXPLAIN", "DISTINCT", "CASE", "WHEN",
        "THEN",
        "ELSE", "END", "CAST", "EXISTS", "DESC", "ASC", "OVER", "PARTITION BY", "count", "sum", "avg", "min", "max",
        "coalesce", "nullif", "lower", "upper", "trim", "length", "substr", "replace", "round", "abs", "date_trunc",
    ]

    /// - Parameter statement: earlier lines of an unfinished statement, which name tables whose columns are offered first.
    func complete(_ line: String, statement: String) -> LineEditor.Completion {
        let word = NameCompletion.word(line)
        let candidates = candidates(line, word, statement)
        guard let first = candidates.first else { return .nothing }
        let characters = word.unicodeScalars.count
        if candidates.count == 1 { return .replacing(characters: characters, text: first + " ") }
        let common = candidates.dropFirst().reduce(first) { NameCompletion.common($0, $1) }
        if common.unicodeScalars.count > characters { return .replacing(characters: characters, text: common) }
        list(candidates)
        return .listed
    }

    /// What could stand in the place of the word.
    func candidates(_ line: String, _ word: String, _ statement: String) -> [String] {
        let before = line.dropLast(word.count)
        let start = line.drop { $0 == " " }
        if start.hasPrefix("\\") {
            if before.allSatisfy({ $0 == " " }) { return matching(word, PromptCommand.names) }
            let command = start.prefix { $0 != " " }
            if command == "\\format" { return matching(word, QueryFormat.offered.map(\.rawValue)) }
            if command == "\\o" || command == "\\explain" && word.isEmpty { return [] }
            if word.hasPrefix("--") { return matching(word, NameCompletion.options) }
            if command != "\\explain", before.split(separator: " ").count == 1 { return matching(word, tables) }
            return matching(word, columns(mentionedIn: String(line)))
        }
        // A name in quotes or after its table.
        if let point = word.lastIndex(of: ".") {
            let table = word[..<point].drop { $0 == "\"" }
            let columns = catalog?.table(String(table.prefix { $0 != "\"" }))?.columns.map(\.name) ?? []
            return matching(word, columns.map { word[...point] + quoted($0) })
        }
        if word.hasPrefix("\"") {
            return matching(word, (tables + columns(mentionedIn: statement + line)).map(quote))
        }
        let previous = before.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "(" }).last?.lowercased()
        if ["from", "join", "into", "table"].contains(previous ?? "") { return matching(word, tables.map(quoted)) }
        let columns = columns(mentionedIn: statement + line).map(quoted)
        if word.isEmpty { return columns.isEmpty && !statement.isEmpty ? tables.map(quoted) : columns }
        return matching(word, columns + tables.map(quoted) + NameCompletion.keywords)
    }

    private static let options = [
        "--select", "--where", "--order", "--limit", "--group-by", "--agg", "--loads", "--with-parents",
        "--with-children",
        "--join", "--sample", "--seed", "--no-dlt-columns", "--nested", "--describe", "--profile", "--row", "--diff",
        "--count", "--explain", "--print-sql", "--format", "--output", "--max-rows",
    ]

    // MARK: Names

    private var tables: [String] { catalog?.tables.map(\.name) ?? [] }

    /// Of the tables that a text names; of all where it names none.
    private func columns(mentionedIn text: String) -> [String] {
        let words = Set(
            text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { $0.lowercased() })
        let all = catalog?.tables ?? []
        let named = all.filter { words.contains($0.name.lowercased()) }
        var seen: Set<String> = []
        return (named.isEmpty ? all.filter { $0.kind != .system } : named).flatMap { $0.columns.map(\.name) }
            .filter { seen.insert($0).inserted }
    }

    /// In quotes only where it has to be.
    private func quoted(_ name: String) -> String {
        let isPlain =
            !name.isEmpty && !(0x30...0x39 ~= name.utf8.first ?? 0x30)
            && name.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x5F }
        return isPlain && !NameCompletion.reserved.contains(name) ? name : quote(name)
    }

    private static let reserved: Set<String> = [
        "all", "and", "as", "case", "check", "column", "default", "distinct", "else", "end", "for", "from", "group",
        "in",
        "into", "is", "join", "limit", "not", "null", "offset", "on", "or", "order", "primary", "references", "select",
        "table", "then", "to", "union", "unique", "user", "using", "values", "when", "where", "with",
    ]

    private func matching(_ word: String, _ candidates: [String]) -> [String] {
        var seen: Set<String> = []
        let small = word.lowercased()
        return candidates.filter { $0.lowercased().hasPrefix(small) && seen.insert($0).inserted }
    }

    /// The end of a line that a name can be.
    static func word(_ line: String) -> String {
        if let quote = openQuote(line) { return String(line[quote...]) }
        let tail = line.reversed().prefix { !" \t,()=<>+*/;'".contains($0) }
        return String(tail.reversed())
    }

    private static func openQuote(_ line: String) -> String.Index? {
        var open: String.Index?
        for index in line.indices where line[index] == "\"" { open = open == nil ? index : nil }
        return open
    }

    private static func common(_ left: String, _ right: String) -> String {
        String(zip(left, right).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
    }

    // MARK: Showing

    private func list(_ candidates: [String]) {
        let shown = candidates.prefix(Self.most).map { TerminalText.oneLine($0) }
        let width = (shown.map { TerminalText.width($0) }.max() ?? 0) + 2
        let count = max(((Descriptor.standardOutput.terminalColumns ?? 80) - 1) / width, 1)
        var text = "\n"
        for (place, name) in shown.enumerated() {
            let isLast = place % count == count - 1 || place == shown.count - 1
            text += name + (isLast ? "\n" : String(repeating: " ", count: width - TerminalText.width(name)))
        }
        if candidates.count > Self.most { text += "… and \(candidates.count - Self.most) more\n" }
        try? Descriptor.standardOutput.writeAll(text)
    }
}
