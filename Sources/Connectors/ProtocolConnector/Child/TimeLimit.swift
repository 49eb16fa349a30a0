import ProgramSupport
import SystemIO

/// The value of `--max-duration`.
enum TimeLimit {
    /// The moment of the monotonic clock at which a run ends that begins now.
    static func deadline(_ text: String?) -> Int64? {
        text.flatMap(NumberText.nanoseconds).map { Clock.monotonicNanoseconds() + $0 }
    }
}
