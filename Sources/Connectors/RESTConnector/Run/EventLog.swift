import HTTP
import ProgramSupport
import Synchronization

/// What the client told while it waited.
final class EventLog: Sendable {
    private struct Contents {
        var new: [HTTPEvent] = []
        var retries: [String: Int] = [:]
        var limits = 0
        var current: String?
    }

    private let contents = Mutex(Contents())

    func add(_ event: HTTPEvent) { contents.withLock { $0.new.append(event) } }

    func drain() {
        contents.withLock { contents in
            for event in contents.new {
                switch event {
                case .retrying(let host, let reason, let delay, _):
                    contents.retries[reason, default: 0] += 1
                    contents.current = "waiting \(Self.seconds(delay)) for \(host) (\(reason))"
                case .limited(let host, let delay):
                    contents.limits += 1
                    contents.current = "waiting \(Self.seconds(delay)) for the rate limit of \(host)"
                case .authenticated: continue
                }
            }
            if contents.new.isEmpty { contents.current = nil }
            contents.new.removeAll()
        }
    }

    private static func seconds(_ delay: Double) -> String { "\(Int(delay.rounded(.up))) s" }

    var current: String? { contents.withLock { $0.current } }

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
