import DateTimes

/// Which loads' rows are wanted.
enum LoadChoice {
    case newest(Int)
    case since(Int64)
    case these([String])

    init(_ text: String) throws(QueryTextError) {
        let word = text.trimmed
        if word == "latest" {
            self = .newest(1)
        } else if word.hasPrefix("last:") {
            guard let count = Int(word.dropFirst(5)), count > 0 else {
                throw QueryTextError(5, "a number of loads is expected", hint: "for example last:3")
            }
            self = .newest(count)
        } else if word.hasPrefix("since:") {
            let bytes = Array(word.dropFirst(6).utf8)
            guard let time = bytes.withUnsafeBufferPointer({ TemporalCoercion.timestamp(text: $0) }) else {
                throw QueryTextError(6, "a date or a time is expected", hint: "for example since:2024-01-31")
            }
            self = .since(time)
        } else {
            let ids = word.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
            // Ids are times. Anything else would be a load that nothing has, and the answer would be no rows.
            guard !ids.isEmpty, ids.allSatisfy({ $0.first.map { ("0"..."9").contains($0) } ?? false }) else {
                throw QueryTextError(
                    0, "latest, last:N, since:DATE or load ids are expected",
                    hint: "for example latest, last:3, since:2024-01-31 or 1706774400.123456")
            }
            self = .these(ids)
        }
    }

    /// Their ids, as they stand in parentheses after IN.
    func ids(_ loads: QueryTables.LoadsTable?, _ dialect: any QueryDialect) throws(QueryTextError) -> String {
        if case .these(let ids) = self { return ids.map { dialect.quote(text: $0) }.joined(separator: ", ") }
        guard let loads else {
            throw QueryTextError(0, "the dataset has no table of loads", hint: "name the load by its id")
        }
        let columns = (dialect.quote(loads.loadID), dialect.quote(loads.status), dialect.quote(loads.insertedAt))
        let start = "SELECT \(columns.0) FROM \(dialect.table(loads.name)) WHERE \(columns.1) = 0"
        if case .since(let time) = self {
            return "\(start) AND \(columns.2) >= \(dialect.timestamp(time, hasZone: true))"
        }
        guard case .newest(let count) = self else { return "NULL" }
        // A limit inside IN, which some databases have only in a table of its own.
        let id = dialect.ordered(columns.0)
        return """
            SELECT \(columns.0) FROM (\(start) ORDER BY \(columns.2) DESC, \(id) DESC LIMIT \(count)) AS "newest"
            """
    }
}
