/// The types a column can have, by the names dlt stores.
///
/// Public, because a `Scalar` that is created inline in another module has one.
@frozen
public enum DataType: String, Sendable, CaseIterable {
    case text, double, bool, timestamp, bigint, binary, json, decimal, wei, date, time

    /// `complex` is the name of `json` in schemas before engine version 10.
    package init?(stored name: String) {
        if name == "complex" { self = .json } else { self.init(rawValue: name) }
    }
}
