/// How sure a rule is of what it decided.
enum Confidence: String, Sendable, Comparable {
    case doubtful, likely, sure

    static func < (one: Confidence, other: Confidence) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .doubtful: 0
        case .likely: 1
        case .sure: 2
        }
    }
}

/// What a rule decided, and why.
struct Decision<Value> {
    let value: Value
    let reason: String
    let confidence: Confidence

    init(_ value: Value, _ reason: String, _ confidence: Confidence) {
        self.value = value
        self.reason = reason
        self.confidence = confidence
    }
}
