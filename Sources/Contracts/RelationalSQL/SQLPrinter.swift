import DestinationKinds
package import Destinations
import Failures
package import JSONText
package import LoadPackages
import Schemas

/// Turns the steps of a load into SQL: the only code that makes this text, for execution and for printing, and for
/// every database.
package struct SQLPrinter: Sendable {
    package let dialect: any SQLDialect
    /// The load that the staging tables belong to.
    package let load: LoadID
    /// By table: the columns that the database fills by itself, unless told not to.
    private let identities: [ExactString: Set<ExactString>]

    package init(_ dialect: any SQLDialect, load: LoadID, identities: [ExactString: Set<ExactString>] = [:]) {
        self.dialect = dialect
        self.load = load
        self.identities = identities
    }

    func isIdentity(_ column: String, of table: String) -> Bool {
        identities[ExactString(table)]?.contains(ExactString(column)) == true
    }

    /// The clause after the column names that makes values replace those that the database would generate.
    func override(_ table: String) -> String {
        identities[ExactString(table)] == nil ? "" : dialect.identityOverride
    }

    package func staging(_ name: String) -> String { dialect.staging(name, of: load) }

    private var isTransaction: Bool { dialect.kind.atomicity == .transaction }

    package func statements(for step: SQLStep) -> [SQLStatement] {
        switch step {
        case .createTable(let change):
            return [SQLPrinter.creation(of: change, dialect)]
        case .createIndex(let index, let table, let successor):
            return [SQLStatement(dialect.creation(of: index, on: successor ?? table))]
        case .addColumns(let change):
            return additions(change)
        case .createStaging(let change):
            var columns = SQLPrinter.declarations(change, dialect, asThere: true)
            if let position = dialect.stagingPositionColumn { columns.append(position) }
            return [
                SQLStatement(dialect.createStaging(change.table, of: load, columns: SQLPrinter.layout(columns)))
            ]
        case .deleteRows(let table):
            return [SQLStatement("DELETE FROM \(dialect.table(table))").counting(.removes, of: table)]
        case .truncateRows(let table):
            return [SQLStatement(dialect.truncation(of: dialect.table(table)))]
        case .insertRows(let rows):
            return [SQLStatement(dialect.insertion(rows, of: load))]
        case .insertFromStaging(let change):
            return [insertion(fromStaging: change)]
        case .prepareMerge(let merge):
            return MergePrinter(self, merge).preparation()
        case .merge(let merge):
            let printer = MergePrinter(self, merge)
            return isTransaction ? printer.statements() : printer.publication()
        case .swapTable(let change, let successor):
            let renamings = change.indexes.compactMap { dialect.renaming(of: $0, from: successor, to: change.table) }
            return (dialect.swap(change.table, successor: successor) + renamings).map { SQLStatement($0) }
        case .dropTable(let table):
            return [SQLStatement("DROP TABLE IF EXISTS \(dialect.table(table))")]
        case .dropStaging(let table):
            return [SQLStatement("DROP TABLE \(isTransaction ? "" : "IF EXISTS ")\(staging(table))")]
        case .insertRecord(let record):
            return [SQLPrinter.insertion(of: record, dialect)]
        case .deleteRecords(let record):
            return [SQLPrinter.deletion(of: record, dialect)]
        case .deleteVersions(let table, let schema, let hash):
            let record = TableRecord(table, [("schema_name", .text(schema))])
            let others: SQLStatement = " AND \(dialect.quote("version_hash")) <> \(value: .text(hash))"
            return ["\(SQLPrinter.deletion(of: record, dialect))\(others)"]
        }
    }

    /// The text of a step for people, or for `psql` and `sqlite3`.
    package func printed(_ step: SQLStep) -> String {
        var text = ""
        for statement in statements(for: step) {
            text += statement.text { _, value in dialect.literal(value) }
            text += ";"
            if let condition = statement.condition {
                text += "  " + SQLPrinter.comment("unless this finds a row: \(condition.text { dialect.literal($1) })")
            }
            if let refusal = statement.refusal {
                text += "  " + SQLPrinter.comment("must find nothing, else: \(refusal.message)…")
            }
            if case .insertRows(let rows) = step {
                let files = rows.jobs.map(\.file).joined(separator: ", ")
                text += "  " + SQLPrinter.comment("\(rows.rowCount) rows from \(files)")
            }
            text += "\n"
        }
        return text
    }

    /// A comment to the end of the line. Names and words of others must not end it: a line end in a name would turn the
    /// rest into statements.
    package static func comment(_ text: String) -> String {
        var comment = "-- "
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                comment += "\\u{\(String(scalar.value, radix: 16))}"
            default: comment.unicodeScalars.append(scalar)
            }
        }
        return comment
    }

    // MARK: Tables

    /// The statement that makes a table of the dataset.
    ///
    /// - Parameter declaresUnique: declares unique columns as such; otherwise they become unique when the rows are in,
    /// which is much faster.
    package static func creation(
        of change: TableChange, _ dialect: any SQLDialect, declaresUnique: Bool = false
    ) -> SQLStatement {
        let columns = declarations(change, dialect, declaresUnique: declaresUnique)
        return SQLStatement("CREATE TABLE \(dialect.table(change.table)) (\n\(layout(columns))\n)")
    }

    /// - Parameter asThere: existing columns of the table, with their types.
    private static func declarations(
        _ change: TableChange, _ dialect: any SQLDialect, declaresUnique: Bool = false, asThere: Bool = false
    ) -> [String] {
        let unique = declaresUnique ? Set(change.indexes.filter(\.isUnique).map { ExactString($0.column) }) : []
        return change.columns.map { column in
            let isUnique = unique.contains(ExactString(column.name))
            let type = asThere ? change.types[ExactString(column.name)] : nil
            let declaration =
                type.map { column.isNullable ? $0 : "\($0) NOT NULL" }
                ?? dialect.declaration(of: column, isUnique: isUnique, isStrict: change.isStrict)
            return dialect.quote(column.name) + " " + declaration
        }
    }

    /// Formatted as SQLAlchemy does, because SQLite stores the text.
    private static func layout(_ columns: [String]) -> String {
        columns.map { "\t" + $0 }.joined(separator: ", \n")
    }

    private func additions(_ change: TableChange) -> [SQLStatement] {
        let table = dialect.table(change.table)
        if let links = change.rootLinks {
            return additions(change.leavingNull(links.column)) + filling(links, change.table)
        }
        guard dialect.addsRequiredColumns else { return lateRequirements(change, table) }
        let added = SQLPrinter.declarations(change, dialect, declaresUnique: dialect.addsUniqueColumns)
        let clauses = added.map { "ADD COLUMN \($0)" }
        guard !dialect.addsSeveralColumns else {
            return [SQLStatement("ALTER TABLE \(table) \(clauses.joined(separator: ", "))")]
        }
        return clauses.map { SQLStatement("ALTER TABLE \(table) \($0)") }
    }

    private func lateRequirements(_ change: TableChange, _ table: String) -> [SQLStatement] {
        change.columns.flatMap { column -> [SQLStatement] in
            var added = column
            added.hints["nullable"] = true
            let name = dialect.quote(column.name)
            let addition = "ADD COLUMN \(name) \(dialect.declaration(of: added, isUnique: false))"
            let clauses = [addition] + (column.isNullable ? [] : ["ALTER COLUMN \(name) SET NOT NULL"])
            return clauses.map { SQLStatement("ALTER TABLE \(table) \($0)") }
        }
    }

    /// Gives existing rows the key of their root row, and makes the column required for later ones, if the database
    /// supports that and every row has one.
    private func filling(_ links: RootLinks, _ table: String) -> [SQLStatement] {
        let (target, column) = (dialect.table(table), dialect.quote(links.column))
        let fill: String
        if let rootKey = links.parentRootKey {
            let (key, above) = (dialect.quote(links.parentKey), dialect.table(links.parent))
            fill =
                "UPDATE \(target) AS d SET \(column) = p.\(dialect.quote(rootKey)) FROM \(above) AS p "
                + "WHERE p.\(dialect.quote(links.parentRowKey)) = d.\(key) AND d.\(column) IS NULL"
        } else {
            fill = "UPDATE \(target) SET \(column) = \(dialect.quote(links.parentKey)) WHERE \(column) IS NULL"
        }
        var statements = [SQLStatement(fill)]
        if let requirement = dialect.requirement(of: links.column, in: table) {
            statements.append(
                SQLStatement(requirement).unless(
                    SQLStatement("SELECT 1 FROM \(target) WHERE \(column) IS NULL LIMIT 1")))
        }
        return statements
    }

    // MARK: Rows

    /// Where a kill leaves the effects of earlier statements, rows that are already there are left out.
    private func insertion(fromStaging change: TableChange) -> SQLStatement {
        let names = dialect.names(change.columns)
        let (target, staged) = (dialect.table(change.table), staging(change.table))
        let insertion = "INSERT INTO \(target) (\(names))\(override(change.table)) SELECT \(names) FROM \(staged)"
        guard !isTransaction, let key = change.rowKey.map({ dialect.quote($0) }) else { return SQLStatement(insertion) }
        return SQLStatement(
            "\(insertion) WHERE \(key) NOT IN (SELECT \(key) FROM \(target) WHERE \(key) IN (SELECT \(key) FROM \(staged)))"
        )
    }

    static func insertion(of record: TableRecord, _ dialect: any SQLDialect) -> SQLStatement {
        insertion(of: [record], dialect)
    }

    /// - Parameter records: of one table, with values for the same columns.
    static func insertion(of records: [TableRecord], _ dialect: any SQLDialect) -> SQLStatement {
        let names = records[0].values.map { dialect.quote($0.column) }.joined(separator: ", ")
        var statement: SQLStatement = "INSERT INTO \(dialect.table(records[0].table)) (\(names)) VALUES "
        for (place, record) in records.enumerated() {
            statement.append(place == 0 ? "(" : ", (")
            for (index, entry) in record.values.enumerated() {
                if index > 0 { statement.append(", ") }
                statement.append(entry.value)
            }
            statement.append(")")
        }
        return statement
    }

    static func deletion(of record: TableRecord, _ dialect: any SQLDialect) -> SQLStatement {
        var statement: SQLStatement = "DELETE FROM \(dialect.table(record.table))"
        for (index, entry) in record.values.enumerated() {
            statement.append(
                "\(index == 0 ? " WHERE" : " AND") \(dialect.quote(entry.column)) = \(value: entry.value)")
        }
        return statement
    }
}

extension TableChange {
    /// The column that is unique in each row; nil if there is none.
    var rowKey: String? { columns.rowKey?.name }
}
