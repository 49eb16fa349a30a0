package import JSONText

/// The memory of a stream whose records have a `version`, like those of Singer taps that reload whole tables.
///
/// In Singer every row keeps its version, and ACTIVATE_VERSION deletes the rows of all others. dlt's tables have no
/// such column, but replacing the table has the same effect: when this run's records have the activated version, only
/// its rows may stay. That holds only if the table has no rows of that version from earlier runs. Taps activate one
/// version again and again while they send increments, and replacing the table then would lose everything but the last
/// increment. Hence the pipeline's state remembers the version of the table:
///
/// - activated again: nothing is deleted, the rows are appended;
/// - activated for the first time: the table is replaced;
/// - activated after an earlier, interrupted run had appended rows of it beside those of the version before: the
///   two cannot be distinguished, so this is refused.
package struct StreamVersions: Equatable, Sendable {
    /// Version of the rows in the table, as digits; nil if none was activated and no versioned row was added to an
    /// empty table.
    package private(set) var active: String?
    /// Version of rows that were appended beside them and that is not yet activated.
    package private(set) var loading: String?
    /// Version of this run's records.
    package private(set) var current: String?

    package enum Activation: Equatable, Sendable {
        case nothing
        case replace
        /// Rows of that version cannot be distinguished from those that it replaces.
        case mixed
        /// This run's records are of another version.
        case other(String)
    }

    package init(remembered: JSONObject? = nil) {
        active = remembered?["active"]?.versionText
        loading = remembered?["loading"]?.versionText
    }

    /// What the state keeps; nil when there is nothing to keep.
    package var remembered: JSONObject? {
        var object = JSONObject()
        object["active"] = active.map { .number($0) }
        object["loading"] = loading.map { .number($0) }
        return object.isEmpty ? nil : object
    }

    /// Whether a record of that version belongs to this run: the first one decides.
    package mutating func admits(_ version: String, tableIsEmpty: Bool) -> Bool {
        if let current { return current == version }
        current = version
        startOver(with: version, tableIsEmpty)
        if active != version {
            began = loading
            loading = version
        }
        return true
    }

    /// The value of `loading` before this run.
    private var began: String?

    /// The first rows of an empty table are all that it has.
    private mutating func startOver(with version: String, _ tableIsEmpty: Bool) {
        if active == nil && loading == nil && tableIsEmpty { active = version }
    }

    package mutating func activate(_ version: String, tableIsEmpty: Bool) -> Activation {
        if let current, current != version { return .other(current) }
        startOver(with: version, tableIsEmpty)
        if active == version { return .nothing }
        // Without a record in this run, `loading` is still the version that an earlier run left.
        if (current == nil ? loading : began) == version { return .mixed }
        active = version
        loading = nil
        current = version
        return .replace
    }
}

extension JSONValue {
    /// A Singer version: an integer, kept as its digits.
    var versionText: String? {
        guard case .number(let digits) = self, digits.utf8.allSatisfy({ $0 == 0x2D || $0 &- 0x30 <= 9 }) else {
            return nil
        }
        return digits
    }
}
