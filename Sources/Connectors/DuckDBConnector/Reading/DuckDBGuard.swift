import DatasetReaders

/// What is refused on a DuckLake or a MotherDuck database before DuckDB sees it: functions of its extensions that reach files although
/// access to them is off, that change a lake, or that run a text in which names could hide.
enum DuckDBGuard {
    /// By their names or, where an asterisk follows, the beginnings of them.
    static let refusedFunctions = [
        "sqlite_*", "postgres_*", "pg_clear_cache", "mysql_*", "ducklake_*", "md_*", "query", "query_table",
        "json_execute_serialized_sql", "from_substrait*",
    ]
    /// Those of a lake that only look at it.
    static let allowedFunctions: Set<String> = [
        "ducklake_snapshots", "ducklake_current_snapshot", "ducklake_last_committed_snapshot", "ducklake_table_info",
        "ducklake_list_files", "ducklake_options", "ducklake_settings", "ducklake_table_changes",
        "ducklake_table_insertions", "ducklake_table_deletions",
    ]

    private static let exact = Set(refusedFunctions.filter { !$0.hasSuffix("*") })
    private static let beginnings = refusedFunctions.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }

    static func isRefused(function name: String) -> Bool {
        guard !allowedFunctions.contains(name) else { return false }
        return exact.contains(name) || beginnings.contains { name.hasPrefix($0) }
    }

    static func check(_ text: StatementText) throws(QueryFailure) {
        for (index, token) in text.tokens.enumerated() {
            let name: String
            switch token.kind {
            case .word: name = text.text(token).lowercased()
            case .name:
                let quoted = text.text(token)
                // Letters by their numbers: queries do not need it, and a name could hide so.
                guard quoted.hasPrefix("\"") else {
                    throw QueryFailure.refusal("a name in it is written with U&", offset: token.range.lowerBound)
                }
                name = String(quoted.dropFirst().dropLast()).replacing("\"\"", with: "\"").lowercased()
            default: continue
            }
            guard text.tokens.indices.contains(index + 1), text.isMark(text.tokens[index + 1], "("),
                isRefused(function: name)
            else { continue }
            throw QueryFailure.refusal(
                "it calls \(name), which reaches beyond the rows of the database", offset: token.range.lowerBound)
        }
    }
}
