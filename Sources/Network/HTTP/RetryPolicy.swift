/// When a request is sent again, and after which wait: dlt's rules for statuses, numbers and waits, with 408 and jitter.
package struct RetryPolicy: Sendable {
    /// How often a request is sent at most; 1 is never again.
    package var maximumAttempts = 5
    /// Seconds before the first repetition; each further wait is twice as long.
    package var backoff = 1.0
    /// No wait is longer, whatever a server asks for.
    package var maximumDelay = 300.0

    package init() {}

    package func isTransient(status: Int) -> Bool { status == 408 || status == 429 || (500...599).contains(status) }

    /// Seconds to wait after the attempt of that number, from 1.
    ///
    /// - Parameter asked: what the server asked for; nothing, zero or a time that is past means the usual wait.
    /// - Parameter random: 0 to 1; spreads clients that failed together over the second half of the wait.
    package func delay(afterAttempt attempt: Int, asked: Double?, random: Double) -> Double {
        if let asked, asked > 0 { return min(asked, maximumDelay) }
        var usual = backoff
        for _ in 1..<max(attempt, 1) where usual < maximumDelay { usual *= 2 }
        usual = min(usual, maximumDelay)
        return usual / 2 + usual / 2 * random
    }
}
