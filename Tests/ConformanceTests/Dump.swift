import JSONText
import SystemIO
import Zstd

/// What a step left behind, as values that two runs agree on once `fold` has been applied.
struct Dump {
    /// `schema`, `version_hash`, `state` and `tables`; or `error` and `message`.
    var step: JSONObject
    var loads: [String] = []
    var ids: Set<ExactString> = []

    static let idColumns = ["_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_list_idx"]

    static func failure(_ status: JSONValue, _ message: String) -> Dump {
        Dump(step: ["error": status, "message": .string(message)])
    }
}

func isSystemTable(_ name: String) -> Bool {
    let plain = name.drop { $0 == "_" }.lowercased()
    return ["dlt_version", "dlt_loads", "dlt_pipeline_state"].contains(plain)
}

private func comparable(_ schema: JSONValue) -> JSONValue {
    guard case .object(var object) = schema else { return schema }
    for key in ["version", "version_hash", "previous_hashes", "imported_version_hash"] { object[key] = nil }
    return .object(object)
}

// MARK: - Databases

/// A database, as its own library reads it.
protocol ConformanceDatabase {
    /// All tables of the dataset; throws where there are others.
    func tableNames() throws -> [String]

    /// Name, type, 1 when it must not be null, and whatever else the database knows of a column, in the table's order.
    func columns(of table: String) throws -> [[JSONValue]]

    /// Rows in the order of a scan, without nulls; the README says how a value is written.
    func rows(of table: String, columns: [(name: String, type: String)]) throws -> [JSONObject]

    /// Rows of dlt's own tables, as text.
    func query(_ sql: String) throws -> [[String?]]
}

func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

extension Dump {
    init(_ database: some ConformanceDatabase) throws {
        step = [:]
        let names = try database.tableNames().sorted { ExactString($0) < ExactString($1) }
        var tables: JSONObject = [:]
        for name in names { tables[name] = try dump(table: name, of: database) }
        step = ["schema": .null, "version_hash": .null, "state": .null, "tables": .object(tables)]
        func system(_ role: String) -> String? {
            names.first { isSystemTable($0) && $0.drop { $0 == "_" }.lowercased() == role }.map(quoted)
        }
        if let table = system("dlt_loads") {
            let records = try database.query("SELECT load_id, schema_version_hash FROM \(table) ORDER BY rowid")
            loads = records.map { $0[0] ?? "" }
            if let hash = records.last?[1], let versions = system("dlt_version") {
                step["version_hash"] = .string(hash)
                let stored = try database.query("SELECT schema FROM \(versions) WHERE version_hash = '\(hash)'")
                if let text = stored.first?[0] { step["schema"] = comparable(try JSONValue(parsing: text)) }
            }
        }
        if let table = system("dlt_pipeline_state") {
            let newest = try database.query(
                "SELECT version, engine_version, version_hash FROM \(table) ORDER BY rowid DESC LIMIT 1")
            if let row = newest.first {
                step["state"] = [
                    "version": .number(row[0] ?? ""), "engine_version": .number(row[1] ?? ""),
                    "version_hash": row[2].map { .string($0) } ?? .null,
                ]
            }
        }
    }

    private mutating func dump(table name: String, of database: some ConformanceDatabase) throws -> JSONValue {
        let columns = try database.columns(of: name)
        let described = JSONValue.array(columns.map { .array($0) })
        if isSystemTable(name) {
            let count = try database.query("SELECT count(*) FROM \(quoted(name))").first?[0]
            return ["columns": described, "rows": .number(count ?? "")]
        }
        let rows = try database.rows(
            of: name, columns: columns.map { ($0[0].stringValue ?? "", $0[1].stringValue ?? "") })
        ids.formUnion(rows.compactMap { $0["_dlt_id"]?.stringValue }.map { ExactString($0) })
        return ["columns": described, "rows": .array(rows.map { .object($0) })]
    }
}

/// A text in a JSON column, as parsed.
func jsonCell(_ text: String) -> JSONValue {
    if let parsed = try? JSONValue(parsing: text) { return ["json": parsed] }
    return ["invalid json": .string(text)]
}

// MARK: - Packages

extension Dump {
    /// What dlt-normalize made, by the package lines it printed. Without the toolkit's own reader on purpose.
    init(packageLines: String) throws {
        var path: String?
        for line in packageLines.split(separator: "\n") where path == nil {
            path = try JSONValue(parsing: String(line))["path"]?.stringValue
        }
        guard let path else { throw ConformanceCase.Malformed(what: "no package was named: \(packageLines)") }
        let schema = try ConformanceCase.read(Paths.join(path, "schema.json"))
        let jobs = Paths.join(path, "jobs")
        var files: [(table: String, number: Int, file: String)] = []
        for file in try Files.list(jobs) where file.hasSuffix(".jsonl.zst") {
            let parts = file.split(separator: ".")
            files.append((String(parts[0]), Int(parts[1]) ?? 0, file))
        }
        files.sort { (ExactString($0.table), $0.number) < (ExactString($1.table), $1.number) }
        var rows: JSONObject = [:]
        for (table, _, file) in files where !isSystemTable(table) {
            let bytes = try Decompressor.decompress(Files.readAll(Paths.join(jobs, file)))
            var found = rows[table]?.arrayValue ?? []
            for line in bytes.split(separator: 0x0A) {
                let row = try JSONValue(parsing: Array(line))
                var kept: JSONObject = [:]
                for column in Dump.idColumns {
                    if let value = row[column], !value.isNull { kept[column] = value }
                }
                if let id = kept["_dlt_id"]?.stringValue { ids.insert(ExactString(id)) }
                found.append(.object(kept))
            }
            rows[table] = .array(found)
        }
        var tables: JSONObject = [:]
        for (table, found) in rows.members { tables[table] = ["rows": found] }
        step = [
            "schema": comparable(schema), "version_hash": schema["version_hash"] ?? .null, "tables": .object(tables),
        ]
    }
}

// MARK: - Folding

extension Dump {
    /// Random ids become structure: `load:<n>` and `id:<n>`; parts of the schema that never vary become "standard".
    func folded(literal: Set<ExactString>, unordered: Bool) -> JSONValue {
        var step = step
        var known: [ExactString: String] = [:]
        for (index, load) in loads.enumerated() { known[ExactString(load)] = "load:\(index + 1)" }
        if unordered {
            for (index, time) in validityTimes.enumerated() { known[ExactString(time)] = "time:\(index + 1)" }
            step["tables"] = sorted(known)
        }
        if case .object(var tables)? = step["tables"] {
            var numbered: [ExactString: String] = [:]
            for name in tables.keys.sorted(by: { ExactString($0) < ExactString($1) }) where !isSystemTable(name) {
                guard case .object(var table)? = tables[name], case .array(let rows)? = table["rows"] else { continue }
                table["rows"] = .array(
                    rows.map { row in
                        guard case .object(var cells) = row else { return row }
                        for (column, value) in cells.members {
                            guard case .string(let text) = value else { continue }
                            let exact = ExactString(text)
                            if let load = known[exact] {
                                cells[column] = .string(load)
                            } else if ids.contains(exact), !literal.contains(exact) {
                                let id = numbered[exact] ?? "id:\(numbered.count + 1)"
                                numbered[exact] = id
                                cells[column] = .string(id)
                            }
                        }
                        return .object(cells)
                    })
                tables[name] = .object(table)
            }
            step["tables"] = .object(tables)
        }
        if let schema = step["schema"], !schema.isNull { step["schema"] = abbreviated(schema) }
        return .object(step)
    }

    // MARK: Rows in no order

    /// A recorded step, to be brought into the same order as what came.
    init(expected: JSONValue) {
        step = expected.objectValue ?? [:]
        for (_, row) in rows {
            if let id = row["_dlt_id"]?.stringValue { ids.insert(ExactString(id)) }
        }
    }

    private var rows: [(table: String, row: JSONObject)] {
        (step["tables"]?.objectValue?.members ?? []).filter { !isSystemTable($0.key) }.flatMap { name, table in
            (table["rows"]?.arrayValue ?? []).compactMap { row in row.objectValue.map { (name, $0) } }
        }
    }

    /// Times at which loads made versions begin and end, in order. Those that were given lie before 2025 or far ahead.
    private var validityTimes: [String] {
        var found: Set<String> = []
        for (name, table) in step["schema"]?["tables"]?.objectValue?.members ?? [] {
            let columns = (table["columns"]?.objectValue?.members ?? []).filter { _, hints in
                hints["x-valid-from"]?.boolValue == true || hints["x-valid-to"]?.boolValue == true
            }
            for (table, row) in rows where table == name {
                let times = columns.compactMap { row[$0.key]?.stringValue }
                found.formUnion(times.filter { ("2025"..<"2100").contains($0) })
            }
        }
        return found.sorted()
    }

    /// The tables with their rows ordered by what they hold, an id by the rows that have it.
    private func sorted(_ known: [ExactString: String]) -> JSONValue? {
        guard case .object(var tables)? = step["tables"] else { return step["tables"] }
        var colors: [ExactString: String] = [:]
        func color(_ row: JSONObject) -> String {
            var cells = JSONObject()
            for (column, value) in row.members {
                guard case .string(let text) = value else {
                    cells[column] = value
                    continue
                }
                let exact = ExactString(text)
                cells[column] = .string(
                    ids.contains(exact) ? "(\(colors[exact] ?? ""))" : known[exact] ?? text)
            }
            return JSONValue.object(cells).serialized(.sorted)
        }
        // From the rows' own values outwards, as far as links reach.
        for _ in 0..<4 {
            var refined: [ExactString: [String]] = [:]
            for (name, row) in rows {
                guard let id = row["_dlt_id"]?.stringValue, ids.contains(ExactString(id)) else { continue }
                var others = row
                others["_dlt_id"] = nil
                refined[ExactString(id), default: []].append(name + color(others))
            }
            colors = refined.mapValues { String($0.sorted().joined(separator: "\n").hashValue) }
        }
        for (name, table) in tables.members where !isSystemTable(name) {
            guard case .object(var fields) = table, let rows = fields["rows"]?.arrayValue else { continue }
            let keyed = rows.map { (key: color($0.objectValue ?? [:]), row: $0) }
            fields["rows"] = .array(keyed.sorted { $0.key < $1.key }.map(\.row))
            tables[name] = .object(fields)
        }
        return .object(tables)
    }

    /// What can be compared with a result of another kind of database.
    mutating func leaveOutColumns() {
        guard case .object(var tables)? = step["tables"] else { return }
        for (name, table) in tables.members {
            guard case .object(var fields) = table else { continue }
            fields["columns"] = nil
            tables[name] = .object(fields)
        }
        step["tables"] = .object(tables)
        step["state"] = nil
    }

    private func abbreviated(_ schema: JSONValue) -> JSONValue {
        guard case .object(var object) = schema else { return schema }
        let standard = ConformanceCase.standard
        if case .object(var tables)? = object["tables"] {
            for (name, table) in tables.members {
                guard let usual = standard["tables", name], differences(usual, table).isEmpty else { continue }
                tables[name] = "standard"
            }
            object["tables"] = .object(tables)
        }
        if let settings = object["settings"], let usual = standard["settings"], differences(usual, settings).isEmpty {
            object["settings"] = "standard"
        }
        return .object(object)
    }
}

/// The ids of an expectation that stand for themselves.
func literalIDs(_ expectation: [JSONValue]) -> Set<ExactString> {
    var found: Set<ExactString> = []
    for step in expectation {
        for (name, table) in step["tables"]?.objectValue?.members ?? [] where !isSystemTable(name) {
            for row in table["rows"]?.arrayValue ?? [] {
                for column in Dump.idColumns {
                    if let id = row[column]?.stringValue, !id.hasPrefix("id:") { found.insert(ExactString(id)) }
                }
            }
        }
    }
    return found
}
