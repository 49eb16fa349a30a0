package import Identifiers
package import JSONText
package import Schemas

/// The types that a source declares for its records, as Singer's SCHEMA messages do: columns that are known before a
/// value arrives.
///
/// They are not binding: undeclared members are accepted, values that do not fit go to a variant, and a declaration of
/// several types counts as none.
package struct DeclaredTypes: Sendable, Equatable {
    private let document: JSONObject

    /// - Parameter document: a JSON Schema; nil is returned for one without properties.
    package init?(_ document: JSONValue) {
        guard case .object(let object) = document, !object.isEmpty else { return nil }
        self.document = object
    }

    /// The same declaration after a change of its JSON Schema.
    package func changed(_ change: (JSONValue) -> JSONValue) -> DeclaredTypes? {
        DeclaredTypes(change(.object(document)))
    }

    /// The columns with declared types, by table, parents first; tables without any are omitted, unless tables below
    /// them have some.
    ///
    /// - Parameters:
    ///   - root: name of the root table.
    ///   - nesting: the number of nesting levels that are unpacked.
    package func tables(_ root: String, _ naming: Naming, nesting: Int) -> [Table] {
        guard case .object(let members) = ModelShapeReader(.object(document), isDeclaration: true).root().shape else {
            return []
        }
        var builder = ModelTableBuilder(naming: naming, tables: [Table(properties: ["name": .string(root)])])
        builder.add(
            members, to: ModelTableBuilder.Place(table: 0, fragments: [root], level: nesting), isOptional: true)
        var wanted: Set<ExactString> = []
        for table in builder.tables.reversed()
        where !table.completeColumns.isEmpty || wanted.contains(ExactString(table.name)) {
            wanted.insert(ExactString(table.name))
            if let parent = table.parent { wanted.insert(ExactString(parent)) }
        }
        return builder.tables.filter { wanted.contains(ExactString($0.name)) }.map { table in
            Table(properties: table.properties, columns: table.completeColumns)
        }
    }
}
