import DatasetReaders
import Failures
import ProgramSupport

/// What is said of a query that the database refuses: where, and what was probably meant.
struct QueryAdvice {
    private let session: any ReadingSession
    private let sql: String

    init(_ session: any ReadingSession, _ sql: String) {
        self.session = session
        self.sql = sql
    }

    func explained(_ error: QueryFailure) -> any Error {
        guard error.kind == .data else { return error }
        var message = error.message
        if let place = (error.offset ?? placeOfMissing(error.message)).flatMap({ TextPlace($0, in: sql) }) {
            message += " (\(place))"
        }
        let hint = error.isRefusal ? error.hint : suggestion(error.message) ?? error.hint
        return ProgramError(ExitStatus(error.kind), message, hint: hint)
    }

    /// Where the name stands that is missing, for a database that does not say it.
    private func placeOfMissing(_ message: String) -> Int? {
        guard let name = MissingName(message)?.name.lowercased() else { return nil }
        let text = StatementText(sql, .sqlite)
        return text.tokens.first { text.text($0).lowercased().filter { $0 != "\"" } == name }?.range.lowerBound
    }

    /// A table or column that is called nearly so.
    private func suggestion(_ message: String) -> String? {
        guard let missing = MissingName(message) else { return nil }
        guard let catalog = try? session.catalog() else { return nil }
        let names =
            missing.isTable
            ? catalog.tables.map(\.name)
            : Array(Set(catalog.tables.filter { mentions($0.name) }.flatMap { $0.columns.map(\.name) })).sorted()
        if let near = NearestWord.of(missing.name, among: names) { return "did you mean \(near)?" }
        if names.isEmpty { return missing.isTable ? "the dataset has no tables" : nil }
        let kind = missing.isTable ? "tables" : "columns"
        return "\(kind) are: " + names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and more" : "")
    }

    private func mentions(_ table: String) -> Bool { sql.lowercased().contains(table.lowercased()) }
}

/// A place in a text as people count: lines and characters from 1.
struct TextPlace: CustomStringConvertible {
    let line: Int
    let column: Int
    private let isAtEnd: Bool

    init?(_ offset: Int, in text: String) {
        let bytes = Array(text.utf8)
        guard 0...bytes.count ~= offset else { return nil }
        let before = bytes[..<offset]
        line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        column = String(decoding: bytes[start..<offset], as: UTF8.self).count + 1
        isAtEnd = bytes[offset...].allSatisfy { $0 <= 0x20 }
    }

    var description: String { "line \(line), column \(column)" + (isAtEnd ? ", at the end" : "") }
}

/// The table or column that a database's message says is not there.
struct MissingName {
    let name: String
    let isTable: Bool

    init?(_ message: String) {
        // SQLite, PostgreSQL, DuckDB.
        let tables = [
            #/no such table: (.+)$/#, #/relation "(.+?)" does not exist/#, #/Table with name (.+?) does not exist/#,
        ]
        let columns = [
            #/no such column: (.+)$/#, #/column "?(.+?)"? does not exist/#, #/Referenced column "(.+?)" /#,
            #/does not have a column named "(.+?)"/#,
        ]
        func found(_ patterns: [Regex<(Substring, Substring)>]) -> String? {
            patterns.lazy.compactMap { message.firstMatch(of: $0) }.first.map { String($0.1) }
        }
        let table = found(tables)
        guard let name = table ?? found(columns) else { return nil }
        isTable = table != nil
        // Without what qualifies it.
        self.name = name.split(separator: ".").last.map { $0.filter { $0 != "\"" } } ?? name
    }
}
