package import JSONText

/// The hints that a column can have, by dlt's names. What begins with `x-` is free.
package enum ColumnHints {
    /// Those that are true or false.
    package static let flags = [
        "nullable", "primary_key", "merge_key", "hard_delete", "unique", "timezone", "incremental", "cluster",
        "partition", "sort", "row_key", "parent_key", "root_key", "variant",
    ]
    package static let names =
        ["data_type", "precision", "scale", "dedup_sort", "description", "name"] + flags

    /// What is wrong with the hints of a column.
    package struct Mistake: Error, Sendable, Equatable {
        package let column: String
        /// The hint that is at fault.
        package let hint: String
        package let reason: String

        /// `column zip: "varchar" is not a data type: text, double, … Did you mean "text"?`
        package var text: String { "column \(column): \(reason)" }
    }

    /// Finds the first mistake in hints by column. A hint that no program knows would be kept and do nothing, which is not what
    /// somebody has meant by it.
    ///
    /// - Parameter columns: each an object of hints.
    package static func check(_ columns: JSONObject) throws(Mistake) {
        for (column, hints) in columns.members {
            guard case .object(let hints) = hints else {
                throw Mistake(column: column, hint: "", reason: "expected an object of hints")
            }
            for (hint, value) in hints.members where !value.isNull {
                if let reason = mistake(in: hint, value) { throw Mistake(column: column, hint: hint, reason: reason) }
            }
        }
    }

    private static func mistake(in hint: String, _ value: JSONValue) -> String? {
        if hint == "data_type" {
            return value.stringValue.flatMap(DataType.init(stored:)) == nil ? unknown(type: value) : nil
        }
        if hint.hasPrefix("x-") { return nil }
        if flags.contains(hint) {
            return value.boolValue == nil ? "\(hint) is true or false, not \(value.serialized())" : nil
        }
        if names.contains(hint) { return nil }
        // dlt had this one once, and stored schemas have it still.
        if hint == "foreign_key" { return nil }
        return "\"\(hint)\" is not a hint (data_type, nullable, primary_key, …); what is your own begins with x-."
            + suggestion(otherNames[hint] ?? Spelling.nearest(hint, in: names))
    }

    /// Says that there is no type of that name, which there are, and which one may be meant.
    package static func unknown(type value: JSONValue) -> String {
        let name = value.stringValue ?? value.serialized()
        let types = DataType.allCases.map(\.rawValue)
        // `varchar(20)`, `numeric[10,2]`
        let word = String(name.lowercased().prefix { $0 != "(" && $0 != "[" })
        let meant =
            wordsForTypes.first { $0.value.contains(word) }?.key
            ?? (types.contains(word) ? word : Spelling.nearest(word, in: types))
        return "\"\(name)\" is not a data type: \(types.joined(separator: ", "))." + suggestion(meant)
    }

    private static func suggestion(_ word: String?) -> String { word.map { " Did you mean \"\($0)\"?" } ?? "" }

    /// What other tools call these hints.
    private static let otherNames = [
        "type": "data_type", "dtype": "data_type", "datatype": "data_type", "null": "nullable", "not_null": "nullable",
        "required": "nullable", "key": "primary_key", "pk": "primary_key", "deleted": "hard_delete",
        "length": "precision", "max_length": "precision", "comment": "description",
    ]

    /// What Python, pandas and databases call these types.
    private static let wordsForTypes = [
        "text": [
            "string", "str", "varchar", "char", "character", "character varying", "nvarchar", "nchar", "clob", "uuid",
            "object", "enum", "varchar2",
        ],
        "bigint": [
            "int", "integer", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "smallint",
            "tinyint", "long", "serial", "bigserial", "number",
        ],
        "double": ["float", "float32", "float64", "float8", "real", "double precision"],
        "decimal": ["numeric", "dec", "money"],
        "bool": ["boolean", "bit"],
        "timestamp": [
            "datetime", "datetime64", "timestamptz", "timestamp with time zone", "datetimeoffset", "instant",
            "date-time",
        ],
        "binary": ["bytes", "blob", "bytea", "varbinary", "byte"],
        "json": ["dict", "list", "array", "struct", "jsonb", "map", "complex", "variant"],
    ]
}

/// The properties that a table can have, by dlt's names. What begins with `x-` is free.
package enum TableHints {
    /// In stored schemas.
    package static let names: Set<String> = [
        "name", "description", "columns", "parent", "resource", "write_disposition", "schema_contract", "table_sealed",
        "filters", "table_format", "file_format", "references", "variant_name",
    ]
}

/// Words that look alike.
package enum Spelling {
    /// The word that has the fewest letters to be changed to become this one; nil when none is near.
    package static func nearest(_ word: String, in words: some Sequence<String>) -> String? {
        let near = words.map { (word: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= max(1, word.count / 4) }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        return near?.word
    }

    /// How many letters have to be changed, by Levenshtein.
    package static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
