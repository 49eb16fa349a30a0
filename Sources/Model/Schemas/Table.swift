package import JSONText

/// One table: its properties (`name`, `parent`, `resource`, `write_disposition`, …) and its columns in stored order.
package struct Table: Sendable, Equatable {
    /// Everything but the columns.
    package var properties: JSONObject
    package private(set) var columns: [Column] = []
    private var places: [ExactString: Int] = [:]

    package init(properties: JSONObject, columns: [Column] = []) {
        self.properties = properties
        for column in columns { put(column) }
    }

    package var name: String { properties["name"]?.stringValue ?? "" }

    /// The table whose rows own this one's; nil for a root table.
    package var parent: String? { properties["parent"]?.stringValue }

    package func isChild(of table: String) -> Bool {
        guard let parent else { return false }
        return ExactString(parent) == ExactString(table)
    }

    /// Whether this is one of dlt's own tables: its resource keeps dlt's name under any naming convention.
    package var isSystem: Bool { SystemTables.isSystemName(resource ?? name) }

    package var resource: String? { properties["resource"]?.stringValue }

    package var writeDisposition: WriteDisposition? {
        properties["write_disposition"]?.stringValue.flatMap(WriteDisposition.init(rawValue:))
    }

    package var mergeStrategy: String? { properties["x-merge-strategy"]?.stringValue }

    /// The nesting limit of the resource that fills this table, if it has one.
    package var maxNesting: Int? { properties["x-normalizer"]?["max_nesting"]?.intValue }

    /// Whether rows were loaded into this table at least once.
    package var hasSeenData: Bool {
        get { properties["x-normalizer"]?["seen-data"]?.boolValue ?? false }
        set {
            var marks = properties["x-normalizer"]?.objectValue ?? [:]
            marks["seen-data"] = newValue ? .bool(true) : nil
            properties["x-normalizer"] = marks.isEmpty ? nil : .object(marks)
        }
    }

    /// Position of a column in stored order.
    package func place(of column: String) -> Int? { places[ExactString(column)] }

    package subscript(column name: String) -> Column? { place(of: name).map { columns[$0] } }

    /// Columns that carry a hint, in stored order.
    package func columns(with hint: String) -> [Column] { columns.filter { $0.has(hint) } }

    package var completeColumns: [Column] { columns.filter(\.isComplete) }

    /// Replaces the column of that name in its place, or appends it.
    package mutating func put(_ column: Column) {
        if let place = place(of: column.name) {
            columns[place] = column
        } else {
            places[ExactString(column.name)] = columns.count
            columns.append(column)
        }
    }

    /// Adds a column that has just got its type. A column known from hints only loses its old place and moves to the
    /// end, as if it had just been discovered.
    package mutating func complete(_ column: Column) {
        if let place = place(of: column.name), !columns[place].isComplete, column.isComplete {
            remove(column: column.name)
        }
        put(column)
    }

    package mutating func remove(column name: String) {
        guard let place = place(of: name) else { return }
        columns.remove(at: place)
        places.removeAll(keepingCapacity: true)
        for (index, column) in columns.enumerated() { places[ExactString(column.name)] = index }
    }

    package static func == (left: Table, right: Table) -> Bool {
        left.properties == right.properties && left.columns == right.columns
    }
}

package enum WriteDisposition: String, Sendable {
    case append, replace, merge, skip
}

extension Table {
    /// In stored form, with its columns.
    package var document: JSONObject {
        var object: JSONObject = ["name": .string(name)]
        object.merge(properties)
        var columns = JSONObject()
        for column in self.columns { columns[column.name] = .object(column.hints) }
        object["columns"] = .object(columns)
        return object
    }
}
