/// How a pipeline is, or how something ended: a word, and a shape for those who do not see the colour.
enum Health: Int, Comparable, Sendable, CaseIterable {
    // From the worst.
    case failed, interrupted, waiting, running, unknown, new, done

    static func < (left: Health, right: Health) -> Bool { left.rawValue < right.rawValue }

    var word: String {
        switch self {
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .waiting: "waiting"
        case .running: "running"
        case .unknown: "unknown"
        case .new: "nothing yet"
        case .done: "loaded"
        }
    }

    /// For class names and data.
    var key: String {
        switch self {
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .waiting: "waiting"
        case .running: "running"
        case .unknown: "unknown"
        case .new: "new"
        case .done: "done"
        }
    }
}
