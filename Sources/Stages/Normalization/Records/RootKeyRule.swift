import JSONText
import Schemas

/// What tables pass on to the tables below them, and how their rows are identified.
enum RootKeyRule {
    /// The merge strategy of a table's chain; nil when its disposition is not merge.
    static func mergeStrategy(of table: String, in schema: Schema) -> MergeStrategy? {
        guard schema.writeDisposition(of: table) == .merge else { return nil }
        guard let name = schema.inherited("x-merge-strategy", of: table)?.stringValue else { return .deleteInsert }
        return MergeStrategy(rawValue: name)
    }

    static func identity(of table: String, in schema: Schema) -> RootIdentity {
        switch mergeStrategy(of: table, in: schema) {
        case .upsert, .insertOnly: return .keyHash
        case .history:
            let version = schema[table: table]?.columns(with: "x-row-version").first?.name
            return version == SystemColumns.id ? .rowHash : .random
        default: return .random
        }
    }

    /// Decides for all tables of the schema whether they have root keys.
    static func set(_ isWanted: Bool, in schema: inout Schema) {
        var json = schema.normalizers["json"]?.objectValue ?? [:]
        var config = json["config"]?.objectValue ?? [:]
        config["root_key_propagation"] = .bool(isWanted)
        json["config"] = .object(config)
        schema.normalizers["json"] = .object(json)
    }

    /// Turns on the root key for the chain of `table`, if the rule requires it. It stays on.
    static func apply(to schema: inout Schema, chainOf table: String) {
        guard let root = schema.root(of: table), !root.isSystem else { return }
        guard isWanted(for: root, in: schema) else { return }
        var json = schema.normalizers["json"]?.objectValue ?? [:]
        var config = json["config"]?.objectValue ?? [:]
        var propagation = config["propagation"]?.objectValue ?? [:]
        var tables = propagation["tables"]?.objectValue ?? [:]
        var own = tables[root.name]?.objectValue ?? [:]
        let source = root.columns(with: "row_key").first?.name ?? SystemColumns.id
        own[source] = .string(SystemColumns.rootID)
        tables[root.name] = .object(own)
        propagation["tables"] = .object(tables)
        config["propagation"] = .object(propagation)
        json["config"] = .object(config)
        schema.normalizers["json"] = .object(json)
    }

    private static func isWanted(for root: Table, in schema: Schema) -> Bool {
        switch schema.normalizers["json"]?["config", "root_key_propagation"]?.boolValue {
        case true?: return true
        case nil:
            let strategy = mergeStrategy(of: root.name, in: schema)
            if let strategy, strategy != .history { return true }
        case false?: break
        }
        return schema.chain(from: root.name).dropFirst().contains { !$0.columns(with: "root_key").isEmpty }
    }

    /// Columns of a table whose values go to all rows below, with their names there.
    static func propagation(
        from table: String, isRoot: Bool, in schema: Schema
    ) -> [(column: String, name: String)] {
        guard let rules = schema.normalizers["json"]?["config", "propagation"] else { return [] }
        let common = isRoot ? rules["root"]?.objectValue?.members ?? [] : []
        let own = rules["tables"]?[table]?.objectValue?.members ?? []
        return (common + own).compactMap { member in member.value.stringValue.map { (member.key, $0) } }
    }
}

/// How the rows of a root table get their `_dlt_id`.
enum RootIdentity: Equatable {
    case random
    /// Digest of the primary key's values: for merge strategies that find rows by id.
    case keyHash
    /// Digest of the whole item: for scd2, where another content is another row.
    case rowHash
}
