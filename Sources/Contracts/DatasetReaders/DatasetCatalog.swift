import Destinations
import Failures
import JSONText
import RelationalSQL
package import Schemas

/// What a dataset consists of: the tables of its stored schemas that are there, and those that only the database knows.
package struct DatasetCatalog: Sendable {
    /// A parent, then its children; after those the tables without a schema; dlt's own last.
    package let tables: [DatasetTable]
    /// The newest version of each schema, the one that was written last first.
    package let schemas: [Schema]

    /// A table by its name, in the way that the database compares names.
    package func table(_ name: String, isSame: (String, String) -> Bool = { ExactString($0) == ExactString($1) })
        -> DatasetTable?
    {
        tables.first { ExactString($0.name) == ExactString(name) } ?? tables.first { isSame($0.name, name) }
    }

    package func children(of table: String) -> [DatasetTable] {
        tables.filter { $0.parent.map { ExactString($0) } == ExactString(table) }
    }
}

package struct DatasetTable: Sendable {
    package let name: String
    package let parent: String?
    /// How many tables are above it.
    package let depth: Int
    package let kind: Kind
    /// Whether a row's place tells it from all others.
    package let hasPlaces: Bool
    package let columns: [DatasetColumn]
    /// Its definition in the stored schema.
    package let definition: Table?

    package enum Kind: Sendable {
        /// A stored schema has it.
        case data
        /// One of dlt's own.
        case system
        /// Another program has made it.
        case foreign
        case view
    }

    package subscript(column name: String) -> DatasetColumn? {
        columns.first { ExactString($0.name) == ExactString(name) }
            ?? columns.first { $0.name.lowercased() == name.lowercased() }
    }
}

package struct DatasetColumn: Sendable {
    package let name: String
    /// dlt's type; nil where no schema has the column.
    package var type: DataType? { definition?.dataType }
    /// As the database calls its type.
    package let storedType: String
    package let isNullable: Bool
    package let definition: Column?
}

extension ReadingSession {
    package func catalog() throws(QueryFailure) -> DatasetCatalog {
        let stored = try storedTables()
        let schemas = try newestSchemas(stored)
        return DatasetCatalog(stored, schemas)
    }

    /// The newest version of each schema.
    package func newestSchemas(_ stored: [StoredTable]) throws(QueryFailure) -> [Schema] {
        guard let name = stored.first(where: { SystemTables.isVersion($0.name) })?.name else { return [] }
        let columns = ["schema_name", "version_hash", "schema", "inserted_at"].map { dialect.quote($0) }
        let table = dialect.table(name)
        let rows = try texts(
            Query(
                """
                SELECT v.\(columns[0]), v.\(columns[1]), v.\(columns[2]) FROM \(table) AS v \
                WHERE NOT EXISTS (SELECT 1 FROM \(table) AS n WHERE n.\(columns[0]) = v.\(columns[0]) \
                AND n.\(columns[3]) > v.\(columns[3])) ORDER BY v.\(columns[3]) DESC\(dialect.laterFirst("v"))
                """))
        var schemas: [Schema] = []
        for row in rows where !schemas.contains(where: { ExactString($0.name) == ExactString(row[0] ?? "") }) {
            do throws(DestinationError) {
                schemas.append(try StoredSchema(hash: row[1] ?? "", text: row[2] ?? "").schema)
            } catch { throw QueryFailure(error) }
        }
        return schemas
    }
}

extension DatasetCatalog {
    package init(_ stored: [StoredTable], _ schemas: [Schema]) {
        var rest = stored
        var tables: [DatasetTable] = []
        var system: [DatasetTable] = []
        /// Takes a table out of those that no schema has claimed.
        func take(_ name: String) -> StoredTable? {
            let place =
                rest.firstIndex { ExactString($0.name) == ExactString(name) }
                ?? rest.firstIndex { $0.name.lowercased() == name.lowercased() }
            return place.map { rest.remove(at: $0) }
        }
        for schema in schemas {
            let roots = schema.tables.filter { $0.parent == nil || schema[table: $0.parent ?? ""] == nil }
            for root in roots.sorted(by: { ExactString($0.name) < ExactString($1.name) }) {
                for table in schema.chain(from: root.name) {
                    guard let found = take(table.name) else { continue }
                    let depth = schema.ancestry(of: table.name).count - 1
                    let made = DatasetTable(found, table, depth: depth)
                    if table.isSystem { system.append(made) } else { tables.append(made) }
                }
            }
        }
        for table in rest {
            let made = DatasetTable(table, nil, depth: 0)
            if made.kind == .system { system.append(made) } else { tables.append(made) }
        }
        self.tables = tables + system.sorted { ExactString($0.name) < ExactString($1.name) }
        self.schemas = schemas
    }
}

extension DatasetTable {
    fileprivate init(_ stored: StoredTable, _ definition: Table?, depth: Int) {
        name = stored.name
        parent = definition?.parent
        self.depth = depth
        self.definition = definition
        hasPlaces = stored.hasPlaces
        if definition?.isSystem ?? SystemTables.isSystemName(stored.name.lowercased()) {
            kind = .system
        } else if stored.isView {
            kind = .view
        } else {
            kind = definition == nil ? .foreign : .data
        }
        columns = stored.columns.map { column in
            let known =
                definition?[column: column.name]
                ?? definition?.columns.first { $0.name.lowercased() == column.name.lowercased() }
            return DatasetColumn(
                name: column.name, storedType: column.type, isNullable: column.isNullable ?? true, definition: known)
        }
    }
}

extension SystemTables {
    /// Whether a table is `_dlt_version`, under whichever naming convention.
    fileprivate static func isVersion(_ name: String) -> Bool {
        let plain = name.lowercased().filter { $0 != "_" }
        return plain == "dltversion"
    }
}
