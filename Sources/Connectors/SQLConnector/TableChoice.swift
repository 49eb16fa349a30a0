import ProgramSupport
import TableSources

/// A table or query that becomes a resource.
struct TableResource {
    var name: String
    var origin: TableSelection.Origin
    var columns: [SourceColumn]
    var table: SourceTable
    var condition: String?

    /// Nil when a part of the key is left out.
    var primaryKey: [String]? {
        let names = Set(columns.map(\.name))
        return table.primaryKey.isEmpty || !table.primaryKey.allSatisfy(names.contains) ? nil : table.primaryKey
    }
}

/// Finds what the user named in the catalog.
struct TableChoice {
    private let session: any TableSession

    init(_ session: any TableSession) { self.session = session }

    func resource(ofQuery sql: String, named name: String) throws -> TableResource {
        let columns = try session.columns(ofQuery: sql)
        for (place, column) in columns.enumerated() where columns[..<place].contains(where: { $0.name == column.name })
        {
            throw ProgramError(
                .usage, "unable to read the query: it has two columns named \(column.name)",
                hint: "name one of them otherwise: AS \(column.name)_2")
        }
        return TableResource(name: name, origin: .query(sql), columns: columns, table: SourceTable(TableName(name)))
    }

    func resources(schema: String?, names: [String], withViews: Bool, named: String?) throws -> [TableResource] {
        let wanted = names.map { name(of: $0, schema) }
        let found = try session.tables(CatalogRequest(schema: schema, names: wanted, includesViews: withViews))
        // dlt's own tables would become part of what they describe.
        let own = found.filter { !$0.name.name.hasPrefix("_dlt_") }
        if wanted.isEmpty && own.isEmpty { throw try emptySchema(schema) }
        let tables = try wanted.isEmpty ? own : wanted.map { try table($0, in: found, schema) }
        for (place, table) in tables.enumerated()
        where tables[..<place].contains(where: { $0.name.name == table.name.name }) {
            throw ProgramError(
                .usage, "unable to read \(table.name): another table of this run has the same name without its schema",
                hint: "read each in a run of its own, one of them with --resource NAME")
        }
        return tables.map { table in
            TableResource(name: named ?? table.name.name, origin: .table(table), columns: table.columns, table: table)
        }
    }

    /// `sales.orders` is a table of a schema, unless the schema is given: then a point belongs to the name.
    private func name(of text: String, _ schema: String?) -> TableName {
        guard schema == nil, let point = text.firstIndex(of: ".") else { return TableName(schema: schema, text) }
        return TableName(schema: String(text[..<point]), String(text[text.index(after: point)...]))
    }

    private func table(_ wanted: TableName, in found: [SourceTable], _ schema: String?) throws -> SourceTable {
        let table = found.first { table in
            table.name.name == wanted.name
                && (wanted.schema == nil || table.name.schema == nil || table.name.schema == wanted.schema)
        }
        if let table { return table }
        let others = try session.names(in: wanted.schema)
        if others.isEmpty { throw try emptySchema(wanted.schema) }
        // With the schema if it was named with the table.
        let prefix = schema == nil ? wanted.schema.map { $0 + "." } ?? "" : ""
        let near = NearestWord.of(wanted.name, among: others.map(\.name))
        throw ProgramError(
            .data, "unable to read table \(wanted): there is no such table in \(session.shown)",
            hint: near.map { "did you mean \(prefix)\($0)?" }
                ?? "there are " + Self.list(others.map { prefix + $0.name }))
    }

    private func emptySchema(_ schema: String?) throws -> ProgramError {
        let schemas = try session.schemas()
        let others = schemas.filter { $0 != schema }
        let isThere = schema.map(schemas.contains) ?? true
        let near = schema.flatMap { NearestWord.of($0, among: others) }
        let reason =
            schema.map { isThere ? "schema \($0) has no tables that this user may see" : "there is no schema \($0)" }
            ?? "it has no tables that this user may see"
        let hint =
            near.map { "did you mean \($0)?" }
            ?? (others.isEmpty ? "check the URL" : "name another with --schema: " + Self.list(others))
        return ProgramError(.data, "unable to read \(session.shown): \(reason)", hint: hint)
    }

    func columns(
        of resource: TableResource, including: [String]?, excluding: [String]?
    ) throws -> [SourceColumn] {
        for (option, names) in [("--include-columns", including), ("--exclude-columns", excluding)] {
            for name in names ?? [] where !resource.columns.contains(where: { $0.name == name }) {
                throw Self.missing(name, of: resource, among: resource.columns.map(\.name), option)
            }
        }
        // In the order of the table.
        let columns = resource.columns.filter { column in
            including.map { $0.contains(column.name) } ?? !(excluding ?? []).contains(column.name)
        }
        if columns.isEmpty && !resource.columns.isEmpty {
            throw ProgramError(.usage, "unable to read \(resource.name): no column is left")
        }
        return columns
    }

    /// - Parameter names: those of all columns, as the option spells them.
    static func missing(
        _ column: String, of resource: TableResource, among names: [String], _ option: String
    ) -> ProgramError {
        ProgramError(
            .data, "unable to use '\(option)': \(resource.name) has no column \(column)",
            hint: NearestWord.of(column, among: names).map { "did you mean \($0)?" } ?? "there are " + list(names))
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", and \(names.count - 12) more" : "")
    }
}
