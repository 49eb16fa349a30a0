package import JSONText

/// The hints that a column can have, by dlt's names. Names that begin with `x-` are free.
package enum ColumnHints {
    /// Hints that are true or false.
    package static let flags = [
        "nullable", "primary_key", "merge_key", "hard_delete", "unique", "timezone", "incremental", "cluster",
        "partition", "sort", "row_key", "parent_key", "root_key", "variant",
    ]
    package static let names =
        ["data_type", "precision", "scale", "dedup_sort", "description", "name"] + flags

    /// An error in the hints of a column.
    package struct Mistake: Error, Sendable, Equatable {
        package let column: String
        /// The hint in error.
        package let hint: String
        package let reason: String

        /// `column zip: "varchar" is not a data type: text, double, … Did you mean "text"?`
        package var text: String { "column \(column): \(reason)" }
    }

    /// Finds the first mistake in hints by column. An unknown hint would be stored without effect, which is not what
    /// the user meant.
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
        // A former hint of dlt, which stored schemas still contain.
        if hint == "foreign_key" { return nil }
        return "\"\(hint)\" is not a hint (data_type, nullable, primary_key, …); your own begin with x-."
            + suggestion(otherNames[hint] ?? Spelling.nearest(hint, in: names))
    }

    /// Reports an unknown type, with the known ones and the one that may be meant.
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

    /// Names of these hints in other tools.
    private static let otherNames = [
        "type": "data_type", "dtype": "data_type", "datatype": "data_type", "null": "nullable", "not_null": "nullable",
        "required": "nullable", "key": "primary_key", "pk": "primary_key", "deleted": "hard_delete",
        "length": "precision", "max_length": "precision", "comment": "description",
    ]

    /// Names of these types in Python, pandas and databases.
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

/// The properties that a table can have, by dlt's names. Names that begin with `x-` are free.
package enum TableHints {
    /// In stored schemas.
    package static let names: Set<String> = [
        "name", "description", "columns", "parent", "resource", "write_disposition", "schema_contract", "table_sealed",
        "filters", "table_format", "file_format", "references", "variant_name",
    ]
}

/// Similar words.
package enum Spelling {
    /// The word with the smallest edit distance; nil when none is close.
    package static func nearest(_ word: String, in words: some Sequence<String>) -> String? {
        let near = words.map { (word: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= max(1, word.count / 4) }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        return near?.word
    }

    /// The edit distance by Levenshtein.
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
