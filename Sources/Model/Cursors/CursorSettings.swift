package import JSONText

/// Which way a cursor goes: dlt's last-value function.
package enum LastValueFunction: String, Sendable, CaseIterable {
    case max, min

    /// +1 where greater values are further on, -1 where smaller ones are.
    var sign: Int { self == .max ? 1 : -1 }
}

/// Whether a value that equals an end of the range is in the range.
package enum RangeBound: String, Sendable, CaseIterable {
    case open, closed
}

/// The order in which a source delivers, seen from the cursor: `asc` is the way it goes, so for `min` falling values.
package enum RowOrder: String, Sendable, CaseIterable {
    case asc, desc
}

/// What becomes of a record that has no cursor value, or null.
package enum MissingPolicy: String, Sendable, CaseIterable {
    case raise, include, exclude
}

/// How values of a cursor compare.
package enum CursorType: String, Sendable, CaseIterable {
    /// As the first value says: numbers as numbers, texts of the form of a date or a timestamp as instants, others as text.
    case auto
    case number, time, text
}

/// What is asked of a cursor: dlt's `incremental`.
package struct CursorSettings: Sendable {
    package var path: JSONPath
    package var function = LastValueFunction.max
    package var type = CursorType.auto
    /// Where the very first run begins.
    package var initial: CursorValue?
    /// Take this range instead of what is new, and remember nothing.
    package var window: Window?
    /// How far to go back behind the last value, to see records again that may have changed.
    package var lag: CursorLag?
    package var rangeStart = RangeBound.closed
    package var rangeEnd = RangeBound.open
    package var rowOrder: RowOrder?
    package var onMissing = MissingPolicy.raise
    /// The fields by which records at the last value are known again; nil for the primary key or, without one, the whole
    /// record; empty when they are not to be known again.
    package var boundaryKey: [String]?
    /// The values are datetimes to dlt, not texts that look like them, and are kept as such.
    package var isDatetime = false

    package struct Window: Sendable {
        package var from: CursorValue
        package var to: CursorValue

        package init(from: CursorValue, to: CursorValue) {
            self.from = from
            self.to = to
        }
    }

    package init(path: JSONPath) { self.path = path }

    /// What was delivered so far is at each moment all that there is up to the last value, so that a run can stop
    /// anywhere and the next go on from there. With an open start it cannot: records that equal the last value may follow.
    package var canStopAnywhere: Bool { rowOrder == .asc && rangeStart == .closed }

    /// Records at the last value are known again by their hashes.
    var remembersBoundary: Bool {
        rangeStart == .closed && window == nil && lag == nil && boundaryKey?.isEmpty != true
    }
}

/// The part of a resource that a run wants, for a source that can ask for less. Values are as they stand in the records, or
/// as they were given.
package struct CursorRange: Sendable, Equatable {
    /// Path of the cursor in a record.
    package var path: String
    package var function: LastValueFunction
    /// The last value that was seen, before any lag; in the first run the initial value.
    package var lastValue: String?
    package var start: String?
    package var end: String?
    package var startBound: RangeBound
    package var endBound: RangeBound
    package var rowOrder: RowOrder?
    package var onMissing: MissingPolicy
}

extension CursorSettings.Window {
    /// Whether the end lies further on than the beginning; nil when the two do not compare.
    package func isAhead(_ function: LastValueFunction) -> Bool? {
        to.order(to: from).map { $0 * function.sign > 0 }
    }
}
