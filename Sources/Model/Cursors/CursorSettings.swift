package import JSONText

/// The direction of a cursor: dlt's last-value function.
package enum LastValueFunction: String, Sendable, CaseIterable {
    case max, min

    /// +1 if greater values are later, -1 if smaller ones are.
    var sign: Int { self == .max ? 1 : -1 }
}

/// Whether a value that equals an end of the range is in the range.
package enum RangeBound: String, Sendable, CaseIterable {
    case open, closed
}

/// The order in which a source delivers, relative to the cursor: `asc` is its direction, so falling values for `min`.
package enum RowOrder: String, Sendable, CaseIterable {
    case asc, desc
}

/// What to do with a record without a cursor value, or with null.
package enum MissingPolicy: String, Sendable, CaseIterable {
    case raise, include, exclude
}

/// How values of a cursor compare.
package enum CursorType: String, Sendable, CaseIterable {
    /// As the first value decides: numbers as numbers, texts in the form of a date or a timestamp as instants, others
    /// as text.
    case auto
    case number, time, text
}

/// The settings of a cursor: dlt's `incremental`.
package struct CursorSettings: Sendable {
    package var path: JSONPath
    package var function = LastValueFunction.max
    package var type = CursorType.auto
    /// Where the very first run begins.
    package var initial: CursorValue?
    /// Deliver this range instead of new records, and remember nothing.
    package var window: Window?
    /// How far to go back before the last value, to see records again that may have changed.
    package var lag: CursorLag?
    package var rangeStart = RangeBound.closed
    package var rangeEnd = RangeBound.open
    package var rowOrder: RowOrder?
    package var onMissing = MissingPolicy.raise
    /// The fields that identify records at the last value; nil for the primary key or, without one, the whole record;
    /// empty if they are not to be identified.
    package var boundaryKey: [String]?
    /// Whether a key of one field is hashed as a list, as dlt hashes the key that a database's catalog names.
    package var hashesKeyAsList = false
    /// dlt's type of the values in its state, where the source gives them one; nil: they are kept as the records write them.
    package var storedForm: StoredForm?

    /// The types of columns whose values dlt hashes as Python writes them, by their names.
    package var columnForms: [String: ColumnForm] = [:]

    package enum StoredForm: Sendable {
        case datetime, naiveDatetime, date, decimal
    }

    package struct Window: Sendable {
        package var from: CursorValue
        package var to: CursorValue

        package init(from: CursorValue, to: CursorValue) {
            self.from = from
            self.to = to
        }
    }

    package init(path: JSONPath) { self.path = path }

    /// Whether the records delivered so far are always all records up to the last value, so that a run can stop
    /// anywhere and the next continue from there. Not with an open start: records that equal the last value may follow.
    package var canStopAnywhere: Bool { rowOrder == .asc && rangeStart == .closed }

    /// Whether hashes identify the records at the last value.
    var remembersBoundary: Bool {
        rangeStart == .closed && window == nil && lag == nil && boundaryKey?.isEmpty != true
    }
}

/// The wanted range of a resource, for a source that can ask for less. Values are written as in the records, or as the
/// user gave them.
package struct CursorRange: Sendable, Equatable {
    /// Path of the cursor in a record.
    package var path: String
    /// The field of the record that is the cursor, if it is a single one.
    package var field: String?
    package var function: LastValueFunction
    /// How values compare.
    package var type: CursorType
    /// The last value seen, before any lag; in the first run the initial value.
    package var lastValue: String?
    package var start: String?
    package var end: String?
    package var startBound: RangeBound
    package var endBound: RangeBound
    package var rowOrder: RowOrder?
    package var onMissing: MissingPolicy
}

extension CursorSettings.Window {
    /// Whether the end is later than the beginning; nil when the two cannot be compared.
    package func isAhead(_ function: LastValueFunction) -> Bool? {
        to.order(to: from).map { $0 * function.sign > 0 }
    }
}
