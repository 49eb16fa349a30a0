package import Schemas

/// The name of a table in its schema; nil in databases without schemas, and for the default one.
package struct TableName: Sendable, Hashable, CustomStringConvertible {
    package var schema: String?
    package var name: String

    package init(schema: String? = nil, _ name: String) {
        self.schema = schema
        self.name = name
    }

    package var description: String { schema.map { "\($0).\(name)" } ?? name }
}

/// Which tables a catalog is asked for.
package struct CatalogRequest: Sendable {
    /// nil: the default schema of the connection.
    package var schema: String?
    /// None: all tables of the schema. A name without a schema is in `schema`.
    package var names: [TableName] = []
    /// Views and materialized views, too; those that are named always are.
    package var includesViews = false

    package init(schema: String? = nil, names: [TableName] = [], includesViews: Bool = false) {
        self.schema = schema
        self.names = names
        self.includesViews = includesViews
    }
}

/// A table or view as the catalog describes it.
package struct SourceTable: Sendable {
    package var name: TableName
    package var isView = false
    package var columns: [SourceColumn] = []
    /// In the order of the key.
    package var primaryKey: [String] = []
    package var references: [SourceReference] = []
    /// The connector's own number of the table, such as an OID.
    package var number: Int64 = 0

    package init(_ name: TableName, isView: Bool = false) {
        self.name = name
        self.isView = isView
    }
}

package struct SourceColumn: Sendable {
    package var name: String
    /// The type as the database writes it, for messages.
    package var storedType: String
    /// dlt's type of it; nil if it has none, so that values decide.
    package var dataType: DataType?
    /// Of a text or binary its length, of a decimal its digits, of a bigint its bits, of a time its digits of a second. All of it is said
    /// here if it is known; the reflection level decides what is passed on.
    package var precision: Int?
    package var scale: Int?
    /// Of a timestamp.
    package var hasTimezone: Bool?
    /// nil: unknown, as in a query's result.
    package var isNullable: Bool?
    /// The database computes it.
    package var isGenerated = false
    /// The database numbers it.
    package var isIdentity = false
    /// The connector's own note of how values arrive.
    package var form = 0

    package init(_ name: String, storedType: String, dataType: DataType? = nil, isNullable: Bool? = nil) {
        self.name = name
        self.storedType = storedType
        self.dataType = dataType
        self.isNullable = isNullable
    }
}

/// A foreign key to a table of the same schema.
package struct SourceReference: Sendable, Equatable {
    package var columns: [String]
    package var table: String
    package var referencedColumns: [String]

    package init(columns: [String], table: String, referencedColumns: [String]) {
        self.columns = columns
        self.table = table
        self.referencedColumns = referencedColumns
    }
}
