import SystemIO

/// How long a page may go on to collect what is nice to have. What was not reached then is there when the page is asked for again.
struct TimeLimit {
    private let end: Int64

    init(milliseconds: Int64) { end = Clock.monotonicNanoseconds() + milliseconds * 1_000_000 }

    var isOver: Bool { Clock.monotonicNanoseconds() > end }
}
