import Digests
import HTTP
import JSONText
import ProgramSupport

/// Credentials that are the same for every request.
final class FixedAuthentication: RequestAuthentication {
    private let fixed: Credentials
    let secrets: [String]

    init(_ fixed: Credentials, secrets: [String]) {
        self.fixed = fixed
        self.secrets = secrets
    }

    func credentials() -> Credentials { fixed }
}

func makeAuthentication(_ type: String, _ fields: JSONObject) throws -> any RequestAuthentication {
    func text(_ key: String) -> String { fields[key]?.plainText ?? "" }
    switch type {
    case "bearer":
        return FixedAuthentication(
            Credentials(headers: [("Authorization", "Bearer \(text("token"))")]), secrets: [text("token")])
    case "api_key":
        let item = (name: fields["name"]?.plainText ?? "Authorization", value: text("api_key"))
        let credentials =
            switch fields["location"]?.stringValue ?? "header" {
            case "query", "param": Credentials(query: [item])
            case "cookie": Credentials(cookies: [item])
            default: Credentials(headers: [item])
            }
        return FixedAuthentication(credentials, secrets: [text("api_key")])
    case "http_basic":
        let pair = "\(text("username")):\(text("password"))"
        return FixedAuthentication(
            Credentials(headers: [("Authorization", "Basic \(Base64.encode(Array(pair.utf8), padding: true))")]),
            secrets: [text("password")])
    default:
        throw ProgramError(.configuration, "unable to authenticate: \(type) is not known")
    }
}
