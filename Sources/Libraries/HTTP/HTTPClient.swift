import CCurl

/// Sends requests one after another over connections that stay open. One handle of libcurl; no retries, no redirects: those are
/// for the caller to decide.
package final class HTTPClient {
    package struct Limits: Sendable {
        package var connectMilliseconds = 10_000
        package var totalMilliseconds = 30_000
        /// The most that an answer's body may hold.
        package var bodyBytes = 64 << 20

        package init() {}
    }

    private let handle: OpaquePointer
    private let limits: Limits
    /// Where libcurl puts its words about the last error.
    private let detail: UnsafeMutablePointer<CChar>

    private static let initialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    package init(limits: Limits = Limits(), userAgent: String) throws(HTTPError) {
        guard HTTPClient.initialized, let handle = curl_easy_init() else {
            throw HTTPError(kind: .unavailable, message: "libcurl cannot start")
        }
        self.handle = OpaquePointer(handle)
        self.limits = limits
        detail = .allocate(capacity: Int(CURL_ERROR_SIZE))
        detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try configure(userAgent)
    }

    deinit {
        curl_easy_cleanup(UnsafeMutableRawPointer(handle))
        detail.deallocate()
    }

    private var curl: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    private func configure(_ userAgent: String) throws(HTTPError) {
        try check(dlt_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, detail))
        // Its timeouts would else be signals, which are the program's own.
        try check(dlt_curl_set_long(curl, CURLOPT_NOSIGNAL, 1))
        // Nothing that a URL may name but these: no files, no mail.
        try check(dlt_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https"))
        try check(dlt_curl_set_text(curl, CURLOPT_USERAGENT, userAgent))
        try check(dlt_curl_set_text(curl, CURLOPT_ACCEPT_ENCODING, ""))
        try check(dlt_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, limits.connectMilliseconds))
        try check(dlt_curl_set_long(curl, CURLOPT_TIMEOUT_MS, limits.totalMilliseconds))
    }

    private func check(_ code: CURLcode) throws(HTTPError) {
        guard code != CURLE_OK else { return }
        throw HTTPError(code: code, detail: String(cString: detail))
    }

    /// What an answer is collected in while it comes.
    private final class Collector {
        let limit: Int
        var body: [UInt8] = []
        var headers: [(name: String, value: String)] = []

        init(limit: Int) { self.limit = limit }

        func take(header line: UnsafeBufferPointer<UInt8>) {
            // A new status line begins a new answer: what came before it was an interim one.
            if line.starts(with: "HTTP/".utf8) { return headers.removeAll() }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
            let isBlank = { (byte: UInt8) in byte <= 0x20 }
            let value = line[(colon + 1)...].drop(while: isBlank)
            let end = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
            headers.append(
                (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value[..<end], as: UTF8.self)))
        }
    }

    /// Waits for the whole answer.
    package func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let collector = Collector(limit: limits.bodyBytes)
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in request.headers {
            // A line break would let a value begin a header of its own.
            guard !"\(name)\(value)".utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                curl_slist_free_all(list)
                throw HTTPError(kind: .usage, message: "the value of header \(name) holds a line break")
            }
            list = curl_slist_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        defer { curl_slist_free_all(list) }
        detail[0] = 0
        try check(dlt_curl_set_text(curl, CURLOPT_URL, request.url))
        try check(dlt_curl_set_pointer(curl, CURLOPT_HTTPHEADER, list))
        let body = request.body ?? []
        try check(dlt_curl_set_long(curl, CURLOPT_HTTPGET, 1))
        if request.body != nil {
            try check(dlt_curl_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, body.count))
            let copied = body.withUnsafeBytes {
                dlt_curl_set_pointer(curl, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
            try check(copied)
        }
        try check(dlt_curl_set_text(curl, CURLOPT_CUSTOMREQUEST, request.method))
        try check(perform(into: collector))
        var status = 0
        try check(dlt_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status))
        return HTTPResponse(status: status, headers: collector.headers, body: collector.body)
    }

    private func perform(into collector: Collector) -> CURLcode {
        withExtendedLifetime(collector) {
            let context = Unmanaged.passUnretained(collector).toOpaque()
            _ = dlt_curl_set_receiver(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
                // To take less than was offered is to stop.
                guard collector.body.count + size * count <= collector.limit else { return 0 }
                collector.body += UnsafeRawBufferPointer(start: bytes, count: size * count)
                return size * count
            }
            _ = dlt_curl_set_pointer(curl, CURLOPT_WRITEDATA, context)
            _ = dlt_curl_set_receiver(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count).bindMemory(to: UInt8.self)
                Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().take(header: line)
                return size * count
            }
            _ = dlt_curl_set_pointer(curl, CURLOPT_HEADERDATA, context)
            return curl_easy_perform(curl)
        }
    }
}
