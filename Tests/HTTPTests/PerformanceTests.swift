import Glibc
import HTTP
import LoopbackServer
import SystemIO
import Testing

/// Bounds that a regression of the design would break, not a busy machine: the best of three runs counts.
struct PerformanceTests {
    private func best(_ run: () throws -> Double) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<3 { best = min(best, try run()) }
        return best
    }

    @Test func `1,000 requests at 50 ms latency, 20 at once, take less than twice the ideal`() throws {
        let server = try LoopbackServer { _ in ServerReply(text: "{}").delayed(0.05) }
        let ideal = 1000.0 / 20 * 0.05
        let seconds = try best {
            let client = try HTTPClient(quickOptions())
            let start = Clock.monotonicNanoseconds()
            var (started, ended) = (0, 0)
            while ended < 1000 {
                while started < 1000, client.inFlight < 20 {
                    client.start(HTTPRequest(url: server.url + "/\(started)"), tag: started)
                    started += 1
                }
                if let completion = try client.next() { #expect(try completion.result.get().status == 200) }
                ended += 1
            }
            return Double(Clock.monotonicNanoseconds() - start) / 1e9
        }
        #expect(seconds < 2 * ideal, "\(seconds) s where \(ideal) s are ideal")
    }

    @Test func `a CPU second receives at least 50 MB`() throws {
        let page = ServerReply(text: String(repeating: #"{"id":1,"name":"a name","list":[1,2,3]},"#, count: 200_000))
        let server = try LoopbackServer { _ in page }
        let bytes = page.body.count * 10
        let seconds = try best {
            let client = try HTTPClient(quickOptions())
            let start = cpuSeconds()
            for _ in 0..<10 { #expect(try client.send(HTTPRequest(url: server.url)).body.count == page.body.count) }
            return cpuSeconds() - start
        }
        #expect(Double(bytes) / seconds > 50e6, "\(Double(bytes) / seconds / 1e6) MB a second")
    }

    /// Of this thread: the server's threads do not count.
    private func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
