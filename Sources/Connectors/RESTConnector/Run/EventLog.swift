import HTTP
import ProgramSupport
import Synchronization
import SystemIO

/// What the client reported while it waited.
final class EventLog: Sendable {
    /// No request goes to the host before a time on the monotonic clock.
    struct Wait: Equatable {
        let until: Int64
        let seconds: Double
        let text: String
    }

    fileprivate struct Contents {
        var new: [Wait] = []
        var retries: [String: Int] = [:]
        var limits = 0
        /// By host.
        var waits: [String: Wait] = [:]
    }

    private let contents = Mutex(Contents())

    func add(_ event: HTTPEvent, at now: Int64 = Clock.monotonicNanoseconds()) {
        contents.withLock { contents in
            switch event {
            case .retrying(let host, let reason, let delay, _):
                contents.retries[reason, default: 0] += 1
                contents.wait(for: host, reason, delay, now)
            case .limited(let host, let delay):
                contents.limits += 1
                contents.wait(for: host, "rate limit", delay, now)
            case .authenticated: break
            }
        }
    }

    /// The waits that have begun since the last call.
    func takeNew() -> [Wait] {
        contents.withLock { contents in
            defer { contents.new = [] }
            return contents.new
        }
    }

    /// The longest wait that is not over.
    func current(at now: Int64 = Clock.monotonicNanoseconds()) -> Wait? {
        contents.withLock { contents in
            contents.waits = contents.waits.filter { $0.value.until > now }
            return contents.waits.values.max { $0.until < $1.until }
        }
    }

    /// ", 3 requests repeated (2 after 429, 1 after reset)"
    var summary: String {
        contents.withLock { contents in
            var text = ""
            let all = contents.retries.values.reduce(0, +)
            if all > 0 {
                let parts = contents.retries.sorted { $0.key < $1.key }.map { "\($0.value) after \($0.key)" }
                text += ", \(NumberText.count(all, of: "repetition")) (\(parts.joined(separator: ", ")))"
            }
            if contents.limits > 0 { text += ", \(NumberText.count(contents.limits, of: "wait")) for a rate limit" }
            return text
        }
    }
}

extension EventLog.Contents {
    /// Requests that wait for the same thing count as one wait.
    fileprivate mutating func wait(for host: String, _ reason: String, _ delay: Double, _ now: Int64) {
        let until = now + Clock.nanoseconds(delay)
        if let known = waits[host], known.until > now, until < known.until + 1_000_000_000 { return }
        let text = "waiting \(Int(delay.rounded(.up))) s for \(host) (\(reason))"
        let wait = EventLog.Wait(until: until, seconds: delay, text: text)
        waits[host] = wait
        new.append(wait)
    }
}
