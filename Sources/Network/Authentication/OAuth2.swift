import Crypto
import Digests
import Encodings
package import HTTP
import JSONText
import Secrets
import Synchronization
import SystemIO

/// Access tokens of OAuth 2.0: obtained on demand, used until they expire or are refused, then renewed.
///
/// All requests of a client share one, and the client requests a token once however many of them wait.
package final class OAuth2: RequestAuthentication {
    package enum Grant: Sendable {
        /// RFC 6749, 4.4.
        case clientCredentials(id: String, secret: String)
        /// RFC 6749, 6. Without a store a new refresh token lives as long as this object.
        case refreshToken(String, id: String, secret: String?, store: TokenStore?)
        /// RFC 7523: `iss` and `sub` are the client, `aud` the token URL.
        case jwtBearer(JSONWebToken, id: String, scopes: [String])
    }

    package struct Configuration: Sendable {
        package var tokenURL: String
        package var grant: Grant
        /// More fields of the form, such as `scope` or `audience`; they override ours, as in dlt.
        package var fields: [(name: String, value: String)] = []
        package var headers: [(name: String, value: String)] = []
        /// Whether client id and secret go into the Authorization header of the token request instead of its form.
        package var sendsClientInHeader = false
        /// Used until it expires.
        package var accessToken: String?
        /// Seconds, if the server reports no `expires_in`.
        package var defaultExpiration = 3600.0

        package init(tokenURL: String, grant: Grant) {
            self.tokenURL = tokenURL
            self.grant = grant
        }
    }

    private struct State: ~Copyable {
        var accessToken: String?
        /// Monotonic, in nanoseconds.
        var expires: Int64 = 0
        var generation = 0
        var refreshToken: String?
        /// Held from the request for a token to its response.
        var lock: FileLock?
    }

    private let configuration: Configuration
    private let state: Mutex<State>

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        var token: String?
        if case .refreshToken(let first, _, _, _) = configuration.grant { token = first }
        state = Mutex(
            State(
                accessToken: configuration.accessToken, expires: Self.deadline(configuration.defaultExpiration),
                refreshToken: token))
        for secret in [token, configuration.accessToken] + Self.secrets(of: configuration.grant) {
            if let secret { Secrets.keep(secret) }
        }
    }

    private static func secrets(of grant: Grant) -> [String?] {
        switch grant {
        case .clientCredentials(_, let secret): [secret]
        case .refreshToken(_, _, let secret, _): [secret]
        case .jwtBearer: []
        }
    }

    // MARK: Requests

    package func credentials() -> Credentials {
        state.withLock { state in
            Credentials(
                headers: [("Authorization", "Bearer \(state.accessToken ?? "")")], generation: state.generation)
        }
    }

    package func renew(after generation: Int) -> Bool {
        state.withLock { state in
            // From an older generation: another request has renewed it meanwhile.
            if generation == state.generation { state.accessToken = nil }
        }
        return true
    }

    // MARK: Tokens

    package func preparation() throws(HTTPFailure) -> HTTPRequest? {
        if state.withLock({ $0.accessToken != nil && Clock.monotonicNanoseconds() < $0.expires }) { return nil }
        var (fields, headers) = ([(name: String, value: String)](), configuration.headers)
        func identify(_ id: String, _ secret: String?) {
            if configuration.sendsClientInHeader {
                let pair = PercentEncoding.encoded(id) + ":" + PercentEncoding.encoded(secret ?? "")
                headers.append(("Authorization", "Basic " + Base64.encode(Array(pair.utf8), padding: true)))
            } else {
                if !id.isEmpty { fields.append(("client_id", id)) }
                if let secret { fields.append(("client_secret", secret)) }
            }
        }
        switch configuration.grant {
        case .clientCredentials(let id, let secret):
            identify(id, secret)
            fields.append(("grant_type", "client_credentials"))
        case .refreshToken(let first, let id, let secret, let store):
            identify(id, secret)
            fields += [("grant_type", "refresh_token"), ("refresh_token", try newestToken(first, store))]
        case .jwtBearer(let token, let id, let scopes):
            fields.append(("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"))
            fields.append(("assertion", try assertion(token, id, scopes)))
        }
        for field in configuration.fields {
            fields.removeAll { $0.name == field.name }
            fields.append(field)
        }
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        headers.append(("Accept", "application/json"))
        return HTTPRequest(
            method: "POST", url: configuration.tokenURL, headers: headers, body: HTTPURL.form(fields),
            // A refresh token may be valid for one use: a second use can make the server revoke all.
            isRetriable: !isRefreshing)
    }

    private var isRefreshing: Bool { if case .refreshToken = configuration.grant { true } else { false } }

    private func newestToken(_ first: String, _ store: TokenStore?) throws(HTTPFailure) -> String {
        guard let store else { return state.withLock { $0.refreshToken } ?? first }
        do throws(SystemError) {
            let lock = try store.lock()
            let token = try store.read() ?? first
            Secrets.keep(token)
            hold(lock, token)
            return token
        } catch {
            throw HTTPFailure(
                error.isInterruption ? .stopped : .local, "unable to keep a refresh token: \(error.description)")
        }
    }

    private func hold(_ lock: consuming FileLock, _ token: String) {
        var lock: FileLock? = lock
        state.withLock { state in
            state.lock = lock.take()
            state.refreshToken = token
        }
    }

    private func assertion(_ token: JSONWebToken, _ id: String, _ scopes: [String]) throws(HTTPFailure) -> String {
        let now = Clock.nowMicroseconds() / 1_000_000
        var claims: JSONObject = [
            "iss": .string(id), "sub": .string(id), "aud": .string(configuration.tokenURL),
            "exp": .integer(now + 3600), "iat": .integer(now),
        ]
        if !scopes.isEmpty { claims["scope"] = .string(scopes.joined(separator: " ")) }
        do throws(CryptoError) { return try token.signed(claims) } catch {
            throw HTTPFailure(.authentication, "unable to sign a token with the private key: \(error.description)")
        }
    }

    package func preparationFailed() { state.withLock { $0.lock = nil } }

    package func accept(_ response: HTTPResponse) throws(HTTPFailure) {
        defer { preparationFailed() }
        let answer = try? JSONValue(parsing: response.body)
        guard (200...299).contains(response.status), let token = answer?["access_token"]?.stringValue, !token.isEmpty
        else {
            // Only an error that will be repeated is a refusal.
            let passes = RetryPolicy().isTransient(status: response.status)
            throw HTTPFailure(
                passes ? .connect : .authentication,
                "unable to obtain a token from \(tokenHost): \(reason(response, answer))",
                lastStatus: response.status, attempts: response.attempts)
        }
        for secret in [token, refreshTokenOf(answer)].compactMap(\.self) { Secrets.keep(secret) }
        let lifetime = answer?["expires_in"].flatMap { Double($0.stringValue ?? $0.serialized()) } ?? 0
        let refreshToken = refreshTokenOf(answer)
        if case .refreshToken(_, _, _, let store?) = configuration.grant, let refreshToken,
            refreshToken != state.withLock({ $0.refreshToken })
        {
            do throws(SystemError) { try store.write(refreshToken) } catch {
                throw HTTPFailure(.local, "unable to keep a refresh token: \(error.description)")
            }
        }
        state.withLock { state in
            state.accessToken = token
            state.expires = Self.deadline(lifetime > 0 ? lifetime : configuration.defaultExpiration)
            state.generation += 1
            if let refreshToken { state.refreshToken = refreshToken }
        }
    }

    private func refreshTokenOf(_ answer: JSONValue?) -> String? { answer?["refresh_token"]?.stringValue }

    private var tokenHost: String { HTTPURL.shown(configuration.tokenURL) }

    /// The words of RFC 6749, 5.2, if the server sends any.
    private func reason(_ response: HTTPResponse, _ answer: JSONValue?) -> String {
        if (200...299).contains(response.status) { return "the answer has no `access_token`" }
        let words = ["error", "error_description"].compactMap { answer?[$0]?.stringValue }.joined(separator: ": ")
        let told = words.isEmpty ? "" : " " + Secrets.excerpt(words.utf8, 500)
        return "status \(response.status)\(told)"
    }

    /// A little before the end, since a request takes time to arrive.
    private static func deadline(_ seconds: Double) -> Int64 {
        let usable = seconds - min(30, seconds / 10)
        return Clock.monotonicNanoseconds() + Clock.nanoseconds(usable)
    }
}
