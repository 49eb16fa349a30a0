package import Destinations
import LoadPackages
import Schemas

/// Turns steps into SQL: the one place where its text is made, for execution and for print, and for every database.
package struct SQLPrinter: Sendable {
    package let dialect: any SQLDialect

    package init(_ dialect: any SQLDialect) { self.dialect = dialect }

    package func statements(for step: LoadStep) -> [SQLStatement] {
        switch step {
        case .createTable(let change):
            return [SQLStatement("CREATE TABLE \(dialect.table(change.table)) (\n\(layout(declarations(change)))\n)")]
        case .addColumns(let change):
            return additions(change)
        case .createStaging(let change):
            var columns = declarations(change, isStaged: true)
            if let position = dialect.stagingPositionColumn { columns.append(position) }
            let name = dialect.temporary(change.table)
            return [SQLStatement("CREATE TEMP TABLE \(name) (\n\(layout(columns))\n)\(dialect.temporaryOptions)")]
        case .deleteRows(let table):
            return [SQLStatement("DELETE FROM \(dialect.table(table))")]
        case .truncateRows(let table):
            return [SQLStatement(dialect.truncation(of: dialect.table(table)))]
        case .insertRows(let rows):
            return [SQLStatement(dialect.insertion(rows))]
        case .insertFromStaging(let change):
            let names = dialect.names(change.columns)
            return [
                SQLStatement(
                    "INSERT INTO \(dialect.table(change.table)) (\(names)) "
                        + "SELECT \(names) FROM \(dialect.temporary(change.table))")
            ]
        case .merge(let merge):
            return MergePrinter(dialect, merge).statements()
        case .swapTable(let table, let successor):
            return [
                SQLStatement("DROP TABLE IF EXISTS \(dialect.table(table))"),
                SQLStatement("ALTER TABLE \(dialect.table(successor)) RENAME TO \(dialect.quote(table))"),
            ]
        case .dropTable(let table):
            return [SQLStatement("DROP TABLE IF EXISTS \(dialect.table(table))")]
        case .dropStaging(let table):
            return [SQLStatement("DROP TABLE \(dialect.temporary(table))")]
        case .insertRecord(let record):
            let names = record.values.map { dialect.quote($0.column) }.joined(separator: ", ")
            var statement: SQLStatement = "INSERT INTO \(dialect.table(record.table)) (\(names)) VALUES ("
            for (index, entry) in record.values.enumerated() {
                if index > 0 { statement.append(", ") }
                statement.append(entry.value)
            }
            statement.append(")")
            return [statement]
        case .deleteRecords(let record):
            var statement: SQLStatement = "DELETE FROM \(dialect.table(record.table))"
            for (index, entry) in record.values.enumerated() {
                statement.append(
                    "\(index == 0 ? " WHERE" : " AND") \(dialect.quote(entry.column)) = \(value: entry.value)")
            }
            return [statement]
        }
    }

    /// The text of a step for people, or for `psql` and `sqlite3`.
    package func printed(_ step: LoadStep) -> String {
        var text = ""
        for statement in statements(for: step) {
            text += statement.text { _, value in dialect.literal(value) }
            text += ";"
            if let refusal = statement.refusal {
                text += "  " + SQLPrinter.comment("must find nothing, else: \(refusal.message)…")
            }
            if case .insertRows(let rows) = step {
                text += "  " + SQLPrinter.comment("\(rows.job.rows) rows from \(rows.job.file)")
            }
            text += "\n"
        }
        return text
    }

    /// A comment to the end of the line. Names and words of other people must not end it: a line end in a name would make
    /// statements of what follows.
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

    // MARK: Columns

    private func declarations(_ change: TableChange, isStaged: Bool = false) -> [String] {
        change.columns.map { dialect.quote($0.name) + " " + dialect.declaration(of: $0, isStaged: isStaged) }
    }

    /// Laid out as SQLAlchemy does, because SQLite keeps the text.
    private func layout(_ columns: [String]) -> String { columns.map { "\t" + $0 }.joined(separator: ", \n") }

    private func additions(_ change: TableChange) -> [SQLStatement] {
        let clauses = declarations(change).map { "ADD COLUMN \($0)" }
        let table = dialect.table(change.table)
        guard !dialect.addsSeveralColumns else {
            return [SQLStatement("ALTER TABLE \(table) \(clauses.joined(separator: ", "))")]
        }
        return clauses.map { SQLStatement("ALTER TABLE \(table) \($0)") }
    }
}
