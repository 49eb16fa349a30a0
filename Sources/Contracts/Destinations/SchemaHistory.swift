package import Schemas

/// An ability that a transaction may have: to list every schema version in the dataset. Only people ask for it.
package protocol SchemaHistory: DestinationTransaction {
    /// Oldest first; none where there is no dataset.
    func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion]
}

/// A row of `_dlt_version`.
package struct SchemaVersion: Sendable {
    package let hash: String
    /// As the destination writes times.
    package let insertedAt: String
    package let schema: Schema

    package init(stored: StoredSchema, insertedAt: String) {
        hash = stored.hash
        schema = stored.schema
        self.insertedAt = insertedAt
    }
}
