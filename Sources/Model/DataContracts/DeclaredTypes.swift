package import Identifiers
package import JSONText
package import Schemas

/// The types that a source declares of its records, as Singer's SCHEMA messages do: columns that are known before a value comes.
///
/// They bind nobody. What is not in them comes as it comes, what does not fit goes to a variant, and a declaration of several
/// types is none.
package struct DeclaredTypes: Sendable, Equatable {
    private let document: JSONObject

    /// - Parameter document: a JSON Schema; nil is returned for one without properties.
    package init?(_ document: JSONValue) {
        guard case .object(let object) = document, !object.isEmpty else { return nil }
        self.document = object
    }

    /// What the same declares when its JSON Schema is changed.
    package func changed(_ change: (JSONValue) -> JSONValue) -> DeclaredTypes? {
        DeclaredTypes(change(.object(document)))
    }

    /// The columns with declared types, by table, a table after the one above it; tables without any are left out, unless there
    /// are some below.
    ///
    /// - Parameters:
    ///   - root: name of the root table.
    ///   - nesting: how many levels of nesting are unpacked.
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
