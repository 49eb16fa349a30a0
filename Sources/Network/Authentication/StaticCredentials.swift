import Digests
package import HTTP
import Secrets

/// Credentials that do not change: a token, a key, a user and password.
package final class StaticCredentials: RequestAuthentication {
    private let all: Credentials

    private init(_ credentials: Credentials, secrets: [String]) {
        all = credentials
        for secret in secrets { Secrets.keep(secret) }
    }

    package func credentials() -> Credentials { all }

    package static func bearer(_ token: String) -> StaticCredentials {
        StaticCredentials(Credentials(headers: [("Authorization", "Bearer \(token)")]), secrets: [token])
    }

    package enum KeyPlace: String, Sendable, CaseIterable { case header, query, cookie }

    package static func apiKey(_ key: String, name: String, in place: KeyPlace) -> StaticCredentials {
        let pair = [(name: name, value: key)]
        let credentials =
            switch place {
            case .header: Credentials(headers: pair)
            case .query: Credentials(query: pair)
            case .cookie: Credentials(cookies: pair)
            }
        return StaticCredentials(credentials, secrets: [key])
    }

    /// RFC 7617, in UTF-8.
    package static func basic(user: String, password: String) -> StaticCredentials {
        let text = Base64.encode(Array("\(user):\(password)".utf8), padding: true)
        return StaticCredentials(Credentials(headers: [("Authorization", "Basic \(text)")]), secrets: [password, text])
    }
}
