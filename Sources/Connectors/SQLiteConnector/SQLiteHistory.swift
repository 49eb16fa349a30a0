import Destinations
import SQLite

extension SQLiteTransaction: SchemaHistory {
    func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion] {
        guard try exists(names.version) else { return [] }
        let rows = try reading(names.version) { () throws(SQLiteError) in
            let query = """
                SELECT version_hash, schema, inserted_at FROM \(SQLitePrinter.quote(names.version))
                ORDER BY inserted_at, rowid
                """
            let statement = try database.prepare(query, lasting: false)
            var rows: [(hash: String, schema: String, time: String)] = []
            while try statement.step() { rows.append((statement.string(0), statement.string(1), statement.string(2))) }
            return rows
        }
        var versions: [SchemaVersion] = []
        for row in rows {
            versions.append(
                SchemaVersion(stored: try StoredSchema(hash: row.hash, text: row.schema), insertedAt: row.time))
        }
        return versions
    }
}
