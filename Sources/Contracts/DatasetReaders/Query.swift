package import Schemas

/// One statement for the database's own parser, and what it is to be run with.
package struct Query: Sendable {
    package let sql: String
    /// Values of `:name` in the text.
    package var parameters: [QueryParameter] = []
    /// What result columns hold, by place, where who wrote the statement knows it better than the database; may be shorter than the row.
    package var types: [DataType?] = []
    /// The database's plan instead of rows.
    package var isExplained = false

    package init(_ sql: String, parameters: [QueryParameter] = [], types: [DataType?] = []) {
        self.sql = sql
        self.parameters = parameters
        self.types = types
    }
}

/// A value that is bound, never pasted into the text.
package struct QueryParameter: Sendable, Equatable {
    package let name: String
    package let value: Value

    package enum Value: Sendable, Equatable {
        case null
        /// Of whichever type its place asks for, as text.
        case text(String)
        case integer(Int64)
    }

    package init(name: String, value: Value) {
        self.name = name
        self.value = value
    }
}

/// A column of a result.
package struct QueryColumn: Sendable, Equatable {
    package let name: String
    /// What its values are to dlt; nil where the database does not tell.
    package let type: DataType?
    /// Of timestamps: they are instants, and not times of a day somewhere.
    package let hasTimezone: Bool
    /// The database's own name of the type; empty where there is none.
    package let storedType: String

    package init(name: String, type: DataType?, hasTimezone: Bool = true, storedType: String = "") {
        self.name = name
        self.type = type
        self.hasTimezone = hasTimezone
        self.storedType = storedType
    }
}
