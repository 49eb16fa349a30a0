package import JSONText

/// One column of a table: a dictionary of hints in their original order, read through typed accessors.
///
/// The dictionary is kept whole, so that unknown hints (`x-…`, those of adapters) reach the stored schema unchanged and
/// its hash equals dlt's.
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

    /// A column without a type is known from hints only: no destination has it.
    package var isComplete: Bool { dataType != nil }

    package func has(_ hint: String) -> Bool {
        switch hints[hint] {
        case nil, .null?, .bool(false)?: false
        default: true
        }
    }

    /// Adopts the hints of `other`, including nulls: dlt stores them. An existing type is not removed.
    package mutating func merge(_ other: Column) {
        for (key, value) in other.hints.members where !(value.isNull && key == "data_type") { hints[key] = value }
    }
}
