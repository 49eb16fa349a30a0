import DatasetReaders

/// What of a text is run at all. The server's own parser decides after it, and the session cannot write; here is refused what both would
/// let pass: functions that reach files, other servers and sessions, keep locks, or run a text as SQL.
enum PostgreSQLGuard {
    enum Form {
        /// By a cursor, which the server declares for queries alone.
        case cursor
        /// Its rows are few, and the server has no cursor for it: EXPLAIN of a query, and SHOW.
        case direct
    }

    /// Functions that are called nowhere in a query, by their names or, where an asterisk follows, the beginnings of them.
    static let refusedFunctions = [
        // Files and programs of the server.
        "pg_read_*", "pg_ls_*", "pg_stat_file", "pg_file_*", "pg_hba_file_rules", "pg_ident_file_mappings",
        "pg_show_all_file_settings", "lo_*", "loread", "lowrite", "pg_execute_*", "copy_*",
        // Other servers.
        "dblink*", "postgres_fdw_*",
        // A text that is run, in which names could hide.
        "query_to_xml*", "cursor_to_xml*", "ts_stat", "ts_rewrite", "crosstab*", "connectby", "xpath_table",
        "xslt_process",
        // Locks that stay, messages, and other sessions.
        "pg_advisory_*", "pg_try_advisory_*", "pg_notify", "pg_cancel_*", "pg_terminate_*", "pg_log_*",
        // Settings, counters and the server's own affairs.
        "set_config", "nextval", "setval", "pg_reload_*", "pg_rotate_*", "pg_switch_*", "pg_create_*", "pg_drop_*",
        "pg_copy_*",
        "pg_start_*", "pg_stop_*", "pg_backup_*", "pg_promote", "pg_wal_replay_*", "pg_logical_*", "pg_replication_*",
        "pg_stat_reset*", "pg_stat_statements_reset", "pg_stat_clear*", "pg_import_*", "pg_export_*", "pg_prewarm*",
        "autoprewarm_*", "pg_sync_*", "pg_clear_*", "pg_restore_*", "pg_set_*", "brin_summarize_*",
        "brin_desummarize_*",
        "gin_clean_pending_list", "txid_current", "pg_current_xact_id", "binary_upgrade_*", "pg_extension_config_dump",
    ]

    private static let exact = Set(refusedFunctions.filter { !$0.hasSuffix("*") })
    private static let beginnings = refusedFunctions.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
    static func isRefused(function name: String) -> Bool {
        exact.contains(name) || beginnings.contains { name.hasPrefix($0) }
    }

    static func check(_ query: Query) throws(QueryFailure) -> Form {
        let text = StatementText(query.sql, .postgresql)
        try text.checkOneStatement()
        try checkNames(text)
        guard let first = text.first else { throw QueryFailure.empty }
        if text.beginsQuery(first) { return query.isExplained ? .direct : .cursor }
        if !query.isExplained, text.word(first) == "show" { return .direct }
        guard !query.isExplained, text.word(first) == "explain" else {
            throw QueryFailure.refusal("it is not a query", offset: first.range.lowerBound)
        }
        try text.checkExplained()
        return .direct
    }

    private static func checkNames(_ text: StatementText) throws(QueryFailure) {
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
                name = String(quoted.dropFirst().dropLast()).replacing("\"\"", with: "\"")
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
