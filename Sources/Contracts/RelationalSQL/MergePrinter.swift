import Destinations
import Failures
import Schemas

/// The SQL of a merge, for every strategy.
///
/// No statement may be quadratic, whatever the indexes of the tables: staged rows are searched by indexes of their own,
/// and tables are scanned at most once in a statement. Keys to find in a table are therefore first collected in a
/// temporary table, by a join that scans the table and searches the staged rows.
struct MergePrinter {
    let printer: SQLPrinter
    let merge: TableMerge

    init(_ printer: SQLPrinter, _ merge: TableMerge) {
        self.printer = printer
        self.merge = merge
    }

    var dialect: any SQLDialect { printer.dialect }

    func statements() -> [SQLStatement] {
        switch merge.strategy {
        case .deleteInsert: settleKeys() + deleteInsert()
        case .upsert: upsert()
        case .insertOnly: insertOnly()
        case .history(let validity): HistoryPrinter(self, validity).statements()
        }
    }

    // MARK: Names

    var root: MergedTable { merge.root }
    var target: String { dialect.table(root.name) }
    var staged: String { printer.staging(root.name) }
    /// Columns of our own, in tables and queries that contain nothing else.
    var key: String { dialect.quote("key") }
    var place: String { dialect.quote("place") }
    private var times: String { dialect.quote("times") }
    var position: String { dialect.stagingPosition }
    var rowKey: String { dialect.quote(root.rowKey) }
    var stagedNested: [NestedTable] { merge.nested.filter(\.isStaged) }

    func column(_ alias: String, _ name: String) -> String { "\(alias).\(dialect.quote(name))" }

    func equality(_ left: String, _ right: String, _ keys: [Column]) -> String {
        keys.map { key in
            let (left, right) = (column(left, key.name), column(right, key.name))
            return key.isNullable ? dialect.nullSafeEquality(left, right) : "\(left) = \(right)"
        }.joined(separator: " AND ")
    }

    /// Whether a row of the table has a staged key.
    func isStaged(_ alias: String, _ keys: [Column], where condition: String? = nil) -> String {
        if keys.allSatisfy({ !$0.isNullable }) {
            // In this form the database can also use an index of the table.
            let condition = condition.map { " WHERE \($0)" } ?? ""
            let columns = keys.map { column(alias, $0.name) }.joined(separator: ", ")
            let left = keys.count == 1 ? columns : "(\(columns))"
            return "\(left) IN (SELECT \(dialect.names(keys)) FROM \(staged) AS s\(condition))"
        }
        let condition = condition.map { " AND \($0)" } ?? ""
        return "EXISTS (SELECT 1 FROM \(staged) AS s WHERE \(equality("s", alias, keys))\(condition))"
    }

    /// Conditions on a staged row called `s`.
    var isDeletion: String? {
        merge.hardDelete.map { "\(column("s", $0.name)) IS \($0.isBool ? "" : "NOT ")\(deleted($0))" }
    }
    var isNoDeletion: String? {
        merge.hardDelete.map { "\(column("s", $0.name)) IS \($0.isBool ? "NOT " : "")\(deleted($0))" }
    }

    private func deleted(_ column: Column) -> String { column.isBool ? "TRUE" : "NULL" }

    // MARK: Pieces

    func settleStaging(_ keys: [[Column]]) -> [SQLStatement] {
        let keys = keys.filter { !$0.isEmpty }.map { $0.map(\.name) }
        return settle(root.name, keys) + stagedNested.flatMap { settle($0.table.name, [[$0.link]]) }
    }

    func settle(_ name: String, _ keys: [[String]]) -> [SQLStatement] {
        dialect.settle(name, of: printer.load, keys: keys).map { SQLStatement($0) }
    }

    /// A staging table with the results of a query.
    ///
    /// - Parameter key: the column that is searched.
    func collect(_ name: String, _ query: SQLStatement, key: String) -> [SQLStatement] {
        dialect.collect(name, of: printer.load, query: query) + settle(name, [[key]])
    }

    func drop(_ name: String) -> SQLStatement { SQLStatement("DROP TABLE \(printer.staging(name))") }

    /// Copies staged rows, called `s`, into a table.
    func insert(_ table: MergedTable, where conditions: [String]) -> SQLStatement {
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let names = dialect.names(table.columns)
        return SQLStatement(
            "INSERT INTO \(dialect.table(table.name)) (\(names))\(printer.override(table.name)) SELECT \(names) FROM \(printer.staging(table.name)) AS s"
                + condition
        ).counting(.inserts, of: table.name)
    }

    /// Keeps the first row of each key in this order.
    func keepFirst(_ table: String, key: String, order: String, where condition: String = "") -> SQLStatement {
        let name = printer.staging(table)
        let rank = dialect.quote("rank")
        return SQLStatement(
            "DELETE FROM \(name) WHERE \(position) IN (SELECT \(place) FROM (SELECT \(position) AS \(place), row_number() OVER "
                + "(PARTITION BY \(key) ORDER BY \(order)) AS \(rank) FROM \(name)\(condition)) AS ranked WHERE \(rank) > 1)"
        )
    }

    /// Keeps one staged row of each primary key.
    func keepOneRoot(first: Bool = false) -> [SQLStatement] {
        guard !merge.primaryKey.isEmpty, !merge.isDeduplicated else { return [] }
        var order = "\(position) \(first ? "ASC" : "DESC")"
        if let wanted = merge.order {
            // Databases differ in where they sort nulls; a row without a value must never win.
            order = "\(dialect.quote(wanted.column)) \(wanted.isDescending ? "DESC" : "ASC") NULLS LAST, \(order)"
        }
        return [keepFirst(root.name, key: dialect.names(merge.primaryKey), order: order)]
    }

    /// Staged nested rows with the same key come from records that were staged twice, with the same id.
    func keepOneNested(first: Bool = false) -> [SQLStatement] {
        guard !merge.isDeduplicated else { return [] }
        return stagedNested.map { nested in
            let link = dialect.quote(nested.link)
            return keepFirst(
                nested.table.name, key: dialect.quote(nested.table.rowKey),
                order: "\(position) \(first ? "ASC" : "DESC")",
                where: " WHERE \(link) IN (SELECT \(rowKey) FROM \(staged) GROUP BY \(rowKey) HAVING count(*) > 1)")
        }
    }

    /// Row keys of the table's rows with a staged key.
    private func collectMatches(_ keys: [[Column]]) -> [SQLStatement] {
        let query = keys.map {
            "SELECT \(column("d", root.rowKey)) AS \(key) FROM \(target) AS d WHERE \(isStaged("d", $0))"
        }
        return collect(gone, SQLStatement(query.joined(separator: " UNION ")), key: "key")
    }

    /// Deletes nested rows of the collected roots.
    private func deleteNested() -> [SQLStatement] {
        merge.nested.map { nested in
            SQLStatement(
                "DELETE FROM \(dialect.table(nested.table.name)) WHERE \(dialect.quote(nested.link)) IN "
                    + "(SELECT \(key) FROM \(printer.staging(gone)))"
            ).counting(.removes, of: nested.table.name)
        }
    }

    /// Inserts nested rows of staged roots that are not deletions.
    func insertNested() -> [SQLStatement] {
        stagedNested.map { nested in
            let condition = isNoDeletion.map { " WHERE \($0)" } ?? ""
            return insert(
                nested.table,
                where: [
                    "\(column("s", nested.link)) IN (SELECT \(column("s", root.rowKey)) FROM \(staged) AS s\(condition))"
                ])
        }
    }

    /// Places of staged rows whose key the table has.
    func collectKnown(_ table: MergedTable, _ keys: [Column], as name: String? = nil) -> [SQLStatement] {
        let query: SQLStatement = """
            SELECT DISTINCT s.\(position) AS \(place) FROM \(printer.staging(table.name)) AS s JOIN \
            \(dialect.table(table.name)) AS d ON \(equality("s", "d", keys))
            """
        return collect(name ?? known, query, key: "place")
    }

    /// Whether the staged row `s` was collected.
    var isKnown: String { isCollected(known) }

    func isCollected(_ name: String) -> String {
        "EXISTS (SELECT 1 FROM \(printer.staging(name)) AS k WHERE k.\(place) = s.\(position))"
    }

    // Staging tables of our own.
    var gone: String { dialect.reserved("gone") }
    var known: String { dialect.reserved("known") }
    var present: String { dialect.reserved("present") }
    func fresh(_ index: Int) -> String { dialect.reserved("fresh \(index)") }

    // MARK: Strategies

    private var keys: [[Column]] { [merge.primaryKey, merge.mergeKey].filter { !$0.isEmpty } }

    func settleKeys() -> [SQLStatement] { settleStaging(keys) }

    private func deleteStaged() -> [SQLStatement] {
        keys.map {
            SQLStatement("DELETE FROM \(target) AS d WHERE \(isStaged("d", $0))").counting(.removes, of: root.name)
        }
    }

    func deleteInsert() -> [SQLStatement] {
        var statements: [SQLStatement] = []
        if merge.nested.isEmpty {
            statements += deleteStaged()
        } else {
            statements += collectMatches(keys)
            statements += deleteNested()
            statements += deleteStaged()
            statements.append(drop(gone))
        }
        if !merge.primaryKey.isEmpty { statements += keepOneNested() }
        statements += keepOneRoot()
        statements.append(insert(root, where: isNoDeletion.map { [$0] } ?? []))
        return statements + insertNested()
    }

    private func upsert() -> [SQLStatement] {
        upsertStaging() + collectKnown(root, merge.primaryKey) + replaceNested()
            + [update(), delete()].compactMap { $0 }
            + [insert(root, where: ["NOT \(isKnown)"]), drop(known)] + insertNested()
    }

    /// What an upsert does to the staged rows alone.
    func upsertStaging() -> [SQLStatement] {
        settleStaging([merge.primaryKey]) + (merge.isDeduplicated ? [] : stagedNested.map(ambiguity)) + keepOneNested()
            + keepOneRoot()
    }

    /// Deletes the nested rows of all rows with a staged key.
    func replaceNested() -> [SQLStatement] {
        guard !merge.nested.isEmpty else { return [] }
        return collectMatches([merge.primaryKey]) + deleteNested() + [drop(gone)]
    }

    func update() -> SQLStatement {
        let values = root.columns.filter { !printer.isIdentity($0.name, of: root.name) }
            .map { "\(dialect.quote($0.name)) = \(column("s", $0.name))" }.joined(separator: ", ")
        let updated = [equality("s", "d", merge.primaryKey)] + (isNoDeletion.map { [$0] } ?? [])
        return SQLStatement(
            "UPDATE \(target) AS d SET \(values) FROM \(staged) AS s WHERE \(updated.joined(separator: " AND "))"
        ).counting(.updates, of: root.name)
    }

    /// - Parameter condition: on the staged row, called `s`.
    func delete(where condition: String? = nil) -> SQLStatement? {
        guard let isDeletion else { return nil }
        let conditions = [isDeletion, condition].compactMap { $0 }.joined(separator: " AND ")
        return SQLStatement("DELETE FROM \(target) AS d WHERE \(isStaged("d", merge.primaryKey, where: conditions))")
            .counting(.removes, of: root.name)
    }

    private func insertOnly() -> [SQLStatement] {
        insertOnlyStaging() + insertUnknown() + stagedNested.flatMap { settle($0) + insertUnknown($0) }
    }

    func insertOnlyStaging() -> [SQLStatement] {
        settleStaging([merge.primaryKey]) + keepOneNested(first: true) + keepOneRoot(first: true)
    }

    /// Inserts staged rows whose primary key the table does not have.
    func insertUnknown() -> [SQLStatement] {
        collectKnown(root, merge.primaryKey)
            + [insert(root, where: ["NOT \(isKnown)"] + (isNoDeletion.map { [$0] } ?? [])), drop(known)]
    }

    func settle(_ nested: NestedTable) -> [SQLStatement] { settle(nested.table.name, [[nested.table.rowKey]]) }

    func insertUnknown(_ nested: NestedTable) -> [SQLStatement] {
        let key = Column(name: nested.table.rowKey, .text, nullable: false)
        return collectKnown(nested.table, [key]) + [insert(nested.table, where: ["NOT \(isKnown)"]), drop(known)]
    }

    /// A record that was staged several times has nested rows with the same ids each time. The rows of the last one can
    /// be identified only if each of them came as often as the record.
    private func ambiguity(_ nested: NestedTable) -> SQLStatement {
        let (link, rowKeyBelow) = (dialect.quote(nested.link), dialect.quote(nested.table.rowKey))
        let (name, above) = (printer.staging(nested.table.name), dialect.quote("root"))
        return SQLStatement(
            "SELECT r.\(key) FROM (SELECT \(rowKey) AS \(key), count(*) AS \(times) FROM \(staged) GROUP BY \(rowKey) "
                + "HAVING count(*) > 1) AS r JOIN (SELECT \(link) AS \(above), \(rowKeyBelow) AS \(key), count(*) AS \(times) "
                + "FROM \(name) GROUP BY \(link), \(rowKeyBelow)) AS n ON n.\(above) = r.\(key) "
                + "WHERE n.\(times) <> r.\(times) LIMIT 1"
        ).refusing(
            with: DestinationError(
                .data,
                "unable to merge table \"\(root.name)\" (upsert): a primary key appears several times in one package, with other "
                    + "rows for table \"\(nested.table.name)\" each time; \(root.rowKey) ",
                hint:
                    "deliver each record once, or run the whole pipe again with --write-disposition delete-insert, which "
                    + "keeps the last one"))
    }
}

extension Column {
    var isBool: Bool { dataType == .bool }
}
