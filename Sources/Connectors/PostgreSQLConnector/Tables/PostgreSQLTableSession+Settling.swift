import DatasetReaders
import Failures
import PostgreSQL
import SystemIO
import TableSources

// A row gets its value, the time or the next number, while its transaction is open, and is seen when that commits. Which rows are
// still to come cannot be read: an open transaction may have begun before any row that is visible got its value, also before it
// has a number of its own (`pg_snapshot_xmin` does not count it then). So the run ends at the last value that is visible now, and waits
// until all transactions that are open now have ended: what begins later gets greater values.

extension PostgreSQLTableSession: SettlingTableSession {
    func settle(_ selections: [TableSelection]) throws(TableError) -> [TableSelection] {
        let action = "wait for open transactions"
        if try run("SELECT pg_catalog.pg_is_in_recovery()", unableTo: action).string(0, 0) == "t" {
            throw TableError(
                .usage,
                "unable to use '--cursor-safe' with \(shown): a standby does not know which transactions are open",
                hint: "read from the primary, or read a part again with --lag")
        }
        var settled: [TableSelection] = []
        for selection in selections { settled.append(try ending(selection)) }
        try refuseRowsFromElsewhere()
        let types = try types(selections)
        // A view that lasts would keep the server from cleaning up during the wait.
        try run("ROLLBACK", unableTo: action)
        let deadline = Clock.monotonicNanoseconds() + Clock.nanoseconds(place.lockTimeout)
        try wait(
            """
            SELECT l.virtualxid, 'process ' || l.pid || coalesce(' (' || nullif(a.application_name, '') || ')', '')
            FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
            WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid()
            AND (a.pid IS NULL OR a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL)
            """, until: deadline, hint: "pg_stat_activity shows it: end it, or wait longer with --lock-timeout")
        // Those that were prepared for a commit in two phases belong to no session any more.
        try wait(
            """
            SELECT transaction::text, 'the prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts
            WHERE database = pg_catalog.current_database()
            """, until: deadline,
            hint: "end it with COMMIT PREPARED or ROLLBACK PREPARED, or wait longer with --lock-timeout")
        try begin()
        // Rows are decoded as the types were when the catalog was read.
        if try self.types(selections) != types {
            throw TableError(
                .temporary, "unable to \(action): the types of columns changed meanwhile",
                hint: "run the same command again")
        }
        return settled
    }

    /// The server does not show the transactions that wrote them.
    private func refuseRowsFromElsewhere() throws(TableError) {
        // What the last values were read from is locked.
        let found = try run(
            """
            SELECT c.relname, CASE c.relkind WHEN 'm' THEN 'is a materialized view' WHEN 'f' THEN 'is a foreign table'
            ELSE 'is filled by a subscription' END
            FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
            WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND (c.relkind IN ('m', 'f')
            OR EXISTS (SELECT 1 FROM pg_catalog.pg_subscription_rel AS s WHERE s.srrelid = c.oid)) ORDER BY c.oid LIMIT 1
            """, unableTo: "wait for open transactions")
        guard found.rowCount > 0 else { return }
        throw TableError(
            .usage,
            "unable to use '--cursor-safe': \(found.string(0, 0) ?? "") \(found.string(0, 1) ?? ""), so its rows arrive after the "
                + "transactions that wrote them",
            hint: "read the table where they are written, or a part again with --lag")
    }

    /// The types that the columns of each selection have now.
    private func types(_ selections: [TableSelection]) throws(TableError) -> [[String]] {
        var types: [[String]] = []
        for selection in selections {
            var empty = selection
            (empty.range, empty.limit) = (nil, 0)
            let result = try run(try SelectPrinter(dialect).sql(empty), unableTo: "read \(selection.described)")
            types.append((0..<result.columnCount).map { "\(result.columnType($0))" })
        }
        return types
    }

    /// The selection up to the last value that this view has.
    private func ending(_ selection: TableSelection) throws(TableError) -> TableSelection {
        if let condition = selection.condition { try QueryText.check(condition: condition, .postgresql) }
        guard let pushed = selection.range else { return selection }
        let found = try run(
            try SelectPrinter(dialect).lastValue(selection, pushed), unableTo: "read \(selection.described)")
        let name = dialect.identifier(pushed.column.name)
        var selection = selection
        if found.rowCount == 1, let last = found.string(0, 0) {
            // The literal takes the type of the other side.
            selection.settled =
                "(\(dialect.operand(pushed.column)) \(pushed.notAfter) \(Connection.quoteLiteral(last)) OR \(name) IS NULL)"
        } else {
            selection.settled = "\(name) IS NULL"
        }
        return selection
    }

    /// Waits until none of the transactions that a query names now is there.
    private func wait(_ sql: String, until deadline: Int64, hint: String) throws(TableError) {
        let action = "wait for open transactions"
        func open() throws(TableError) -> [String: String] {
            Dictionary(try run(sql, unableTo: action).rows.map { ($0[0] ?? "", $0[1] ?? "") }) { first, _ in first }
        }
        var left = try open()
        var pause = 5
        while let other = left.first {
            if Clock.monotonicNanoseconds() >= deadline {
                throw TableError(
                    .temporary,
                    "unable to \(action): that of \(other.value) has been open for more than \(Int(place.lockTimeout)) s, and may "
                        + "commit rows with smaller cursors", hint: hint)
            }
            if !StopSignal.sleep(milliseconds: pause) { throw .stopped(unableTo: action) }
            pause = min(pause * 2, 100)
            let now = try open()
            left = left.filter { now[$0.key] != nil }
        }
    }
}
