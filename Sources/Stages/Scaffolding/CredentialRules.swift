import JSONText
import OpenAPI

/// Credentials of the configuration, made from the security schemes of a description.
struct CredentialDraft: Equatable {
    /// Names of the schemes that are used together.
    let schemes: [String]
    var type: String?
    var keys: [Key] = []
    /// Further keys that are sent beside the first.
    var headers: [Key] = []
    var parameters: [Key] = []
    var reason = ""
    /// Where a server finds the first key.
    var place: MockEndpoint.Credential?
    /// The input that the first key is.
    var input: String?
    /// What a person may write instead.
    var advice: String?
    var doubts: [String] = []

    struct Key: Equatable {
        let name: String
        /// As the file has it, in quotes.
        let text: String
    }
}

struct CredentialRules {
    let description: Description
    /// The scheme that a person named.
    let wanted: String?
    /// Issues all tokens in place of the described URL.
    var tokenURL: String?

    private func scheme(_ name: String) -> DescriptionValue? {
        let all =
            description.edition == .two
            ? description.root["securityDefinitions"] : description.root["components"]?["securitySchemes"]
        guard let scheme = all?[name] else { return nil }
        return try? description.resolved(scheme) as DescriptionValue
    }

    var schemeNames: [String] {
        let all =
            description.edition == .two
            ? description.root["securityDefinitions"] : description.root["components"]?["securitySchemes"]
        return all?.members.map(\.key) ?? []
    }

    /// The schemes that an operation wants together, in alternatives; an empty list asks for none.
    func alternatives(_ operation: Operation) -> [[String]] {
        guard let security = operation.value["security"] ?? description.root["security"], security.isArray else {
            return []
        }
        return security.items.map { $0.members.map(\.key) }
    }

    /// The alternative that a program can use best.
    func choice(_ alternatives: [[String]]) -> [String] {
        let some = alternatives.filter { !$0.isEmpty }
        if let wanted, let found = some.first(where: { $0.contains(wanted) }) { return found }
        return some.min { rank($0) < rank($1) } ?? []
    }

    private func rank(_ schemes: [String]) -> Int { schemes.map { rank(scheme($0)) }.max() ?? 9 }

    private func rank(_ scheme: DescriptionValue?) -> Int {
        guard let scheme else { return 8 }
        switch scheme["type"]?.text?.lowercased() {
        case "http": return scheme["scheme"]?.text?.lowercased() == "basic" ? 2 : 0
        case "apikey": return 0
        case "basic": return 2
        case "oauth2":
            let flows = scheme["flows"]
            if flows?["clientCredentials"] != nil || scheme["flow"]?.text == "application" { return 1 }
            return 3
        default: return 5
        }
    }

    func draft(_ schemes: [String], _ inputs: inout Inputs) -> CredentialDraft {
        var draft = CredentialDraft(schemes: schemes)
        for name in schemes { add(name, to: &draft, &inputs) }
        return draft
    }

    private func add(_ name: String, to draft: inout CredentialDraft, _ inputs: inout Inputs) {
        let shown = Comments.line(name, length: 60)
        guard let scheme = scheme(name) else {
            draft.doubts.append("the security scheme \(shown) is not described")
            return
        }
        let text = (scheme["description"]?.text ?? "").lowercased()
        func input(_ words: [String], _ purpose: String) -> String {
            YAMLText.quoted(Inputs.reference(inputs.add(words, purpose, owner: shown)))
        }
        switch scheme["type"]?.text?.lowercased() {
        case "http" where scheme["scheme"]?.text?.lowercased() == "basic": basic(shown, text, &draft, &inputs)
        case "basic": basic(shown, text, &draft, &inputs)
        case "http" where scheme["scheme"]?.text?.lowercased() == "bearer":
            set("bearer", [.init(name: "token", text: input(["token"], "bearer token (\(shown))"))], shown, &draft)
        case "http":
            draft.doubts.append(
                "the HTTP scheme \(Comments.line(scheme["scheme"]?.text ?? "", length: 40)) of \(shown) is not known here"
            )
            set("bearer", [.init(name: "token", text: input(["token"], "token (\(shown))"))], shown, &draft)
        case "apikey": apiKey(name, scheme, text, &draft, &inputs)
        case "oauth2": oauth(shown, scheme, &draft, &inputs)
        case "openidconnect":
            set(
                "bearer", [.init(name: "token", text: input(["token"], "access token (\(shown), OpenID Connect)"))],
                shown, &draft)
        case "mutualtls":
            draft.doubts.append("\(shown) wants a certificate: set cert_file and key_file of the session")
        default: draft.doubts.append("the type of the security scheme \(shown) is not known")
        }
    }

    private func set(_ type: String, _ keys: [CredentialDraft.Key], _ name: String, _ draft: inout CredentialDraft) {
        guard draft.type == nil else { return draft.doubts.append("\(name) is wanted too, and left out") }
        draft.type = type
        draft.keys = keys
        draft.place = type == "http_basic" ? .basic : .bearer
        if type == "bearer" { draft.input = keys.first.flatMap { Inputs.name(in: $0.text) } }
        draft.reason = "the security scheme \(name)"
    }

    private func basic(_ name: String, _ text: String, _ draft: inout CredentialDraft, _ inputs: inout Inputs) {
        let isKey =
            text.contains("empty password") || text.contains("password blank") || text.contains("password empty")
            || text.contains("as the username") || text.contains("as username") || text.contains("as your username")
            || text.contains("no password") || text.contains("blank password")
        let user = inputs.add(
            isKey ? ["api", "key"] : ["username"], isKey ? "key, sent as the user (\(name))" : "user (\(name))",
            owner: name)
        let password =
            isKey
            ? "\"\"" : YAMLText.quoted(Inputs.reference(inputs.add(["password"], "password (\(name))", owner: name)))
        set(
            "http_basic",
            [
                .init(name: "username", text: YAMLText.quoted(Inputs.reference(user))),
                .init(name: "password", text: password),
            ],
            name, &draft)
    }

    private func apiKey(
        _ name: String, _ scheme: DescriptionValue, _ text: String, _ draft: inout CredentialDraft,
        _ inputs: inout Inputs
    ) {
        let shown = Comments.line(name, length: 60)
        let place = scheme["in"]?.text ?? "header"
        guard let field = scheme["name"]?.text, !field.isEmpty else {
            draft.doubts.append("the security scheme \(shown) has no name of a header or parameter")
            return
        }
        if place == "header", field.lowercased() == "authorization", text.contains("bearer"), draft.type == nil {
            let token = inputs.add(["token"], "bearer token (\(shown))", owner: shown)
            return set("bearer", [.init(name: "token", text: YAMLText.quoted(Inputs.reference(token)))], shown, &draft)
        }
        let words = draft.type == nil ? ["api", "key"] : Words.of(field)
        let key = YAMLText.quoted(
            Inputs.reference(inputs.add(words, "value of \(Comments.line(field, length: 60)) (\(shown))", owner: shown))
        )
        if draft.type == nil {
            defer {
                draft.place = place == "query" ? .query(field) : place == "cookie" ? .cookie(field) : .header(field)
                draft.input = Inputs.name(in: key)
            }
            return set(
                "api_key",
                [
                    .init(name: "api_key", text: key), .init(name: "name", text: YAMLText.literal(field)),
                    .init(name: "location", text: ["query", "cookie"].contains(place) ? place : "header"),
                ], shown, &draft)
        }
        if place == "query" {
            draft.parameters.append(.init(name: field, text: key))
        } else if place == "header" {
            draft.headers.append(.init(name: field, text: key))
        } else {
            draft.doubts.append("\(shown) is a second key in a cookie, and left out")
        }
    }

    private func oauth(
        _ name: String, _ scheme: DescriptionValue, _ draft: inout CredentialDraft, _ inputs: inout Inputs
    ) {
        let flows = scheme["flows"]
        let isTwo = description.edition == .two
        let client = isTwo ? (scheme["flow"]?.text == "application" ? scheme : nil) : flows?["clientCredentials"]
        let code = isTwo ? (scheme["flow"]?.text == "accessCode" ? scheme : nil) : flows?["authorizationCode"]
        func key(_ field: String, _ words: [String], _ purpose: String) -> CredentialDraft.Key {
            .init(name: field, text: YAMLText.quoted(Inputs.reference(inputs.add(words, purpose, owner: name))))
        }
        func tokenURL(_ flow: DescriptionValue) -> CredentialDraft.Key {
            if let tokenURL = self.tokenURL { return .init(name: "access_token_url", text: YAMLText.literal(tokenURL)) }
            let text = flow["refreshUrl"]?.text ?? flow["tokenUrl"]?.text ?? ""
            if text.hasPrefix("https://") || text.hasPrefix("http://") {
                return .init(name: "access_token_url", text: YAMLText.literal(text))
            }
            return key(
                "access_token_url", ["token", "url"],
                "URL that issues tokens (\(name)); described as \(Comments.line(text, length: 60))")
        }
        if let client {
            let keys = [
                tokenURL(client), key("client_id", ["client", "id"], "OAuth 2 client (\(name))"),
                key("client_secret", ["client", "secret"], "its secret (\(name))"),
            ]
            return set("oauth2_client_credentials", keys, name, &draft)
        }
        // dlt has no refresh tokens, so the file says bearer, and how to go on without a person.
        if code?["tokenUrl"] != nil || code?["refreshUrl"] != nil {
            let url = Comments.line(code?["refreshUrl"]?.text ?? code?["tokenUrl"]?.text ?? "", length: 200)
            draft.advice = "To get new tokens by a refresh token: type oauth2_refresh_token, access_token_url \(url)"
        }
        set("bearer", [key("token", ["token"], "access token (\(name))")], name, &draft)
    }
}
