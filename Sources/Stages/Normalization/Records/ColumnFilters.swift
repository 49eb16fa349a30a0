import Identifiers
import JSONText
import Schemas

/// The `filters` of a table and of the tables above it: regular expressions on the path of a column relative to the
/// table that has them. Columns that match `excludes` are left out, unless they match `includes` too.
struct ColumnFilters {
    private struct Level {
        /// Keys from the table with the filters down to this one.
        let path: [String]
        let excludes: [NameRule]
        let includes: [NameRule]
    }

    private let levels: [Level]
    private let separator: String

    /// Refuses a schema with a malformed rule: the columns it should leave out would be loaded.
    static func check(_ schema: Schema) throws(SchemaDocumentError) {
        for table in schema.tables {
            guard let filters = table.properties["filters"] else { continue }
            for key in ["excludes", "includes"] {
                for rule in filters[key]?.arrayValue ?? [] {
                    _ = try HintRules.rule(rule, at: "tables.\(table.name).filters.\(key)")
                }
            }
        }
    }

    /// nil when no table above has filters.
    init?(of fragments: [String], in schema: Schema, _ naming: Naming) {
        separator = naming.separator
        levels = fragments.indices.compactMap { index in
            let name = naming.shortenFragments(Array(fragments[...index]))
            guard let filters = schema[table: name]?.properties["filters"] else { return nil }
            func rules(_ key: String) -> [NameRule] {
                (filters[key]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { try? NameRule($0) } }
            }
            return Level(
                path: Array(fragments[(index + 1)...]), excludes: rules("excludes"), includes: rules("includes"))
        }
        if levels.isEmpty { return nil }
    }

    func exclude(_ column: String) -> Bool {
        levels.contains { level in
            let path = (level.path + [column]).joined(separator: separator)
            return level.excludes.contains { $0.matches(path) } && !level.includes.contains { $0.matches(path) }
        }
    }
}
