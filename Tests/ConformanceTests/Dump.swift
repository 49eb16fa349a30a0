import JSONText
import SQLite
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

extension Dump {
    init(database path: String) throws {
        step = [:]
        let database = try Database.open(path, flags: .readOnly)
        var names: [String] = []
        let listing = try database.prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        while try listing.step() { names.append(listing.string(0)) }
        names.sort { ExactString($0) < ExactString($1) }

        var tables: JSONObject = [:]
        for name in names { tables[name] = try dump(table: name, of: database) }

        step = ["schema": .null, "version_hash": .null, "state": .null, "tables": .object(tables)]
        func system(_ role: String) -> String? {
            names.first { isSystemTable($0) && $0.drop { $0 == "_" }.lowercased() == role }
                .map(Database.quoteIdentifier)
        }
        if let table = system("dlt_loads") {
            let statement = try database.prepare("SELECT load_id, schema_version_hash FROM \(table) ORDER BY rowid")
            var hash = ""
            while try statement.step() {
                loads.append(statement.string(0))
                hash = statement.string(1)
            }
            if !loads.isEmpty, let versions = system("dlt_version") {
                step["version_hash"] = .string(hash)
                let stored = try database.prepare("SELECT schema FROM \(versions) WHERE version_hash = ?")
                try stored.bind(1, hash)
                if try stored.step() { step["schema"] = comparable(try JSONValue(parsing: stored.text(0))) }
            }
        }
        if let table = system("dlt_pipeline_state") {
            let statement = try database.prepare(
                "SELECT version, engine_version, version_hash FROM \(table) ORDER BY rowid DESC LIMIT 1")
            if try statement.step() {
                step["state"] = [
                    "version": .integer(statement.int64(0)), "engine_version": .integer(statement.int64(1)),
                    "version_hash": statement.isNull(2) ? .null : .string(statement.string(2)),
                ]
            }
        }
    }

    private mutating func dump(table name: String, of database: Database) throws -> JSONValue {
        var columns: [(name: String, type: String, notNull: Int64)] = []
        let info = try database.prepare("PRAGMA table_info(\(Database.quoteIdentifier(name)))")
        while try info.step() { columns.append((info.string(1), info.string(2), info.int64(3))) }
        let described = JSONValue.array(
            columns.map { .array([.string($0.name), .string($0.type), .integer($0.notNull)]) })
        let quoted = Database.quoteIdentifier(name)
        if isSystemTable(name) {
            return [
                "columns": described, "rows": .integer(try database.integer("SELECT count(*) FROM \(quoted)") ?? 0),
            ]
        }
        // A scan is in rowid order; a column may be named rowid.
        let select = columns.map { Database.quoteIdentifier($0.name) }.joined(separator: ", ")
        let statement = try database.prepare("SELECT \(select) FROM \(quoted)")
        var rows: [JSONValue] = []
        while try statement.step() {
            var row: JSONObject = [:]
            for (index, column) in columns.enumerated() {
                guard let value = cell(statement, index, declared: column.type) else { continue }
                if column.name == "_dlt_id", let text = value.stringValue { ids.insert(ExactString(text)) }
                row[column.name] = value
            }
            rows.append(.object(row))
        }
        return ["columns": described, "rows": .array(rows)]
    }

    private func cell(_ statement: Statement, _ index: Int, declared: String) -> JSONValue? {
        switch statement.type(index) {
        case .null: return nil
        case .integer: return .integer(statement.int64(index))
        case .float: return realCell(statement.double(index))
        case .blob: return ["hex": .string(hex(statement.blob(index)))]
        case .text:
            guard declared.uppercased() == "JSON" else { return .string(statement.string(index)) }
            if let parsed = try? JSONValue(parsing: statement.text(index)) { return ["json": parsed] }
            return ["invalid json": .string(statement.string(index))]
        }
    }

    private func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
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
