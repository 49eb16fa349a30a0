import CCurl
import SystemIO

/// One handle of libcurl: sends one request at a time, without redirects, and collects the response. Reused.
/// <https://curl.se/libcurl/c/libcurl-easy.html>
final class Transfer {
    let handle: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private var maximumBody = 0
    private var headerBytes = 0
    private var overflow: String?
    private var file: BodyFile?
    /// The body cannot be kept in its file.
    private var fileFailure: String?

    private var startedAt: Int64 = 0
    private var lastByteAt: Int64 = 0
    private var sentBytes = 0

    init?() {
        guard let handle = ccurl_easy_init() else { return nil }
        self.handle = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    deinit {
        ccurl_easy_cleanup(handle)
        ccurl_list_free(headerList)
        errorText.deallocate()
    }

    struct Message {
        var method: String
        var url: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]?
        var file: BodyFile?
    }

    /// Sets everything up; then add the handle to the multi handle.
    func prepare(_ message: Message, _ options: HTTPClientOptions, now: Int64) {
        ccurl_easy_reset(handle)
        ccurl_list_free(headerList)
        headerList = nil
        headers = HTTPHeaders()
        body = []
        headerBytes = 0
        overflow = nil
        file = message.file
        fileFailure = file?.clear()
        maximumBody = options.maximumBody
        startedAt = now
        lastByteAt = now
        sentBytes = 0
        errorText[0] = 0

        set(CURLOPT_URL, message.url)
        // A path from the configuration must not be interpreted again.
        set(CURLOPT_PATH_AS_IS, 1)
        _ = ccurl_allow_http_only(handle)
        set(CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        _ = ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.received(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        _ = ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        _ = ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_BUFFERSIZE, 128 << 10)
        set(CURLOPT_TCP_KEEPALIVE, 1)

        // Every encoding that the library knows.
        if options.decodesBodies { set(CURLOPT_ACCEPT_ENCODING, "") }
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        // Prefers a stream on a connection that is being established to another connection.
        if message.url.hasPrefix("https:") { set(CURLOPT_PIPEWAIT, 1) }

        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connectTimeout))
        if options.totalTimeout > 0 { set(CURLOPT_TIMEOUT_MS, milliseconds(options.totalTimeout)) }

        set(CURLOPT_SSL_VERIFYPEER, options.verifiesCertificates ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, options.verifiesCertificates ? 2 : 0)
        if let file = options.certificateAuthorities { set(CURLOPT_CAINFO, file) }
        if let file = options.clientCertificate { set(CURLOPT_SSLCERT, file) }
        if let file = options.clientKey { set(CURLOPT_SSLKEY, file) }
        if let proxy = options.proxy { set(CURLOPT_PROXY, proxy) }

        setMethod(message)
        setHeaders(message, options)
    }

    private func setMethod(_ message: Message) {
        if message.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else {
            // Servers want a length where a body is usual, even 0.
            let body = message.body ?? (["POST", "PUT", "PATCH"].contains(message.method) ? [] : nil)
            if let body {
                _ = ccurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
                body.withUnsafeBytes { bytes in
                    // An empty body is never read, but NULL would have another meaning.
                    let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                    _ = ccurl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start ?? UnsafeMutableRawPointer(errorText))
                }
            }
            set(CURLOPT_CUSTOMREQUEST, message.method)
        }
    }

    private func setHeaders(_ message: Message, _ options: HTTPClientOptions) {
        var hasType = false
        var hasAgent = false
        for (name, value) in message.headers {
            hasType = hasType || isSameHeader(name, "Content-Type")
            hasAgent = hasAgent || isSameHeader(name, "User-Agent")
            // The library's notation for a header with an empty value.
            append(header: value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // Otherwise the library would declare any body a form, and ask for permission to send it.
        if !hasType { append(header: "Content-Type:") }
        append(header: "Expect:")
        _ = ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, headerList)
        if !hasAgent, let agent = options.userAgent { set(CURLOPT_USERAGENT, agent) }
    }

    private func append(header: String) {
        if let longer = ccurl_list_append(headerList, header) { headerList = longer }
    }

    private func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(handle, option, value) }
    private func set(_ option: CURLoption, _ text: String) { _ = ccurl_set_text(handle, option, text) }
    private func milliseconds(_ seconds: Double) -> Int { max(Int(min(seconds, 1e6) * 1000), 1) }

    // MARK: Receiving

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastByteAt = Clock.monotonicNanoseconds()
        if let file, status == 200 {
            if fileFailure == nil { fileFailure = file.append(bytes) }
            return fileFailure == nil ? bytes.count : 0
        }
        if body.isEmpty, let length = headers["Content-Length"].flatMap({ Int($0) }), length > 0 {
            // A false length must not allocate all memory at once.
            body.reserveCapacity(min(length, maximumBody, 8 << 20))
        }
        if body.count + bytes.count > maximumBody {
            overflow = "the body is larger than \(maximumBody) bytes"
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastByteAt = Clock.monotonicNanoseconds()
        headerBytes += bytes.count
        if headerBytes > 1 << 20 {
            overflow = "the headers are larger than \(1 << 20) bytes"
            return 0
        }
        var line = bytes[...]
        while let last = line.last, last == 0x0A || last == 0x0D || last == 0x20 { line = line.dropLast() }
        // A second status line follows `100 Continue` and the like.
        if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            headers.append(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return bytes.count
    }

    // MARK: The end

    var status: Int { ccurl_get_long(handle, CURLINFO_RESPONSE_CODE) }

    func takeBody() -> [UInt8] {
        let taken = body
        body = []
        return taken
    }

    /// Whether the server has been silent since the connection was established.
    func isIdle(longerThan limit: Int64, now: Int64) -> Bool {
        if limit <= 0 || now - lastByteAt < limit { return false }
        // Microseconds until the request could be sent; the connect timeout applies before.
        let untilReady = ccurl_get_size(handle, CURLINFO_PRETRANSFER_TIME_T)
        if untilReady <= 0 { return false }
        let sent = ccurl_get_size(handle, CURLINFO_SIZE_UPLOAD_T)
        if sent != sentBytes {
            sentBytes = sent
            lastByteAt = now
        }
        return now - max(lastByteAt, startedAt + Int64(untilReady) * 1000) >= limit
    }

    /// Why the transfer did not succeed; nil when it did.
    func failure(_ code: CURLcode) -> (kind: HTTPFailure.Kind, reason: String)? {
        if let overflow { return (.tooLarge, overflow) }
        if let fileFailure { return (.local, fileFailure) }
        let detail = errorText[0] == 0 ? String(cString: ccurl_easy_message(code)) : String(cString: errorText)
        switch code {
        case CURLE_OK: return nil
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return (.dns, detail)
        case CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PROXY: return (.connect, detail)
        case CURLE_OPERATION_TIMEDOUT: return (.timeout, detail)
        case CURLE_PARTIAL_FILE: return (.truncated, "the answer ended too early: \(detail)")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return (.reset, detail)
        case CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR: return (.encoding, detail)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return (.tls, detail)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL: return (.notHTTP, detail)
        default: return (.local, detail)
        }
    }
}
