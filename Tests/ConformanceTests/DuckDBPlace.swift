import DuckDB
import JSONText
import SystemIO
import TestSupport

/// A file of DuckDB. Of what dlt makes there, `duckdb.json` has what is other than in SQLite.
struct DuckDBPlace: ConformancePlace {
    let name = "DuckDB"
    /// Neither the name of the file nor one that a naming convention changes.
    static let dataset = "loaded_data"

    var cases: [ConformanceCase] {
        ConformanceCase.all.filter { $0.differs["duckdb"] == nil && !$0.steps.contains { $0.isSchemaOnly } }
            .map { conformance in
                var here = conformance
                // dlt has the strategy here, so that columns and state are compared, too.
                if conformance.judge != nil { here.isRowsOnly = false }
                return here
            }
    }

    func arguments(_ work: WorkDirectory) -> [String] {
        ["duckdb:///" + work.path("x.duckdb"), "--dataset", DuckDBPlace.dataset]
    }

    func dump(_ work: WorkDirectory) throws -> Dump? {
        let path = work.path("x.duckdb")
        guard Files.exists(path) else { return nil }
        let database = try Database.open(
            path, [("access_mode", "READ_ONLY"), ("threads", "1"), ("temp_directory", "")])
        defer { database.close() }
        // A library without time zones has no such option; all its times are UTC.
        _ = try? database.execute("SET GLOBAL TimeZone = 'UTC'")
        // A load that failed may have left a file without it.
        if try database.query("FROM duckdb_schemas() WHERE schema_name = '\(DuckDBPlace.dataset)'").isEmpty == false {
            try database.execute("USE \(DuckDBPlace.dataset)")
        }
        return try Dump(DuckDBReading(database: database))
    }

    // MARK: What is expected

    private struct Unrecorded: Error { let name: String }

    private static let record = Result {
        try ConformanceCase.read(Paths.join(ConformanceCase.folder, "duckdb.json"))
    }

    func expectation(of conformance: ConformanceCase) throws -> [JSONValue] {
        let record = try DuckDBPlace.record.get()
        let changes = record["cases", conformance.name]?.arrayValue
        // Of a case that dlt does not run, what is written for SQLite holds here, too.
        guard changes != nil || conformance.isByDesign else { throw Unrecorded(name: conformance.name) }
        var steps = JSONValue.array(
            try conformance.recorded().map { translated($0, record, hasColumns: !conformance.isRowsOnly) })
        for change in changes ?? [] {
            guard let parts = change.arrayValue, let path = parts.first?.arrayValue else {
                throw Unrecorded(name: conformance.name)
            }
            steps = try put(parts.count > 1 ? parts[1] : nil, at: path[...], in: steps)
        }
        return steps.arrayValue ?? []
    }

    /// SQLite's step with what is other in general.
    private func translated(_ step: JSONValue, _ record: JSONValue, hasColumns: Bool) -> JSONValue {
        guard case .object(var step) = step else { return step }
        if case .object(var tables)? = step["tables"] {
            for (name, table) in tables.members {
                guard case .object(var fields) = table else { continue }
                if fields["columns"] == nil, hasColumns { fields["columns"] = record["system", name] }
                if let columns = fields["columns"]?.arrayValue {
                    fields["columns"] = .array(columns.map { translated(column: $0, record) })
                }
                tables[name] = .object(fields)
            }
            step["tables"] = .object(tables)
        }
        if case .object(var state)? = step["state"], let hash = state["version_hash"]?.stringValue {
            state["version_hash"] = record["state_hashes", hash] ?? .string(hash)
            step["state"] = .object(state)
        }
        return .object(step)
    }

    private func translated(column: JSONValue, _ record: JSONValue) -> JSONValue {
        guard var parts = column.arrayValue, parts.count > 1, let type = parts[1].stringValue else { return column }
        parts[1] = record["types", type] ?? parts[1]
        return .array(parts)
    }

    private struct NoSuchPlace: Error { let key: JSONValue }

    /// The value with another at a path of keys and indices, or, where that is nil, without the one that is there.
    private func put(_ new: JSONValue?, at path: ArraySlice<JSONValue>, in value: JSONValue) throws -> JSONValue {
        guard let key = path.first else { return new ?? .null }
        func inner(_ value: JSONValue?) throws -> JSONValue? {
            if path.count == 1 { return new }
            guard let value else { throw NoSuchPlace(key: key) }
            return try put(new, at: path.dropFirst(), in: value)
        }
        switch value {
        case .object(var object):
            guard let name = key.stringValue else { throw NoSuchPlace(key: key) }
            object[name] = try inner(object[name])
            return .object(object)
        case .array(var items):
            guard let index = key.intValue, items.indices.contains(index) else { throw NoSuchPlace(key: key) }
            if let item = try inner(items[index]) { items[index] = item } else { items.remove(at: index) }
            return .array(items)
        default: throw NoSuchPlace(key: key)
        }
    }
}

private struct DuckDBReading: ConformanceDatabase {
    let database: Database

    private struct Strays: Error { let tables: [String] }

    func query(_ sql: String) throws -> [[String?]] { try database.query(sql) }

    func tableNames() throws -> [String] {
        let rows = try query(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()")
        let own = DuckDBPlace.dataset
        // dlt leaves its staging dataset behind; we leave nothing.
        let strays = rows.filter { $0[0] != own }
        if !strays.isEmpty { throw Strays(tables: strays.map { $0.map { $0 ?? "" }.joined(separator: ".") }) }
        return rows.map { $0[1] ?? "" }
    }

    func columns(of table: String) throws -> [[JSONValue]] {
        let place =
            "database_name = current_database() AND schema_name = '\(DuckDBPlace.dataset)' "
            + "AND table_name = \(Database.quoteLiteral(table))"
        var columns: [[JSONValue]] = try query(
            "SELECT column_name, data_type, (NOT is_nullable)::INTEGER, column_default FROM duckdb_columns() "
                + "WHERE \(place) ORDER BY column_index"
        ).map { row in
            [.string(row[0] ?? ""), .string(row[1] ?? ""), .number(row[2] ?? "")]
                + (row[3].map { [.string("DEFAULT \($0)")] } ?? [])
        }
        let others = try query(
            """
            SELECT constraint_type, unnest(constraint_column_names) FROM duckdb_constraints() WHERE \(place)
            AND constraint_type <> 'NOT NULL' UNION ALL SELECT sql, NULL FROM duckdb_indexes() WHERE \(place)
            """)
        for other in others {
            for index in columns.indices where other[1] == nil || columns[index][0].stringValue == other[1] {
                columns[index].append(.string(other[0] ?? ""))
            }
        }
        return columns
    }

    func rows(of table: String, columns: [(name: String, type: String)]) throws -> [JSONObject] {
        let select = columns.map { shown(quoted($0.name), $0.type) }.joined(separator: ", ")
        return try query("SELECT \(select) FROM \(quoted(table))").map { values in
            var row: JSONObject = [:]
            for (column, value) in zip(columns, values) {
                row[column.name] = value.map { cell($0, column.type) }
            }
            return row
        }
    }

    /// The type without its digits.
    private func kind(_ type: String) -> String { String(type.prefix { $0 != "(" }) }

    /// As SQLite's records have it where that loses nothing.
    private func shown(_ column: String, _ type: String) -> String {
        switch kind(type) {
        case "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS":
            "strftime(\(column)::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%f')"
        case "TIMESTAMP_NS": "strftime(\(column), '%Y-%m-%d %H:%M:%S.%n')"
        case "TIME": "strftime(DATE '2000-01-01' + \(column), '%H:%M:%S.%f')"
        case "BLOB": "lower(hex(\(column)))"
        default: column
        }
    }

    private func cell(_ text: String, _ type: String) -> JSONValue {
        switch kind(type) {
        case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT": .number(text)
        case "BOOLEAN": .integer(text == "true" ? 1 : 0)
        // Negative zero is not told from zero.
        case "DOUBLE": realCell((Double(text) ?? .nan) + 0)
        case "DECIMAL": ["decimal": .string(text)]
        case "BLOB": ["hex": .string(text)]
        case "JSON": jsonCell(text)
        default: .string(text)
        }
    }
}
