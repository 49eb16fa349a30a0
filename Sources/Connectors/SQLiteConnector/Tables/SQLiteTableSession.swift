import DatasetReaders
import Destinations
import Failures
import SQLite
import Schemas
import SystemIO
import TableSources

/// A look at an SQLite file. It keeps writers from committing, unless the file has a write-ahead log.
final class SQLiteTableSession: TableSession {
    let dialect: any TableDialect = SQLiteTableDialect()
    let shown: String
    let databaseName: String
    private let file: String
    private var database: Database?

    init(_ database: Database, _ place: TablePlace, file: String) {
        self.database = database
        self.file = file
        shown = place.shown
        databaseName = Paths.withoutExtension(Paths.lastComponent(file))
        database.authorize { SQLiteReadingSession.allows($0) }
    }

    func close() {
        guard let database else { return }
        try? database.execute("ROLLBACK")
        self.database = nil
    }

    func explained(_ error: SQLiteError, _ action: String) -> TableError {
        if error.isInterruption { return .stopped(unableTo: action) }
        if error.isRefusal || error.isDenied {
            return TableError(
                .data, "unable to \(action): \(error.message)", hint: "correct the query or the condition")
        }
        return TableError(DestinationError(error, unableTo: action, file: file))
    }

    // MARK: Catalog

    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable] {
        guard [nil, "main"].contains(request.schema) else { return [] }
        let names = request.names.filter { [nil, "main"].contains($0.schema) }.map(\.name)
        if names.isEmpty != request.names.isEmpty { return [] }
        let types = request.includesViews || !names.isEmpty ? "'table', 'view'" : "'table'"
        let wanted =
            names.isEmpty ? "" : " AND m.name IN (\(names.map { Database.quoteLiteral($0) }.joined(separator: ", ")))"
        let columns = try rows(
            """
            SELECT m.name, m.type, c.name, c.type, c."notnull", c.pk, c.hidden FROM main.sqlite_master AS m
            JOIN pragma_table_xinfo(m.name, 'main') AS c ON c.hidden <> 1
            WHERE m.type IN (\(types)) AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'\(wanted)
            AND m.name NOT IN (SELECT s.name FROM pragma_table_list AS s WHERE s.type = 'shadow') ORDER BY m.name, c.cid
            """)
        var tables: [SourceTable] = []
        var keys: [(place: Int, name: String)] = []
        func endTable() {
            guard let table = tables.last else { return }
            tables[tables.count - 1].primaryKey = keys.sorted { $0.place < $1.place }.map(\.name)
            // The number of a row itself, which is never NULL, whatever the declaration says.
            if keys.count == 1, let place = table.columns.firstIndex(where: { $0.name == keys[0].name }),
                table.columns[place].storedType.uppercased() == "INTEGER"
            {
                tables[tables.count - 1].columns[place].isNullable = false
            }
            keys = []
        }
        for row in columns {
            if tables.last?.name.name != row[0] {
                endTable()
                tables.append(SourceTable(TableName(row[0]), isView: row[1] == "view"))
            }
            var column = SQLiteColumns.column(row[2], declared: row[3])
            column.isNullable = row[4] == "0"
            column.isGenerated = row[6] != "0"
            tables[tables.count - 1].columns.append(column)
            if let place = Int(row[5]), place > 0 { keys.append((place, column.name)) }
        }
        endTable()
        try addReferences(to: &tables)
        return tables
    }

    private func addReferences(to tables: inout [SourceTable]) throws(TableError) {
        let found = try rows(
            """
            SELECT m.name, f.id, f."table", f."from", coalesce(f."to", '') FROM main.sqlite_master AS m
            JOIN pragma_foreign_key_list(m.name, 'main') AS f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
            """)
        let places = Dictionary(tables.enumerated().map { ($1.name.name, $0) }) { first, _ in first }
        var last = ("", "")
        for row in found {
            guard let place = places[row[0]] else { continue }
            if last != (row[0], row[1]) {
                tables[place].references.append(SourceReference(columns: [], table: row[2], referencedColumns: []))
                last = (row[0], row[1])
            }
            let key = tables[place].references.count - 1
            tables[place].references[key].columns.append(row[3])
            // Without a name it is the other table's key.
            let index = tables[place].references[key].columns.count - 1
            let other = places[row[2]].map { tables[$0].primaryKey } ?? []
            tables[place].references[key].referencedColumns.append(
                row[4].isEmpty ? (other.indices.contains(index) ? other[index] : "") : row[4])
        }
    }

    func names(in schema: String?) throws(TableError) -> [TableName] {
        guard [nil, "main"].contains(schema) else { return [] }
        return try rows(
            "SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
        ).map { TableName($0[0]) }
    }

    func schemas() throws(TableError) -> [String] { ["main"] }

    private func rows(_ sql: String) throws(TableError) -> [[String]] {
        let statement = try compile(sql, "read the catalog of \(shown)")
        var rows: [[String]] = []
        do throws(SQLiteError) {
            while try statement.step() { rows.append((0..<statement.columnCount).map { statement.string($0) }) }
        } catch { throw explained(error, "read the catalog of \(shown)") }
        return rows
    }

    // MARK: Rows

    private func compile(_ sql: String, _ action: String) throws(TableError) -> Statement {
        guard let database else { throw TableError(.unusable, "unable to \(action): the session has ended") }
        let compiled: (statement: Statement?, byteCount: Int)
        do throws(SQLiteError) { compiled = try database.prepareFirst(sql) } catch { throw explained(error, action) }
        guard let statement = compiled.statement, statement.columnCount > 0, statement.isReadOnly,
            SQLScanner.firstToken(in: sql, from: compiled.byteCount, .sqlite) == nil
        else {
            throw TableError(
                .usage, "unable to \(action): it is not one query", hint: "write one SELECT without a semicolon")
        }
        return statement
    }

    func columns(ofQuery sql: String) throws(TableError) -> [SourceColumn] {
        let statement = try compile(sql, "read the query")
        return (0..<statement.columnCount).map {
            SQLiteColumns.column(statement.columnName($0), declared: statement.declaredType($0) ?? "")
        }
    }

    func rows(of selection: TableSelection) throws(TableError) -> any TableRows {
        let action = "read \(selection.described)"
        let statement = try compile(try SelectPrinter(dialect).sql(selection), action)
        return SQLiteTableRows(statement, selection.columns, self, action)
    }
}
