import Destinations

extension PostgreSQLTransaction: SchemaHistory {
    func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion] {
        let rows = try rows(
            names.version,
            """
            SELECT version_hash, schema, (inserted_at AT TIME ZONE 'UTC')::text FROM \(dialect.table(names.version))
            ORDER BY inserted_at
            """)
        var versions: [SchemaVersion] = []
        for row in rows {
            versions.append(
                SchemaVersion(
                    stored: try StoredSchema(hash: row[0] ?? "", text: row[1] ?? ""), insertedAt: row[2] ?? ""))
        }
        return versions
    }
}
