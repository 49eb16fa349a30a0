import DatasetReaders

/// Lines of a prompt, which become statements where a semicolon ends one.
struct StatementBuffer {
    private let rules: SQLScanner.Rules
    private var text = ""

    init(_ rules: SQLScanner.Rules) { self.rules = rules }

    var isEmpty: Bool { SQLScanner.tokens(of: text, rules).isEmpty }

    /// What has been typed of a statement that is not whole yet.
    var rest: String { text }

    mutating func clear() { text = "" }

    /// Takes in a line.
    ///
    /// - Returns: the statements that are whole now, without their semicolons.
    mutating func append(_ line: String) -> [String] {
        text += text.isEmpty ? line : "\n" + line
        let bytes = Array(text.utf8)
        var statements: [String] = []
        var start = 0
        for token in SQLScanner.tokens(of: text, rules)
        where token.kind == .mark && bytes[token.range.lowerBound] == UInt8(ascii: ";") {
            let statement = String(decoding: bytes[start..<token.range.lowerBound], as: UTF8.self)
            if !SQLScanner.tokens(of: statement, rules).isEmpty { statements.append(statement) }
            start = token.range.upperBound
        }
        if start > 0 { text = String(decoding: bytes[start...], as: UTF8.self) }
        if isEmpty, !isInsideComment { text = "" }
        return statements
    }

    /// A comment over several lines has no tokens, but an end that is still to come.
    private var isInsideComment: Bool {
        text.contains("/*") && !SQLScanner.tokens(of: text + "\nx", rules).contains { $0.kind == .word }
    }
}

extension SQLScanner.Rules {
    /// - Parameter database: the name of its kind, as `DestinationKind` has it.
    init(ofKind database: String) {
        self =
            switch database {
            case "postgresql", "postgres": .postgresql
            case "duckdb": .duckdb
            default: .sqlite
            }
    }
}
