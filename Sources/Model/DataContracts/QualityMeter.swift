import Digests
package import JSONText
import Patterns

/// Computes the quality metrics of a table over the records of a run.
package struct QualityMeter {
    private let rules: [QualityRule]
    private var counts: [Int]
    private var rows = 0
    /// For each rule about duplicates, digests of the values seen: 8 bytes each, so that a billion different values
    /// would fill a machine's memory, and two values are confused in one of 2^64 pairs.
    private var seen: [Set<UInt64>]

    /// - Parameter quality: the hint `x-quality` of a table.
    package init(_ quality: JSONValue) throws(ModelError) {
        var rules: [QualityRule] = []
        for (index, value) in (quality.arrayValue ?? []).enumerated() {
            rules.append(try QualityRule(value, at: "#/quality/\(index)"))
        }
        self.rules = rules
        counts = Array(repeating: 0, count: rules.count)
        seen = Array(repeating: [], count: rules.count)
    }

    /// Counts the record at node `index`.
    package mutating func count(record index: Int, tape: JSONTape, text: UnsafeBufferPointer<UInt8>) {
        rows += 1
        for place in rules.indices where rules[place].metric != .rowCount {
            let values = rules[place].paths.map { QualityMeter.value(at: $0, index, tape, text) }
            if count(values, place) { counts[place] += 1 }
        }
    }

    private mutating func count(_ values: [JSONValue], _ place: Int) -> Bool {
        let rule = rules[place]
        switch rule.metric {
        case .rowCount: return false
        case .nullValues: return values.contains(where: \.isNull)
        case .missingValues:
            return values.contains { $0.isNull || rule.missing.contains(CanonicalValue.bytes(of: $0)) }
        case .invalidValues: return values.contains { !$0.isNull && !QualityMeter.isValid($0, rule) }
        case .duplicateValues:
            // As in SQL, a value with a null in it equals nothing.
            if values.contains(where: \.isNull) { return false }
            let bytes = CanonicalValue.bytes(of: .array(values))
            var hasher = XXH64()
            bytes.withUnsafeBytes { hasher.update($0) }
            return !seen[place].insert(hasher.digest()).inserted
        }
    }

    private static func isValid(_ value: JSONValue, _ rule: QualityRule) -> Bool {
        if let valid = rule.valid, !valid.contains(CanonicalValue.bytes(of: value)) { return false }
        guard let pattern = rule.pattern else { return true }
        return pattern.isFound(in: value.stringValue ?? value.serialized())
    }

    /// The value at a path of keys; null if it is missing.
    private static func value(
        at path: [String], _ record: Int, _ tape: JSONTape, _ text: UnsafeBufferPointer<UInt8>
    ) -> JSONValue {
        var node = record
        for name in path {
            guard tape[node].kind == .object else { return .null }
            var key = node + 1
            var found: Int?
            for _ in 0..<tape[node].count {
                if tape.string(at: key, in: text) == name { found = key + 1 }
                key = Int(tape[key + 1].next)
            }
            guard let found else { return .null }
            node = found
        }
        return JSONValue(tape: tape, index: node, text: text)
    }

    /// A metric outside of its range.
    package struct Finding: Sendable {
        package let metric: String
        /// The properties concerned, joined; nil for the table.
        package let property: String?
        package let expected: String
        package let got: String
        package let isWarning: Bool

        /// `nullValues of email: expected 0, got 3`
        package var text: String {
            "\(metric)\(property.map { " of \($0)" } ?? ""): expected \(expected), got \(got)"
        }
    }

    /// The metrics that the records counted so far do not meet.
    package var findings: [Finding] {
        rules.indices.compactMap { place in
            let rule = rules[place]
            var value = Double(rule.metric == .rowCount ? rows : counts[place])
            if rule.isPercent { value = rows == 0 ? 0 : value / Double(rows) * 100 }
            let broken = rule.conditions.filter { !$0.holds(value) }
            if broken.isEmpty { return nil }
            let unit = rule.isPercent ? " percent" : ""
            return Finding(
                metric: rule.metric.rawValue,
                property: rule.paths.isEmpty
                    ? nil : rule.paths.map { $0.joined(separator: ".") }.joined(separator: ", "),
                expected: rule.conditions.map(\.text).joined(separator: " and ") + unit,
                got: QualityRule.text(value) + unit, isWarning: rule.isWarning)
        }
    }
}
