import OpenAPI

/// Types of columns that the values alone would not show.
struct ColumnRules {
    let description: Description

    private static let maximumColumns = 200

    func judge(_ endpoint: inout Endpoint) {
        guard let item = endpoint.item(description), endpoint.records?.value.areScalars == false else { return }
        for property in item.properties where endpoint.columns.count < Self.maximumColumns {
            if let type = type(of: description.shape(property.origin)) {
                endpoint.columns.append((property.name, type))
            }
        }
    }

    private func type(of shape: Shape) -> String? {
        guard shape.types.count == 1, let type = shape.types.first, let format = shape.format else { return nil }
        switch (type, format) {
        case ("string", "int64"): return "bigint"
        case ("string", "decimal"), ("number", "decimal"): return "decimal"
        case ("string", "date-time"): return "timestamp"
        case ("string", "byte"), ("string", "binary"): return "binary"
        default: return nil
        }
    }
}

/// Decides whether new and changed records can be asked for.
struct CursorRules {
    let description: Description

    private static let changes: Set<String> = ["updated", "modified", "changed", "update", "modify", "change"]
    private static let additions: Set<String> = ["created", "added", "creation", "create"]
    private static let ends: Set<String> = ["before", "until", "to", "end", "max", "lt", "lte", "less", "on"]
    private static let fillers: Set<String> = [
        "since", "after", "from", "at", "date", "time", "start", "min", "gte", "gt", "ge", "timestamp", "datetime",
        "on",
        "last", "utc", "filter", "greater", "than", "or", "equal",
    ]

    /// Words by which a parameter asks for everything from a time on.
    private static let openings: Set<String> = ["since", "after", "from", "start", "min", "gte", "gt", "ge", "greater"]
    /// The same in its description.
    private static let laters: Set<String> = ["since", "after", "later", "newer", "greater"]

    func judge(_ endpoint: inout Endpoint) {
        guard let item = endpoint.item(description) else { return }
        for parameter in endpoint.operation.parameters(in: .query) {
            let words = Words.of(parameter.name)
            guard Set(words).isDisjoint(with: Self.ends), words.contains(where: Self.fillers.contains),
                let stem = words.first(where: { Self.changes.contains($0) || Self.additions.contains($0) }),
                Set(words).isSubset(of: Self.fillers.union([stem])), parameter.shape.types.contains("string")
            else { continue }
            let field = item.properties.first { property in
                let own = Words.of(property.name)
                return own.contains(stem) && Set(own).isSubset(of: Self.fillers.union([stem]))
                    && description.shape(property.origin).format == "date-time"
            }
            guard let field else { continue }
            let isChange = Self.changes.contains(stem)
            // A filter by one exact time would find nothing at all.
            let isOpen =
                words.contains(where: Self.openings.contains)
                || Words.of(parameter.description).contains(where: Self.laters.contains)
            endpoint.cursor = IncrementalDraft(
                parameter: parameter.name, field: field.name, isDoubtful: !(isChange && isOpen),
                reason: !isChange
                    ? "\(Comments.line(parameter.name)) finds new records, but no changed ones"
                    : isOpen
                        ? "\(Comments.line(parameter.name)) asks for records by \(Comments.line(field.name))"
                        : "\(Comments.line(parameter.name)) may ask for one time only")
            if isChange && isOpen { return }
        }
    }
}
