import Identifiers
package import JSONText
package import ProgramSupport
package import Schemas

/// A write disposition in dlt's forms: a name, a merge strategy by name, or a dictionary.
package struct WriteDispositionHint: Sendable, Equatable {
    package var disposition: WriteDisposition
    package var strategy: MergeStrategy?
    /// The whole dictionary, for settings that only some strategies use.
    package var details: JSONObject = [:]

    package static let append = WriteDispositionHint(disposition: .append)
    package static let merge = WriteDispositionHint(disposition: .merge)
    static let replace = WriteDispositionHint(disposition: .replace)

    private init(disposition: WriteDisposition) { self.disposition = disposition }

    /// The loader decides how a replace is carried out: it is stored in the manifest. dlt does not store it in the
    /// schema.
    package var replaceStrategy: String? { disposition == .replace ? details["strategy"]?.stringValue : nil }

    package init(_ value: JSONValue) throws(ProgramError) {
        switch value {
        case .string(let name): try self.init(name: name)
        case .object(let details):
            try self.init(name: details["disposition"]?.stringValue ?? "merge")
            self.details = details
            if let strategy = details["strategy"]?.stringValue,
                !(disposition == .replace && ReplaceStrategy(rawValue: strategy) != nil)
            {
                guard let known = MergeStrategy(rawValue: strategy) else {
                    throw WriteDispositionHint.unknown(strategy)
                }
                self.strategy = known
            }
        default: throw WriteDispositionHint.unknown(value.serialized())
        }
    }

    private init(name: String) throws(ProgramError) {
        if let disposition = WriteDisposition(rawValue: name) {
            self.disposition = disposition
        } else if let strategy = MergeStrategy(rawValue: name) {
            disposition = .merge
            self.strategy = strategy
        } else {
            throw WriteDispositionHint.unknown(name)
        }
    }

    static func unknown(_ name: String) -> ProgramError {
        ProgramError(
            .usage, "unable to use write disposition \(name): there is none of that name",
            hint:
                "use append, replace, merge, skip, \(MergeStrategy.names.joined(separator: ", ")), or dlt's dictionary as JSON"
        )
    }
}

extension WriteDispositionHint {
    /// Adds it to the table of a resource.
    func apply(to table: inout Table, _ naming: Naming) {
        table.properties["write_disposition"] = .string(disposition.rawValue)
        if let strategy { table.properties["x-merge-strategy"] = .string(strategy.rawValue) }
        if details["deduplicated"]?.boolValue == true { table.properties["x-stage-data-deduplicated"] = true }
        if let boundary = details["boundary_timestamp"] { table.properties["x-boundary-timestamp"] = boundary }
        guard strategy == .history else { return }

        let validity = details["validity_column_names"]?.arrayValue?.compactMap(\.stringValue) ?? []
        func add(_ name: String, _ hints: JSONObject) {
            var column = table[column: name] ?? Column(name: name)
            for (key, value) in hints.members { column.hints[key] = value }
            table.put(column)
        }
        add(
            validity.first.map(naming.normalizePath) ?? "_dlt_valid_from",
            ["data_type": "timestamp", "nullable": true, "x-valid-from": true])
        add(
            validity.dropFirst().first.map(naming.normalizePath) ?? "_dlt_valid_to",
            [
                "data_type": "timestamp", "nullable": true, "x-valid-to": true,
                "x-active-record-timestamp": details["active_record_timestamp"] ?? .null,
            ])
        add(
            details["row_version_column_name"]?.stringValue.map(naming.normalizePath) ?? SystemColumns.id,
            ["nullable": false, "x-row-version": true, "unique": false, "row_key": false])
    }
}
