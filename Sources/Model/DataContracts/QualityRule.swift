import JSONText
import Patterns

/// A quality metric of a data contract and its allowed range, as in ODCS.
struct QualityRule {
    enum Metric: String { case nullValues, missingValues, invalidValues, duplicateValues, rowCount }

    /// The comparison for the number.
    enum Condition {
        case equal(Double), notEqual(Double), greater(Double), greaterOrEqual(Double), less(Double), lessOrEqual(Double)
        case between(Double, Double), notBetween(Double, Double)

        func holds(_ value: Double) -> Bool {
            switch self {
            case .equal(let limit): value == limit
            case .notEqual(let limit): value != limit
            case .greater(let limit): value > limit
            case .greaterOrEqual(let limit): value >= limit
            case .less(let limit): value < limit
            case .lessOrEqual(let limit): value <= limit
            case .between(let low, let high): low <= value && value <= high
            case .notBetween(let low, let high): value < low || high < value
            }
        }

        var text: String {
            switch self {
            case .equal(let limit): QualityRule.text(limit)
            case .notEqual(let limit): "not \(QualityRule.text(limit))"
            case .greater(let limit): "more than \(QualityRule.text(limit))"
            case .greaterOrEqual(let limit): "at least \(QualityRule.text(limit))"
            case .less(let limit): "less than \(QualityRule.text(limit))"
            case .lessOrEqual(let limit): "at most \(QualityRule.text(limit))"
            case .between(let low, let high): "\(QualityRule.text(low)) to \(QualityRule.text(high))"
            case .notBetween(let low, let high): "not \(QualityRule.text(low)) to \(QualityRule.text(high))"
            }
        }
    }

    let metric: Metric
    let conditions: [Condition]
    let isPercent: Bool
    /// Whether it is a warning, which does not stop the run.
    let isWarning: Bool
    /// Keys from the record to the value; several paths if values count together; empty for the table.
    let paths: [[String]]
    /// For `missingValues`: values that count as missing, besides null.
    let missing: Set<[UInt8]>
    /// For `invalidValues`: the only valid values.
    let valid: Set<[UInt8]>?
    let pattern: Pattern?

    private static let words = [
        "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeGreaterThanOrEqualTo",
        "mustBeLessThan",
        "mustBeLessOrEqualTo", "mustBeLessThanOrEqualTo", "mustBeBetween", "mustNotBeBetween",
    ]

    init(_ value: JSONValue, at place: String) throws(ModelError) {
        let name = value["metric"]?.stringValue ?? ""
        guard let metric = Metric(rawValue: name) else {
            throw ModelError(
                place: "\(place)/metric",
                reason:
                    "there is no metric '\(name)'; expected nullValues, missingValues, invalidValues, duplicateValues or "
                    + "rowCount")
        }
        self.metric = metric
        var conditions: [Condition] = []
        for word in QualityRule.words {
            guard let limit = value[word] else { continue }
            conditions.append(try QualityRule.condition(word, limit, "\(place)/\(word)"))
        }
        guard !conditions.isEmpty else {
            throw ModelError(place: place, reason: "metric \(name) has no condition, such as mustBe: 0")
        }
        self.conditions = conditions
        isPercent = value["unit"]?.stringValue == "percent" || value["unit"]?.stringValue == "%"
        isWarning = ["warning", "warn", "info", "low"].contains(value["severity"]?.stringValue ?? "")
        let own = value["path"]?.arrayValue?.compactMap(\.stringValue)
        let several = value["arguments", "properties"]?.arrayValue?.compactMap(\.stringValue)
        paths = own.map { [$0] } ?? several?.map { $0.split(separator: ".").map(String.init) } ?? []
        guard metric == .rowCount || !paths.isEmpty else {
            throw ModelError(place: place, reason: "metric \(name) needs a property, or arguments with properties")
        }
        func set(_ key: String) -> Set<[UInt8]>? {
            value["arguments", key]?.arrayValue.map { Set($0.map(CanonicalValue.bytes(of:))) }
        }
        missing = set("missingValues") ?? []
        valid = set("validValues")
        if let text = value["arguments", "pattern"]?.stringValue {
            do throws(Pattern.Malformed) { pattern = try Pattern(text) } catch {
                throw ModelError(
                    place: "\(place)/arguments/pattern",
                    reason: "\(text) is not a supported regular expression: \(error.description)")
            }
        } else {
            pattern = nil
        }
        if metric == .invalidValues, valid == nil, pattern == nil {
            throw ModelError(place: place, reason: "metric invalidValues needs arguments: validValues or pattern")
        }
    }

    private static func condition(
        _ word: String, _ value: JSONValue, _ place: String
    ) throws(ModelError) -> Condition {
        func number(_ value: JSONValue?) throws(ModelError) -> Double {
            guard case .number(let digits)? = value, let number = Double(digits) else {
                throw ModelError(place: place, reason: "expected a number")
            }
            return number
        }
        if word.hasSuffix("Between") {
            guard let range = value.arrayValue, range.count == 2 else {
                throw ModelError(place: place, reason: "expected two numbers")
            }
            let (low, high) = (try number(range[0]), try number(range[1]))
            return word == "mustBeBetween" ? .between(low, high) : .notBetween(low, high)
        }
        let limit = try number(value)
        switch word {
        case "mustBe": return .equal(limit)
        case "mustNotBe": return .notEqual(limit)
        case "mustBeGreaterThan": return .greater(limit)
        case "mustBeLessThan": return .less(limit)
        case "mustBeGreaterOrEqualTo", "mustBeGreaterThanOrEqualTo": return .greaterOrEqual(limit)
        default: return .lessOrEqual(limit)
        }
    }

    static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }
}
