import HTTP
import JSONText
import ProgramSupport

/// The message for a resource that cannot be fetched, and its status.
enum RESTErrors {
    static func failed(_ failure: HTTPFailure, _ resource: String) -> ProgramError {
        ProgramError(status(of: failure), "unable to fetch \(resource): \(failure.message)", hint: hint(for: failure))
    }

    private static func status(of failure: HTTPFailure) -> ExitStatus {
        switch failure.kind {
        case .url: .configuration
        case .authentication: .denied
        case .encoding, .tooLarge: .data
        case .badRedirect, .tooManyRedirects, .unsafeRedirect, .notHTTP: .unavailable
        case .stopped: .temporary
        case .local: .io
        case .dns, .connect, .tls, .timeout, .reset, .truncated: .unavailable
        }
    }

    private static func hint(for failure: HTTPFailure) -> String? {
        switch failure.kind {
        case .dns: "check the host in client.base_url, and the network"
        case .tls: "session.ca_file names a file of certificates to trust"
        case .timeout: "session.timeout sets how long to wait"
        case .tooLarge: "ask for smaller pages, or raise session.max_body"
        default: failure.isTransient ? "run the same command again; it goes on where this run stopped" : nil
        }
    }

    static func refused(
        _ refused: PageReader.Refused, _ resource: String, _ response: HTTPResponse
    ) -> ProgramError {
        var status = ExitStatus.data
        var hint = refused.hint
        if case .status(let code) = refused.kind {
            switch code {
            case 403 where isLimit(response):
                status = .unavailable
                hint =
                    hint ?? "this is a rate limit: run the same command again later; it goes on where this run stopped"
            case 401, 403, 407:
                status = .denied
                hint = hint ?? "check client.auth, and what its credentials may do"
            case 404, 410:
                status = .noInput
                hint =
                    hint
                    ?? "check the path; if the status is expected, set response_actions: [{status_code: \(code), action: ignore}]"
            case 408, 429, 500...599:
                status = .unavailable
                hint = hint ?? "run the same command again later; it goes on where this run stopped"
            case 300..<400:
                status = .unavailable
                hint = hint ?? "the redirect leads nowhere; check the path, or ask the operators of the service"
            case 200..<300: break
            default: status = .configuration
            }
        }
        let attempts = response.attempts > 1 ? " (\(response.attempts) attempts)" : ""
        return ProgramError(
            status,
            "unable to fetch \(resource): \(refused.reason)\(attempts), from \(HTTPURL.shown(response.url))",
            hint: hint)
    }

    /// Some services answer 403 to clients that ask too often.
    private static func isLimit(_ response: HTTPResponse) -> Bool {
        if response.headers["Retry-After"] != nil { return true }
        let text = String(decoding: response.body.prefix(4096), as: UTF8.self).lowercased()
        return text.contains("rate limit") || text.contains("ratelimit") || text.contains("too many requests")
    }
}
