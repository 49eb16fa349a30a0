import Schemas

/// A column of a table in a query, and what the query calls the table.
struct ScopedColumn: Hashable {
    let relation: String
    let name: String
    let type: QueryType
}

/// The tables that names of expressions can mean.
struct Scope {
    struct Relation {
        /// What the query calls it.
        let alias: String
        /// What a person calls it: names that may stand before a dot.
        let names: [String]
        let columns: [ScopedColumn]
    }

    var relations: [Relation]
    /// How many relations after the first are tables above it, nearest first: a name is looked up in this order.
    var ancestors = 0
    /// Values of `:name`.
    var parameters: [String: String] = [:]

    var base: Relation { relations[0] }

    func relation(called name: String) -> Relation? {
        relations.first { $0.names.contains(name) }
            ?? relations.first { $0.names.contains { $0.lowercased() == name.lowercased() } }
    }

    /// The column that a name means.
    func column(_ parts: [String], at place: Int) throws(QueryTextError) -> ScopedColumn {
        if parts.count > 1, let relation = relation(called: parts[0]),
            let column = Scope.find(parts[1...].joined(separator: "__"), in: relation.columns)
        {
            return column
        }
        // `customer.name` is what became `customer__name`.
        let name = parts.joined(separator: "__")
        if let column = Scope.find(name, in: base.columns) { return column }
        for relation in relations.dropFirst().prefix(ancestors) {
            if let column = Scope.find(name, in: relation.columns) { return column }
        }
        let others = relations.dropFirst(1 + ancestors).compactMap { relation in
            Scope.find(name, in: relation.columns).map { (relation, $0) }
        }
        if others.count == 1 { return others[0].1 }
        if others.count > 1 {
            let choices = others.map { "\($0.0.names[0]).\(name)" }.joined(separator: " or ")
            throw QueryTextError(place, "several tables have a column \"\(name)\"", hint: "write \(choices)")
        }
        throw unknown(parts.count > 1 && relation(called: parts[0]) == nil ? [name] : parts, at: place)
    }

    private static func find(_ name: String, in columns: [ScopedColumn]) -> ScopedColumn? {
        if let column = columns.first(where: { $0.name == name }) { return column }
        let similar = columns.filter { $0.name.lowercased() == name.lowercased() }
        return similar.count == 1 ? similar[0] : nil
    }

    private func unknown(_ parts: [String], at place: Int) -> QueryTextError {
        let relation = parts.count > 1 ? relation(called: parts[0]) ?? base : base
        let name = parts.last ?? ""
        let columns = parts.count > 1 ? relation.columns : relations.flatMap(\.columns)
        let names = columns.map(\.name)
        var hint: String
        if let near = Scope.nearest(name, in: names) {
            hint = "did you mean \(near)?"
        } else {
            let shown = names.filter { !$0.hasPrefix("_dlt_") }.prefix(12).joined(separator: ", ")
            hint = "its columns are \(shown)\(names.count > 12 ? ", …" : "")"
        }
        if !name.isEmpty, name.contains(where: { $0.isWhitespace }) { hint += "; a text is in single quotes" }
        return QueryTextError(place, "\"\(name)\" is not a column of \(relation.names[0])", hint: hint)
    }

    /// A name that looks alike, also one of which this is the end, the beginning or another spelling.
    static func nearest(_ name: String, in names: [String]) -> String? {
        func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }
        let word = plain(name)
        if let same = names.first(where: { plain($0) == word }) { return same }
        if let near = Spelling.nearest(name.lowercased(), in: names) { return near }
        guard word.count > 2 else { return nil }
        let parts = names.filter { plain($0).hasSuffix(word) || plain($0).hasPrefix(word) }
        return parts.count == 1 ? parts[0] : nil
    }
}
