import Destinations
import Failures
import Schemas

/// The SQL of a history of versions (scd2).
///
/// Current versions that are missing from staging are closed; staged versions that are not current are opened. Nested
/// rows are linked to the version they came with: they are inserted with it, and stay when it ends. A version that
/// returns begins again and shares the nested rows, since its id and theirs are digests of their content.
struct HistoryPrinter {
    let merge: MergePrinter
    let validity: TableMerge.Validity

    init(_ merge: MergePrinter, _ validity: TableMerge.Validity) {
        self.merge = merge
        self.validity = validity
    }

    private var dialect: any SQLDialect { merge.dialect }
    private var version: Column { Column(name: validity.version, nullable: false) }
    private var now: RecordValue { .timestamp(validity.time) }
    private var active: RecordValue { validity.active.map { dialect.activeEnd($0) } ?? .null }

    func statements() -> [SQLStatement] { staging() + publication() }

    /// What happens to the staged rows alone.
    func staging() -> [SQLStatement] {
        check() + merge.settleStaging([[version], merge.merge.mergeKey])
            + [merge.keepFirst(merge.root.name, key: dialect.quote(validity.version), order: "\(merge.position) ASC")]
    }

    func publication() -> [SQLStatement] {
        knownVersions() + [retirement(merge.merge.mergeKey)] + nestedRows() + [newVersions(), merge.drop(merge.known)]
    }

    private func isActive(_ alias: String) -> SQLStatement {
        let column = merge.column(alias, validity.to)
        return validity.active == nil ? "\(column) IS NULL" : "\(column) = \(value: active)"
    }

    /// A load that is not later than all existing versions would end versions before they began.
    private func check() -> [SQLStatement] {
        [validity.from, validity.to].map { name in
            let column = dialect.quote(name)
            var latest: SQLStatement = "SELECT max(\(column)) AS latest FROM \(merge.target)"
            if name == validity.to, validity.active != nil { latest = "\(latest) WHERE \(column) <> \(value: active)" }
            let comparison = validity.isGiven ? ">" : ">="
            let query: SQLStatement = "SELECT latest FROM (\(latest)) AS m WHERE latest \(comparison) \(value: now)"
            return query.refusing(with: refusal(name))
        }
    }

    private func refusal(_ column: String) -> DestinationError {
        let table = merge.root.name
        if validity.isGiven {
            return DestinationError(
                .data,
                "unable to merge table \"\(table)\" (scd2): the boundary timestamp is earlier than the latest in its column "
                    + "\"\(column)\" has: ",
                hint: "run the whole pipe again with a later boundary_timestamp, or none")
        }
        return DestinationError(
            .conflict,
            "unable to merge table \"\(table)\" (scd2): the package is not later than the latest in its column \"\(column)\": ",
            hint: "newer rows were loaded before it: run the whole pipe again")
    }

    /// Places of staged rows whose version is current.
    private func knownVersions() -> [SQLStatement] {
        let query: SQLStatement = """
            SELECT DISTINCT s.\(merge.position) AS \(merge.place) FROM \(merge.staged) AS s JOIN \(merge.target) AS d \
            ON \(merge.equality("s", "d", [version])) WHERE \(isActive("d"))
            """
        return merge.collect(merge.known, query, key: "place")
    }

    /// With a merge key, only versions end of which another version was staged.
    private func retirement(_ mergeKey: [Column]) -> SQLStatement {
        let condition = mergeKey.isEmpty ? "" : " AND \(merge.isStaged("d", mergeKey))"
        return """
            UPDATE \(merge.target) AS d SET \(dialect.quote(validity.to)) = \(value: now) WHERE \(isActive("d")) \
            AND NOT EXISTS (SELECT 1 FROM \(merge.staged) AS s WHERE \(merge.equality("s", "d", [version])))\(condition)
            """
    }

    private func newVersions() -> SQLStatement {
        let stamped = [validity.from, validity.to]
        let others = merge.root.columns.filter { !stamped.contains($0.name) }
        let names = dialect.names(others)
        let stamps = stamped.map(dialect.quote).joined(separator: ", ")
        return """
            INSERT INTO \(merge.target) (\(stamps), \(names))\(merge.printer.override(merge.root.name)) SELECT \(value: now), \(value: active), \(names) \
            FROM \(merge.staged) AS s WHERE NOT \(merge.isKnown)
            """
    }

    /// Nested rows of versions that begin, level by level, without those that an earlier period of the version has
    /// left.
    private func nestedRows() -> [SQLStatement] {
        var statements: [SQLStatement] = []
        // By table: a query for the row keys of its new rows.
        var keys = [
            merge.root.name:
                "SELECT \(merge.column("s", merge.root.rowKey)) FROM \(merge.staged) AS s WHERE NOT \(merge.isKnown)"
        ]
        let staged = merge.stagedNested
        for (index, nested) in staged.enumerated() {
            guard let parents = keys[nested.parent] else { continue }
            let table = nested.table
            let (fresh, key, place) = (merge.printer.staging(merge.fresh(index)), merge.key, merge.place)
            statements += merge.collect(
                merge.fresh(index),
                SQLStatement(
                    "SELECT min(n.\(merge.position)) AS \(place), \(merge.column("n", table.rowKey)) AS \(key) "
                        + "FROM \(merge.printer.staging(table.name)) AS n WHERE \(merge.column("n", nested.link)) IN (\(parents)) "
                        + "GROUP BY \(merge.column("n", table.rowKey))"), key: "key")
            keys[table.name] = "SELECT \(key) FROM \(fresh)"
            let names = dialect.names(table.columns)
            statements += merge.collect(
                merge.present,
                SQLStatement(
                    "SELECT DISTINCT \(merge.column("d", table.rowKey)) AS \(key) FROM \(dialect.table(table.name)) AS d "
                        + "WHERE \(merge.column("d", table.rowKey)) IN (SELECT \(key) FROM \(fresh))"), key: "key")
            statements.append(
                SQLStatement(
                    "INSERT INTO \(dialect.table(table.name)) (\(names))\(merge.printer.override(table.name)) SELECT \(names) "
                        + "FROM \(merge.printer.staging(table.name)) AS s WHERE \(merge.position) IN (SELECT f.\(place) FROM \(fresh) AS f "
                        + "WHERE NOT EXISTS (SELECT 1 FROM \(merge.printer.staging(merge.present)) AS p WHERE p.\(key) = f.\(key)))"
                ))
            statements.append(merge.drop(merge.present))
        }
        return statements
            + staged.indices.filter { keys[staged[$0].table.name] != nil }.map {
                merge.drop(merge.fresh($0))
            }
    }
}
