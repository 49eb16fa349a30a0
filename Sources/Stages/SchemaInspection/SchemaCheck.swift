import DataContracts
import Identifiers
import JSONText
import Schemas

/// Finds everything in a schema that dlt or these programs would refuse or ignore.
struct SchemaCheck {
    struct Problem: Sendable {
        let place: String
        let reason: String
        /// Otherwise it is probably a mistake, but works.
        let isError: Bool
    }

    private let schema: Schema
    private(set) var problems: [Problem] = []

    init(_ schema: Schema) {
        self.schema = schema
        checkNormalizers()
        checkSettings()
        for table in schema.tables { check(table) }
    }

    private mutating func error(_ place: String, _ reason: String) {
        problems.append(Problem(place: place, reason: reason, isError: true))
    }

    private mutating func warning(_ place: String, _ reason: String) {
        problems.append(Problem(place: place, reason: reason, isError: false))
    }

    // MARK: Normalizers and settings

    private var naming: Naming? { try? Naming(named: schema.normalizers["names"]?.stringValue ?? "snake_case") }

    private mutating func checkNormalizers() {
        guard let name = schema.normalizers["names"]?.stringValue else {
            return warning("normalizers.names", "no naming convention; snake_case is assumed")
        }
        do throws(IdentifierError) { _ = try Naming(named: name) } catch { self.error("normalizers.names", "\(error)") }
    }

    private static let hintNames: Set<String> = [
        "not_null", "partition", "cluster", "primary_key", "merge_key", "incremental", "foreign_key", "sort", "unique",
        "row_key", "parent_key", "root_key", "hard_delete", "dedup_sort",
    ]

    private mutating func checkSettings() {
        do throws(SchemaDocumentError) { _ = try HintRules(settings: schema.settings) } catch {
            self.error(error.place, error.reason)
        }
        for hint in schema.settings["default_hints"]?.objectValue?.keys ?? []
        where !SchemaCheck.hintNames.contains(hint) {
            error("settings.default_hints.\(hint)", "there is no such hint" + suggestion(hint, SchemaCheck.hintNames))
        }
        checkContract(schema.settings["schema_contract"], at: "settings.schema_contract")
        for key in schema.settings.keys
        where !["schema_contract", "detections", "default_hints", "preferred_types"].contains(key) {
            error("settings.\(key)", "there is no such setting")
        }
    }

    private mutating func checkContract(_ value: JSONValue?, at place: String) {
        let modes: Set<String> = ["evolve", "discard_value", "freeze", "discard_row"]
        switch value {
        case nil, .null?: return
        case .string(let mode)?:
            if !modes.contains(mode) { error(place, "there is no mode '\(mode)'" + suggestion(mode, modes)) }
        case .object(let entities)?:
            for (entity, mode) in entities.members {
                if !["tables", "columns", "data_type"].contains(entity) {
                    error("\(place).\(entity)", "expected tables, columns or data_type")
                } else if !mode.isNull, !modes.contains(mode.stringValue ?? "") {
                    error(
                        "\(place).\(entity)",
                        "\(mode.serialized()) is not one of \(modes.sorted().joined(separator: ", "))")
                }
            }
        default: error(place, "expected a mode, or modes for tables, columns and data_type")
        }
    }

    // MARK: Tables

    private mutating func check(_ table: Table) {
        let place = "tables.\(table.name)"
        for key in table.properties.keys where !TableHints.names.contains(key) && !key.hasPrefix("x-") {
            error("\(place).\(key)", "tables have no such property" + suggestion(key, TableHints.names))
        }
        for key in ["description", "parent", "resource"] {
            if let value = table.properties[key], !value.isNull, value.stringValue == nil {
                error("\(place).\(key)", "expected a text")
            }
        }
        if let value = table.properties["write_disposition"], !value.isNull, table.writeDisposition == nil {
            error("\(place).write_disposition", "\(value.serialized()) is not one of append, replace, merge, skip")
        }
        checkContract(table.properties["schema_contract"], at: "\(place).schema_contract")
        do throws(ModelError) { try TableModel.check(table) } catch {
            self.error("\(place).\(TableModel.Hint.schema)", "\(error)")
        }
        checkParent(of: table, at: place)
        checkReferences(of: table, at: place)
        checkName(table.name, at: place) { $0.normalizeTablesPath($1) }
        for column in table.columns { check(column, at: "\(place).columns.\(column.name)") }
        checkCollisions(of: table, at: place)
    }

    private mutating func checkParent(of table: Table, at place: String) {
        guard let parent = table.parent else { return }
        if schema[table: parent] == nil {
            error(
                "\(place).parent", "there is no table '\(parent)'" + suggestion(parent, Set(schema.tables.map(\.name))))
        } else if schema.root(of: table.name)?.parent != nil {
            error("\(place).parent", "its parents lead back to itself")
        }
        if table.properties["write_disposition"]?.isNull == false {
            warning("\(place).write_disposition", "a nested table inherits this from its parent")
        }
    }

    private mutating func checkReferences(of table: Table, at place: String) {
        guard let references = table.properties["references"], !references.isNull else { return }
        guard let items = references.arrayValue else { return error("\(place).references", "expected a list") }
        for (index, reference) in items.enumerated() {
            let place = "\(place).references[\(index)]"
            guard let other = reference["referenced_table"]?.stringValue else {
                error(place, "referenced_table is missing")
                continue
            }
            let columns = reference["columns"]?.arrayValue ?? []
            if columns.isEmpty || columns.count != reference["referenced_columns"]?.arrayValue?.count {
                error(place, "columns and referenced_columns must be lists of the same length")
            }
            for column in columns.compactMap(\.stringValue) where table[column: column] == nil {
                error(place, "there is no column '\(column)' in '\(table.name)'")
            }
            if schema[table: other] == nil { warning(place, "there is no table '\(other)'") }
        }
    }

    private mutating func checkName(_ name: String, at place: String, _ normalize: (Naming, String) -> String) {
        guard let naming else { return }
        let normal = normalize(naming, name)
        if ExactString(normal) != ExactString(name) {
            warning(place, "the naming convention \(naming.name) makes this '\(normal)'")
        }
    }

    private mutating func checkCollisions(of table: Table, at place: String) {
        var seen: [String: String] = [:]
        for column in table.columns {
            let folded = column.name.lowercased()
            if let other = seen[folded] {
                warning("\(place).columns.\(column.name)", "most destinations treat this and '\(other)' as one column")
            }
            seen[folded] = column.name
        }
    }

    // MARK: Columns

    private mutating func check(_ column: Column, at place: String) {
        for (key, value) in column.hints.members where !value.isNull {
            if ColumnHints.flags.contains(key) {
                if value.boolValue == nil { error("\(place).\(key)", "expected true or false") }
            } else if key == "precision" || key == "scale" {
                if (value.intValue ?? -1) < 0 { error("\(place).\(key)", "expected a number, zero or more") }
            } else if key == "dedup_sort" {
                if value.stringValue != "asc" && value.stringValue != "desc" {
                    error("\(place).\(key)", "expected asc or desc")
                }
            } else if key == "foreign_key" {
                warning("\(place).\(key)", "dlt no longer supports this hint; use the table's references")
            } else if !ColumnHints.names.contains(key) && !key.hasPrefix("x-") {
                error("\(place).\(key)", "columns have no such hint" + suggestion(key, Set(ColumnHints.names)))
            }
        }
        if column.has("primary_key") && column.hints["nullable"]?.boolValue == true {
            warning("\(place).nullable", "a column of the primary key should not be nullable")
        }
        checkName(column.name, at: place) { $0.normalizePath($1) }
    }

    // MARK: Suggestions

    private func suggestion(_ name: String, _ known: Set<String>) -> String {
        Spelling.nearest(name, in: known).map { "; did you mean '\($0)'?" } ?? ""
    }
}
