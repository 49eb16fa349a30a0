/// The requests for one host, and when the next of them may start: without I/O, tested separately.
struct HostQueue<Element> {
    private var waiting: [Element] = []
    private(set) var active = 0
    /// Nanoseconds between two starts; 0 is no limit.
    private let interval: Int64
    private let maximumActive: Int
    private var nextStart: Int64 = 0

    /// The server's limit: how many more may start before the time.
    private var budget: Int?
    private var budgetEnds: Int64 = 0
    /// No request may start before.
    private var blockedUntil: Int64 = 0

    init(rate: Double?, maximumActive: Int) {
        interval = rate.map { $0 > 0 ? Int64(1e9 / $0) : 0 } ?? 0
        self.maximumActive = max(maximumActive, 1)
    }

    var isEmpty: Bool { waiting.isEmpty }
    var first: Element? { waiting.first }

    mutating func append(_ element: Element) { waiting.append(element) }
    /// For a request that was started before and is older than all waiting ones.
    mutating func prepend(_ element: Element) { waiting.insert(element, at: 0) }
    mutating func removeFirst() -> Element { waiting.removeFirst() }

    enum Turn: Equatable {
        case now
        /// Not before that time, because of the requested rate.
        case paced(Int64)
        /// Not before that time, because of the server's limit.
        case limited(Int64)
        /// Only when a request under way has ended.
        case full
    }

    /// When the first waiting request may start.
    func turn(at now: Int64) -> Turn {
        if active >= maximumActive { return .full }
        if blockedUntil > now { return .limited(blockedUntil) }
        if let budget, budget <= 0, budgetEnds > now {
            // Responses on their way will bring a newer number.
            return active > 0 ? .full : .limited(budgetEnds)
        }
        return nextStart > now ? .paced(nextStart) : .now
    }

    mutating func started(at now: Int64) {
        active += 1
        if interval > 0 { nextStart = max(nextStart, now - interval) + interval }
        if let left = budget { budget = left - 1 }
    }

    mutating func ended() { active -= 1 }

    /// Adopts the limits in a response whose request has already `ended`.
    mutating func learn(remaining: Int, until time: Int64) {
        // Requests under way may not be counted yet.
        budget = max(remaining - active, 0)
        budgetEnds = time
    }

    mutating func block(until time: Int64) { blockedUntil = max(blockedUntil, time) }
}
