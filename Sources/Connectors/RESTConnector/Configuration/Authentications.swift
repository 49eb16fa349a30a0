import Authentication
import Configuration
import Documents
import HTTP
import JSONText
import ProgramSupport
import SystemIO

/// The credentials of each resource. Resources that share a description share the credentials, and a token with them.
struct Authentications {
    private var client: (any RequestAuthentication)?
    private var byResource: [String: any RequestAuthentication] = [:]
    /// Values that must not be shown or stored, with a name for each.
    private(set) var secrets: [(name: String, value: String)] = []

    private let dataDirectory: String

    init(_ configuration: RESTConfiguration, _ variables: ConfigurationValues, dataDirectory: String) throws {
        self.dataDirectory = dataDirectory
        client = try configuration.client.authentication.map {
            try make($0, "client.auth", configuration.name, variables)
        }
        for resource in configuration.resources {
            guard let own = resource.endpoint.authentication else { continue }
            byResource[resource.name] = try make(own, "\(resource.name).auth", configuration.name, variables)
        }
    }

    /// Credentials without a value, neither written nor among the variables.
    static func missing(
        in configuration: RESTConfiguration, _ variables: ConfigurationValues
    ) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        func look(_ credentials: AuthenticationConfiguration?, _ place: String) {
            guard let credentials else { return }
            let fields = credentials.fields.json.objectValue ?? [:]
            for key in required(credentials.type) where fields[key].map(\.isNull) ?? true {
                let names = names(of: key, configuration.name)
                if let value = try? variables.value(ofAny: names), !value.isEmpty { continue }
                problems.append(
                    ConfigurationProblem(
                        place, line: credentials.fields.line, "there is no `\(key)`",
                        hint: "write \(key): ${NAME}, or set \(names.first ?? "")"))
            }
        }
        look(configuration.client.authentication, "client.auth")
        for (index, resource) in configuration.resources.enumerated() {
            look(resource.endpoint.authentication, "resources[\(index)].endpoint.auth")
        }
        return problems
    }

    func of(_ resource: String) -> (any RequestAuthentication)? { byResource[resource] ?? client }

    private mutating func make(
        _ configuration: AuthenticationConfiguration, _ place: String, _ source: String,
        _ variables: ConfigurationValues
    ) throws -> any RequestAuthentication {
        var fields = configuration.fields.json.objectValue ?? [:]
        for key in Self.required(configuration.type) where fields[key].map(\.isNull) ?? true {
            let names = Self.names(of: key, source)
            guard let value = try variables.value(ofAny: names) else {
                throw ProgramError(
                    .configuration, "unable to authenticate: \(place) needs `\(key)`",
                    hint:
                        "write \(key): ${NAME} into the configuration, or set one of \(names.joined(separator: ", ")); "
                        + "they can be set in \(variables.places)")
            }
            fields[key] = .string(value)
        }
        for key in Self.secretKeys {
            if let value = fields[key], !value.isNull { secrets.append(("\(place).\(key)", value.plainText)) }
        }
        return credentials(configuration.type, fields)
    }

    private func credentials(_ type: String, _ fields: JSONObject) -> any RequestAuthentication {
        func text(_ key: String) -> String { optional(key) ?? "" }
        func optional(_ key: String) -> String? { fields[key].flatMap { $0.isNull ? nil : $0.plainText } }
        func pairs(_ key: String) -> [(name: String, value: String)] {
            (fields[key]?.objectValue?.members ?? []).map { ($0.key, $0.value.plainText) }
        }
        var oauth: OAuth2.Configuration
        switch type {
        case "api_key":
            let place = fields["location"]?.stringValue ?? "header"
            return StaticCredentials.apiKey(
                text("api_key"), name: optional("name") ?? "Authorization",
                in: place == "param" ? .query : StaticCredentials.KeyPlace(rawValue: place) ?? .header)
        case "http_basic": return StaticCredentials.basic(user: text("username"), password: text("password"))
        case "oauth2_client_credentials":
            oauth = OAuth2.Configuration(
                tokenURL: text("access_token_url"),
                grant: .clientCredentials(id: text("client_id"), secret: text("client_secret")))
        case "oauth2_refresh_token":
            let folder = Paths.join(dataDirectory, "credentials")
            oauth = OAuth2.Configuration(
                tokenURL: text("access_token_url"),
                grant: .refreshToken(
                    text("refresh_token"), id: text("client_id"), secret: optional("client_secret"),
                    store: TokenStore(
                        folder: folder, identity: [text("access_token_url"), text("client_id"), text("refresh_token")]))
            )
        case "oauth2_jwt":
            let algorithm = optional("algorithm").flatMap(JSONWebToken.Algorithm.init(rawValue:)) ?? .rs256
            let scopes =
                fields["scopes"]?.arrayValue?.compactMap(\.stringValue)
                ?? text("scopes").split(separator: " ").map(String.init)
            oauth = OAuth2.Configuration(
                tokenURL: text("auth_endpoint"),
                grant: .jwtBearer(
                    JSONWebToken(algorithm, key: text("private_key"), passphrase: optional("private_key_passphrase")),
                    id: text("client_id"), scopes: scopes))
        default: return StaticCredentials.bearer(text("token"))
        }
        oauth.fields = pairs("access_token_request_data")
        oauth.headers = pairs("headers")
        oauth.accessToken = optional("access_token")
        oauth.defaultExpiration =
            fields["default_token_expiration"]?.intValue.map(Double.init) ?? oauth.defaultExpiration
        return OAuth2(oauth)
    }

    /// The name under which dlt looks for a field, and a shorter name.
    private static func names(of key: String, _ source: String) -> [String] {
        let source = source.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }.reduce(into: "") {
            $0.append($1)
        }
        let key = key.uppercased()
        return [
            "SOURCES__REST_API__\(source)__CREDENTIALS__\(key)", "SOURCES__REST_API__CREDENTIALS__\(key)",
            "SOURCES__CREDENTIALS__\(key)", "CREDENTIALS__\(key)", "SOURCES__\(source)__\(key)",
        ]
    }

    private static func required(_ type: String) -> [String] {
        switch type {
        case "bearer": ["token"]
        case "api_key": ["api_key"]
        case "http_basic": ["username", "password"]
        case "oauth2_client_credentials": ["access_token_url", "client_id", "client_secret"]
        case "oauth2_refresh_token": ["access_token_url", "refresh_token"]
        case "oauth2_jwt": ["client_id", "private_key", "auth_endpoint"]
        default: []
        }
    }

    private static let secretKeys = [
        "token", "api_key", "password", "client_secret", "access_token", "refresh_token", "private_key",
        "private_key_passphrase",
    ]
}
