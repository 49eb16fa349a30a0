package import JSONText

/// One column of a table: a dictionary of hints in the order they were given, read through typed accessors.
///
/// The dictionary is kept whole, so that hints this toolkit does not know (`x-…`, adapters' own) pass through
/// to the stored schema untouched and its hash stays what dlt would make of it.
package struct Column: Sendable, Equatable {
    package var hints: JSONObject

    package init(hints: JSONObject) { self.hints = hints }

    package init(name: String, _ type: DataType? = nil, nullable: Bool? = nil, _ more: JSONObject = [:]) {
        hints = ["name": .string(name)]
        if let type { hints["data_type"] = .string(type.rawValue) }
        if let nullable { hints["nullable"] = .bool(nullable) }
        hints.merge(more)
    }

    package var name: String {
        get { hints["name"]?.stringValue ?? "" }
        set { hints["name"] = .string(newValue) }
    }

    package var dataType: DataType? {
        get { hints["data_type"]?.stringValue.flatMap(DataType.init(stored:)) }
        set { hints["data_type"] = newValue.map { .string($0.rawValue) } }
    }

    package var isNullable: Bool { hints["nullable"]?.boolValue ?? true }
    package var precision: Int? { hints["precision"]?.intValue }
    package var scale: Int? { hints["scale"]?.intValue }
    /// Timestamps are UTC instants unless `timezone` is false.
    package var hasTimezone: Bool { hints["timezone"]?.boolValue ?? true }

    /// A column without a type has only been hinted at: no destination has it.
    package var isComplete: Bool { dataType != nil }

    package func has(_ hint: String) -> Bool {
        switch hints[hint] {
        case nil, .null?, .bool(false)?: false
        default: true
        }
    }

    /// Takes over the hints of `other`, nulls too: dlt stores them. A type, once there, is not taken back.
    package mutating func merge(_ other: Column) {
        for (key, value) in other.hints.members where !(value.isNull && key == "data_type") { hints[key] = value }
    }
}
