import Testing

@testable import HTTP

struct HTTPDateTests {
    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2028 23:59:60 GMT", 1_835_481_600), ("Sat, 01 Mar 2031 00:00:00 GMT", 1_930_089_600),
        ] as [(String, Int64)])
    func `the three forms are read`(text: String, expected: Int64) {
        #expect(HTTPDate.parse(text) == expected)
    }

    @Test(arguments: [
        "", "soon", "Sun, 06 Foo 1994 08:49:37 GMT", "2024-01-01T00:00:00Z", "Sun, 06 Nov 1994 25:00:00 GMT",
    ])
    func `anything else is no date`(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }
}

struct ServerLimitsTests {
    private static let now = 1_700_000_000.0

    private func limits(_ fields: (String, String)...) -> ServerLimits {
        ServerLimits(HTTPHeaders(fields.map { (name: $0.0, value: $0.1) }), now: Self.now)
    }

    @Test func `Retry-After is seconds or a date`() {
        #expect(limits(("retry-after", "120")).retryAfter == 120)
        #expect(limits(("Retry-After", "0")).retryAfter == 0)
        #expect(limits(("Retry-After", "Tue, 14 Nov 2023 22:14:20 GMT")).retryAfter == 60)
        #expect(limits(("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")).retryAfter ?? 0 < 0)
        #expect(limits(("Retry-After", "soon")).retryAfter == nil)
        #expect(limits().retryAfter == nil)
    }

    @Test func `rate limits are read in every spelling`() {
        let github = limits(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1700000060"))
        #expect(github.isExhausted && github.reset == 60)
        #expect(limits(("X-RateLimit-Remaining", "7"), ("X-RateLimit-Reset", "1700000060000")).reset == 60)
        let draft = limits(("RateLimit-Limit", "100"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "30"))
        #expect(draft.isExhausted && draft.reset == 30)
        let items = limits(("RateLimit", #""default";r=0;t=15"#))
        #expect(items.isExhausted && items.reset == 15)
        let list = limits(("RateLimit", "limit=100, remaining=50, reset=20"))
        #expect(list.remaining == 50 && list.reset == 20 && !list.isExhausted)
        // A reset that is past, or missing, limits nothing.
        #expect(!limits(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1600000000")).isExhausted)
        #expect(!limits(("X-RateLimit-Remaining", "0")).isExhausted)
    }
}

struct RetryPolicyTests {
    @Test func `waits double, spread, and end at the maximum`() {
        let policy = RetryPolicy()
        #expect((1...4).map { policy.delay(afterAttempt: $0, asked: nil, random: 1) } == [1, 2, 4, 8])
        #expect((1...4).map { policy.delay(afterAttempt: $0, asked: nil, random: 0) } == [0.5, 1, 2, 4])
        #expect(policy.delay(afterAttempt: 1000, asked: nil, random: 1) == 300)
    }

    @Test func `what a server asks for is honoured within the maximum, and zero or the past is not`() {
        let policy = RetryPolicy()
        #expect(policy.delay(afterAttempt: 1, asked: 17, random: 0) == 17)
        #expect(policy.delay(afterAttempt: 1, asked: 4000, random: 0) == 300)
        #expect(policy.delay(afterAttempt: 2, asked: 0, random: 1) == 2)
        #expect(policy.delay(afterAttempt: 2, asked: -5, random: 1) == 2)
    }

    @Test func `these statuses pass and no others`() {
        let policy = RetryPolicy()
        for status in [408, 429, 500, 501, 502, 503, 504, 599] { #expect(policy.isTransient(status: status)) }
        for status in [200, 204, 301, 400, 401, 403, 404, 409, 422, 425, 600] {
            #expect(!policy.isTransient(status: status))
        }
    }
}

struct HostQueueTests {
    private func queue(rate: Double? = nil, maximum: Int = 10) -> HostQueue<Int> {
        var queue = HostQueue<Int>(rate: rate, maximumActive: maximum)
        for number in 0..<20 { queue.append(number) }
        return queue
    }

    @Test func `a rate spaces the starts and does not save up`() {
        var queue = queue(rate: 4, maximum: 100)
        let second: Int64 = 1_000_000_000
        var times: [Int64] = []
        var now = 10 * second
        while times.count < 9 {
            switch queue.turn(at: now) {
            case .now:
                _ = queue.removeFirst()
                queue.started(at: now)
                times.append(now)
            case .paced(let time): now = time
            default: Issue.record("neither now nor later")
            }
        }
        #expect(times.last.map { $0 - times[0] } == 7 * second / 4)
        // After a long silence one is due, not all that might have been.
        now += 1000 * second
        queue.started(at: now)
        queue.started(at: now)
        #expect(queue.turn(at: now) == .paced(now + second / 4))
    }

    @Test func `no more than the maximum are under way`() {
        var queue = queue(maximum: 2)
        queue.started(at: 0)
        #expect(queue.turn(at: 0) == .now)
        queue.started(at: 0)
        #expect(queue.turn(at: 0) == .full)
        queue.ended()
        #expect(queue.turn(at: 0) == .now)
    }

    @Test func `a learned limit counts those under way and ends at its time`() {
        var queue = queue()
        for _ in 0..<3 { queue.started(at: 0) }
        queue.ended()
        // Three are left, two of them for those under way.
        queue.learn(remaining: 3, until: 100)
        #expect(queue.turn(at: 1) == .now)
        queue.started(at: 1)
        #expect(queue.turn(at: 1) == .full)
        for _ in 0..<3 { queue.ended() }
        #expect(queue.turn(at: 1) == .limited(100))
        #expect(queue.turn(at: 100) == .now)
    }

    @Test func `a block holds all and is never shortened`() {
        var queue = queue()
        queue.block(until: 50)
        queue.block(until: 20)
        #expect(queue.turn(at: 30) == .limited(50))
        #expect(queue.turn(at: 50) == .now)
    }
}
