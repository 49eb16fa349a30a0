/// When a request is repeated, and after which wait: dlt's rules for statuses, numbers and waits, with 408 and jitter.
package struct RetryPolicy: Sendable {
    /// The most attempts for a request; 1 means no repetition.
    package var maximumAttempts = 5
    /// Seconds before the second attempt; each further wait is twice as long.
    package var backoff = 1.0
    /// No wait is longer, even at a server's request.
    package var maximumDelay = 300.0

    package init() {}

    package func isTransient(status: Int) -> Bool { status == 408 || status == 429 || (500...599).contains(status) }

    /// Seconds to wait after the attempt of that number, from 1.
    ///
    /// - Parameter asked: the server's request; nil, zero or a time in the past means the usual wait.
    /// - Parameter random: 0 to 1; distributes clients that failed together over the second half of the wait.
    package func delay(afterAttempt attempt: Int, asked: Double?, random: Double) -> Double {
        if let asked, asked > 0 { return min(asked, maximumDelay) }
        var usual = backoff
        for _ in 1..<max(attempt, 1) where usual < maximumDelay { usual *= 2 }
        usual = min(usual, maximumDelay)
        return usual / 2 + usual / 2 * random
    }
}
