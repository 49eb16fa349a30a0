import CCurl
import SystemIO

/// Sends requests side by side, on one thread; shares nothing between threads.
///
/// Requests wait in a queue per host, which knows the limits of that host. libcurl handles those under way; an
/// unsuccessful request returns to its queue with the earliest time of its next attempt. All of this happens only
/// within `next`.
package final class HTTPClient {
    private let options: HTTPClientOptions
    private let multi: UnsafeMutableRawPointer
    private var idleTransfers: [Transfer] = []
    private var running: [UnsafeMutableRawPointer: (transfer: Transfer, job: Job)] = [:]

    private var hosts: [String: HostQueue<Job>] = [:]
    private var delayed: [Job] = []
    /// Requests that wait for their authentication.
    private var unprepared: [ObjectIdentifier: [Job]] = [:]
    private var finished: [HTTPCompletion] = []
    private var handedOut = 0
    /// The waits that were reported: until when, per host.
    private var announced: [String: Int64] = [:]
    private var launched = false
    private var random = SystemRandomNumberGenerator()

    /// The number of requests that were started and not returned.
    package private(set) var inFlight = 0

    /// Throws `local` when libcurl is not installed.
    package init(_ options: HTTPClientOptions = HTTPClientOptions()) throws(HTTPFailure) {
        self.options = options
        if let reason = ccurl_load() {
            throw HTTPFailure(.local, "unable to use libcurl: \(String(cString: reason))")
        }
        guard let multi = ccurl_multi_init() else { throw HTTPFailure(.local, "unable to use libcurl: no memory") }
        self.multi = multi
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(options.maximumConnectionsPerHost, 1) * 2)
    }

    deinit {
        for transfer in running.values { _ = ccurl_multi_remove(multi, transfer.transfer.handle) }
        running = [:]
        idleTransfers = []
        ccurl_multi_cleanup(multi)
    }

    // MARK: For callers

    /// Adds a request. `next` sends it, and returns its result with the tag.
    package func start(_ request: HTTPRequest, tag: Int) {
        inFlight += 1
        do throws(HTTPFailure) {
            enqueue(try Job(request, .request(tag: tag)))
        } catch {
            finished.append(HTTPCompletion(tag: tag, result: .failure(error)))
        }
    }

    /// Waits for the next finished request; nil when none is under way, or when the deadline comes first.
    ///
    /// Throws `stopped` once the stop descriptor is readable, and abandons the requests under way.
    ///
    /// - Parameter deadline: on the monotonic clock, in nanoseconds.
    package func next(until deadline: Int64? = nil) throws(HTTPFailure) -> HTTPCompletion? {
        while true {
            // A finished request makes room, and may have to be redirected or repeated: all of this happens before the
            // caller uses the result.
            var due = Int64.max
            repeat {
                try perform()
                launched = false
                due = startDue(Clock.monotonicNanoseconds())
            } while launched
            if handedOut < finished.count { return handOut() }
            if inFlight == 0 { return nil }
            let now = Clock.monotonicNanoseconds()
            if let deadline {
                if now >= deadline { return nil }
                due = min(due, deadline)
            }
            try wait(until: due, now: now)
            giveUpIdle(Clock.monotonicNanoseconds())
        }
    }

    /// Sends one request and waits for its result. No other request may be under way.
    package func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        precondition(inFlight == 0, "other requests are under way")
        start(request, tag: 0)
        guard let completion = try next() else { throw HTTPFailure(.local, "the request was lost") }
        return try completion.result.get()
    }

    private func handOut() -> HTTPCompletion {
        let completion = finished[handedOut]
        handedOut += 1
        if handedOut == finished.count {
            finished.removeAll(keepingCapacity: true)
            handedOut = 0
        }
        inFlight -= 1
        return completion
    }

    // MARK: Starting

    private func newQueue() -> HostQueue<Job> {
        HostQueue(rate: options.rate, maximumActive: options.maximumConnectionsPerHost)
    }

    private func enqueue(_ job: Job, first: Bool = false) {
        if first {
            hosts[job.url.server, default: newQueue()].prepend(job)
        } else {
            hosts[job.url.server, default: newQueue()].append(job)
        }
    }

    /// Starts the requests that may start; returns when there may be more, in nanoseconds.
    private func startDue(_ now: Int64) -> Int64 {
        var due = Int64.max
        if !delayed.isEmpty {
            let ready = delayed.filter { $0.notBefore <= now }
            delayed.removeAll { $0.notBefore <= now }
            for job in ready.reversed() { enqueue(job, first: true) }
            for job in delayed { due = min(due, job.notBefore) }
        }
        // Preparing one request may add another to the queue of another host.
        var again = true
        while again {
            again = false
            for name in Array(hosts.keys) {
                let (started, wait) = startDue(host: name, now)
                again = again || started
                due = min(due, wait)
            }
        }
        return due
    }

    private func startDue(host name: String, _ now: Int64) -> (started: Bool, due: Int64) {
        var started = false
        while let job = hosts[name]?.first {
            switch hosts[name]?.turn(at: now) {
            case .now:
                _ = hosts[name]?.removeFirst()
                started = true
                if isPrepared(job) { launch(job, now) }
            case .paced(let time): return (started, time)
            case .limited(let time):
                announceLimit(job.url.authority, until: time, now)
                return (started, time)
            case .full, nil: return (started, .max)
            }
        }
        return (started, .max)
    }

    private func announceLimit(_ host: String, until time: Int64, _ now: Int64) {
        guard announced[host] != time else { return }
        announced[host] = time
        options.onEvent?(.limited(host: host, delay: Double(time - now) / 1e9))
    }

    /// The attempts of one request to authenticate. More than one is needed when a token expires while the request
    /// waits for its turn.
    private static let maximumPreparations = 5

    /// False when the request has to wait for its authentication; it is then kept elsewhere.
    private func isPrepared(_ job: Job) -> Bool {
        guard let authentication = job.request.authentication, job.mayCarryCredentials else { return true }
        let id = ObjectIdentifier(authentication)
        if unprepared[id] != nil {
            unprepared[id]?.append(job)
            return false
        }
        do throws(HTTPFailure) {
            guard let request = try authentication.preparation() else { return true }
            job.preparations += 1
            if job.preparations > Self.maximumPreparations {
                authentication.preparationFailed()
                throw job.failure(.authentication, "every token expires before it can be used")
            }
            do throws(HTTPFailure) {
                let preparation = try Job(request, .preparation(authentication))
                unprepared[id] = [job]
                enqueue(preparation)
            } catch {
                authentication.preparationFailed()
                throw error
            }
        } catch {
            end(job, .failure(error))
        }
        return false
    }

    private func launch(_ job: Job, _ now: Int64) {
        guard let transfer = idleTransfers.popLast() ?? Transfer() else {
            return end(job, .failure(job.failure(.local, "libcurl has no memory for another transfer")))
        }
        job.attempts += 1
        let credentials = job.mayCarryCredentials ? job.request.authentication?.credentials() : nil
        job.sentGeneration = credentials?.generation
        transfer.prepare(job.message(credentials), options, now: now)
        hosts[job.url.server]?.started(at: now)
        let code = ccurl_multi_add(multi, transfer.handle)
        guard code == CURLM_OK else {
            hosts[job.url.server]?.ended()
            return end(job, .failure(job.failure(.local, "libcurl takes no further transfer (\(code.rawValue))")))
        }
        running[transfer.handle] = (transfer, job)
        launched = true
    }

    // MARK: Moving on

    private func perform() throws(HTTPFailure) {
        var stillRunning: Int32 = 0
        let code = ccurl_multi_perform(multi, &stillRunning)
        if code != CURLM_OK {
            throw HTTPFailure(.local, "unable to go on with requests: libcurl error \(code.rawValue)")
        }
        var result = CURLE_OK
        while let handle = ccurl_multi_next_finished(multi, &result) {
            guard let transfer = running[handle]?.transfer else { continue }
            let failure = transfer.failure(result)
            withdraw(handle) { self.ended($0, transfer, failure) }
        }
    }

    /// Takes a transfer from libcurl, and keeps its handle for another.
    private func withdraw(_ handle: UnsafeMutableRawPointer, _ body: (Job) -> Void) {
        guard let (transfer, job) = running.removeValue(forKey: handle) else { return }
        _ = ccurl_multi_remove(multi, handle)
        hosts[job.url.server]?.ended()
        body(job)
        idleTransfers.append(transfer)
    }

    private func wait(until due: Int64, now: Int64) throws(HTTPFailure) {
        // While requests are under way, the silence of their servers is checked twice a second.
        let limit = running.isEmpty ? Int64(60_000) : 500
        let milliseconds = due <= now ? 0 : min((due - now + 999_999) / 1_000_000, limit)
        var stopped: Int32 = 0
        _ = ccurl_multi_wait(multi, options.stopDescriptor, Int32(milliseconds), &stopped)
        if stopped != 0 {
            for handle in Array(running.keys) { withdraw(handle) { _ in } }
            throw HTTPFailure(.stopped, "stopped while requests were under way")
        }
    }

    private func giveUpIdle(_ now: Int64) {
        let limit = Clock.nanoseconds(options.idleTimeout)
        for (handle, (transfer, _)) in running where transfer.isIdle(longerThan: limit, now: now) {
            let seconds = Self.text(options.idleTimeout)
            withdraw(handle) { self.ended($0, transfer, (.timeout, "the server was silent for \(seconds) s")) }
        }
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
    }

    // MARK: Ends

    private func ended(_ job: Job, _ transfer: Transfer, _ failure: (kind: HTTPFailure.Kind, reason: String)?) {
        if transfer.status > 0 { job.lastStatus = transfer.status }
        if let (kind, reason) = failure {
            let failure = job.failure(kind, reason)
            if failure.isTransient && mayRepeat(job) {
                return repeatLater(job, reason: kind.rawValue, delay: usualDelay(job, asked: nil))
            }
            return end(job, .failure(failure))
        }
        let status = transfer.status
        let headers = transfer.headers
        do throws(HTTPFailure) {
            if try job.follow(status, headers["Location"], maximum: options.maximumRedirects) {
                // One request, however many redirects.
                job.attempts -= 1
                return enqueue(job, first: true)
            }
        } catch { return end(job, .failure(error)) }

        let now = Clock.monotonicNanoseconds()
        let limits = ServerLimits(headers, now: Double(Clock.nowMicroseconds()) / 1e6)
        let host = job.url.server
        // A limit that ends only after the longest wait is ignored: perhaps the server is not as strict as it says.
        let reset = limits.reset.flatMap { $0 > 0 && $0 <= options.maximumRateLimitWait ? $0 : nil }
        if let remaining = limits.remaining, let reset {
            hosts[host]?.learn(remaining: remaining, until: now + Clock.nanoseconds(reset))
        }
        if status == 401, let generation = job.sentGeneration, !job.hasRenewed,
            let authentication = job.request.authentication, authentication.renew(after: generation)
        {
            job.hasRenewed = true
            job.restart()
            return enqueue(job, first: true)
        }
        // Some servers answer 403 to clients that ask too often; the headers distinguish that from a refusal.
        let isLimited =
            status == 429 || (status == 403 && (limits.retryAfter != nil || limits.isExhausted && reset != nil))
        if (isLimited || options.retry.isTransient(status: status)) && mayRepeat(job) {
            let asked = limits.retryAfter.flatMap { $0 > 0 ? $0 : nil }
            if isLimited, asked == nil, limits.isExhausted, let reset {
                hosts[host]?.block(until: now + Clock.nanoseconds(reset))
                return repeatLater(job, reason: String(status), delay: reset)
            }
            let delay = usualDelay(job, asked: asked)
            // A limit for one request applies to all: the others would only use up their attempts.
            if asked != nil && (isLimited || status == 503) {
                hosts[host]?.block(until: now + Clock.nanoseconds(delay))
            }
            return repeatLater(job, reason: String(status), delay: delay)
        }
        let withheld = !job.mayCarryCredentials && (job.request.authentication != nil || job.holdsPrivateHeaders)
        var shown = job.url
        shown.userInfo = nil
        end(
            job,
            .success(
                HTTPResponse(
                    status: status, headers: headers, body: transfer.takeBody(), url: shown.text,
                    attempts: job.attempts, withheldFrom: withheld ? job.url.authority : nil)))
    }

    private func mayRepeat(_ job: Job) -> Bool {
        job.request.isRetriable && job.attempts < options.retry.maximumAttempts
    }

    private func usualDelay(_ job: Job, asked: Double?) -> Double {
        options.retry.delay(afterAttempt: job.attempts, asked: asked, random: Double.random(in: 0...1, using: &random))
    }

    private func repeatLater(_ job: Job, reason: String, delay: Double) {
        options.onEvent?(
            .retrying(host: job.url.authority, reason: reason, delay: delay, attempt: job.attempts + 1))
        job.restart()
        job.notBefore = Clock.monotonicNanoseconds() + Clock.nanoseconds(delay)
        delayed.append(job)
    }

    private func end(_ job: Job, _ result: Result<HTTPResponse, HTTPFailure>) {
        switch job.purpose {
        case .request(let tag): finished.append(HTTPCompletion(tag: tag, result: result))
        case .preparation(let authentication): prepared(authentication, result)
        }
    }

    private func prepared(_ authentication: any RequestAuthentication, _ result: Result<HTTPResponse, HTTPFailure>) {
        let waiting = unprepared.removeValue(forKey: ObjectIdentifier(authentication)) ?? []
        do throws(HTTPFailure) {
            let response: HTTPResponse
            do throws(HTTPFailure) { response = try result.get() } catch {
                authentication.preparationFailed()
                throw error
            }
            try authentication.accept(response)
            options.onEvent?(.authenticated(host: HTTPURL(response.url)?.authority ?? ""))
            for job in waiting.reversed() { enqueue(job, first: true) }
        } catch {
            for job in waiting { end(job, .failure(error)) }
        }
    }
}
