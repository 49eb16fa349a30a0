import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

/// Secrets are in no output, whichever way a program fails: `run` refuses output that holds a planted one (see
/// `PlantedSecret`). Here all the ways are gone, and the files that are left are looked through.
struct SecretTests {
    private static let secret = PlantedSecret.make("x")

    /// An API that says everything it was told, in every way an API can fail.
    private static func echo(_ request: ServerRequest) -> ServerReply {
        let said = ([request.target] + request.headers.map { "\($0.name): \($0.value)" }).joined(separator: "; ")
        // Once more with a mark behind each secret that Swift joins with its last letter.
        let all = said + String(decoding: request.body, as: UTF8.self)
        let told = all + all.replacing(secret, with: secret + "\u{301}")
        switch request.path.split(separator: "/").last {
        case "401": return .json(["message": .string(told)], status: 401)
        case "403": return ServerReply(403, text: told)
        case "500": return .json(["error": ["detail": .string(told)]], status: 500)
        case "404": return ServerReply(404, text: "<html>\(told)</html>", type: "text/html")
        case "html": return ServerReply(text: "<html>\(told)</html>", type: "text/html")
        case "no-json": return ServerReply(text: "{\"a\": \(told)", type: "application/json")
        case "error": return .json(["error": .string(told)])
        case "redirect": return .redirect(to: request.target + "&again=\(request.visit)")
        case "no-link": return .json(["data": [["id": 1]], "next": .string("ftp://\(told)")])
        case "same": return .json(["data": [["id": 1]], "next": .string(request.target)])
        case "token-well":
            return .json([
                "access_token": .string(PlantedSecret.make("access")),
                "refresh_token": .string(PlantedSecret.make("next")),
            ])
        case "token": return .json(["error": "invalid_grant", "error_description": .string(told)], status: 400)
        default: return .json([["id": 1]])
        }
    }

    private static let authentications = [
        "{type: bearer, token: \"${KEY}\"}",
        "{type: api_key, name: X-Key, api_key: \"${KEY}\"}",
        "{type: api_key, name: api_key, location: query, api_key: \"${KEY}\"}",
        "{type: api_key, name: k, location: cookie, api_key: \"${KEY}\"}",
        "{type: http_basic, username: demo-user, password: \"${KEY}\"}",
        "{type: bearer, token: \"\(secret)-written-down\"}",
        "{type: oauth2_client_credentials, access_token_url: \"${URL}/token\", client_id: demo, client_secret: \"${KEY}\"}",
        "{type: oauth2_refresh_token, access_token_url: \"${URL}/token\", client_id: demo, refresh_token: \"${KEY}\"}",
        "{type: oauth2_client_credentials, access_token_url: \"${URL}/token-well\", client_id: demo, client_secret: \"${KEY}\"}",
        "{type: oauth2_refresh_token, access_token_url: \"${URL}/token-well\", client_id: demo, refresh_token: \"${KEY}\"}",
        "{type: oauth2_jwt, client_id: demo, private_key: \"${KEY}\", auth_endpoint: \"${URL}/token\", scopes: [a]}",
    ]

    private static let ways = ["401", "403", "500", "404", "html", "no-json", "error", "redirect", "no-link", "same"]

    @Test(arguments: authentications)
    func `an API that repeats what it is told gets nobody to repeat it`(authentication: String) throws {
        let server = try LoopbackServer { Self.echo($0) }
        let place = try Place()
        let resources = Self.ways.map { way in
            let paginator =
                ["no-link", "same"].contains(way) ? ", paginator: {type: json_link, next_url_path: next}" : ""
            return "  - {name: r-\(way), endpoint: {path: \"${KEY}/\(way)\", params: {p: \"${KEY}\"}\(paginator)}}\n"
        }
        try place.folder.write(
            "api.yaml",
            """
            client:
              base_url: "${URL}"
              headers: {X-Secret: "${KEY}", Cookie: "a=${KEY}"}
              auth: \(authentication)
              session: {max_attempts: 2, backoff_factor: 0.01}
            resources:
            \(resources.joined())
            """)
        let variables = ["KEY": Self.secret, "URL": server.url]
        for options in ["-v", "--log-format json --workers 1"] {
            let result = try place.shell(
                "dlt-extract rest api.yaml \(options) | tee stream | dlt-normalize --pipeline p --events events --rejects rejects -v | dlt-load sqlite:///x.db -v",
                variables)
            #expect(result.status != 0, "\(result)")
        }
        // A key that is none cannot sign, so nobody is asked.
        #expect(server.requests.isEmpty == authentication.contains("jwt"))
        // The configuration, and the refresh token that the server has put in the place of the first one.
        let found = try PlantedSecret.files(below: place.folder.path).filter {
            !$0.hasSuffix("/api.yaml") && !$0.hasPrefix(place.folder.path("data/credentials/"))
        }
        #expect(found.isEmpty, "\(found)")
    }

    /// A secret that is put where it does not belong is refused without being repeated.
    @Test(arguments: [
        "client: {base_url: \"${KEY}\"}", "client: {base_url: \"http://h\", auth: {type: \"${KEY}\"}}",
        "client: {base_url: \"http://h\", paginator: \"${KEY}\"}",
        "client: {base_url: \"http://h\", headers: {a: \"{${KEY}\"}}",
        "client: {base_url: \"http://h\", \"${KEY}\": 1}", "client: {base_url: \"ftp://${KEY}@h\"}",
        "client: {base_url: \"http://u:\(secret)@127.0.0.1:1/\", session: {max_attempts: 1}}",
        "client: {base_url: \"http://127.0.0.1:1\", session: {proxy: \"http://u:\(secret)@127.0.0.1:1\", max_attempts: 1}}",
        "client: {base_url: \"http://127.0.0.1:1/${KEY}?key=${KEY}\", session: {max_attempts: 1}}",
        "client: {base_url: \"http://h\", auth: {token: \(secret): x}}", "client: [\(secret)",
        "client: {auth: \"${KEY:-\(secret)\"}",
    ])
    func `a misplaced secret is not repeated`(client: String) throws {
        let place = try Place()
        try place.folder.write("api.yaml", "\(client)\nresources: [{name: r, endpoint: {path: x}}]\n")
        for option in ["-v", "--check"] {
            let result = try place.shell("dlt-extract rest api.yaml \(option)", ["KEY": Self.secret])
            #expect(option == "--check" || result.status != 0, "\(result)")
        }
    }

    @Test(arguments: [
        "key = \"\(secret)", "key = \(secret)", "[sources\nkey = \"\(secret)\"", "key = \"\(secret)\"\nkey = 1",
        "\(secret)",
    ])
    func `a file of secrets that is broken is not quoted`(text: String) throws {
        let place = try Place()
        try place.folder.write(".dlt/secrets.toml", text)
        try place.folder.write(
            "api.yaml",
            "client: {base_url: \"http://h\", auth: {token: \"${KEY}\"}}\nresources: [{name: r, endpoint: {path: x}}]\n"
        )
        let result = try place.shell("dlt-extract rest api.yaml -v")
        #expect(result.status == 78, "\(result)")
    }

    /// Every program that takes the URL of a destination, with every spelling that does not work.
    @Test(arguments: [
        "postgresql://u:\(secret)@127.0.0.1:1/x", "postgresql://u:a/\(secret)@h/x", "postgresql://u:a@\(secret)@h/x",
        "postgresql:/u:\(secret)@h/x", "u:\(secret)@h/x", "mysql://u:\(secret)@h/x", "sqlite://u:\(secret)@h/x",
        "postgresql://127.0.0.1:1/x?user=u&password=\(secret)", "postgresql://u:%zz\(secret)@h/x",
        "postgresql://u:\(secret)@\u{301}h/x", "postgresql:/\u{301}/u:\(secret)@h/x",
        "postgresql://h/x?\u{301}password=\(secret)",
    ])
    func `no program repeats the password of a URL`(url: String) throws {
        let place = try Place()
        let package = try place.package()
        let commands = [
            "dlt-load \"$U\" --pending --pipeline p -v", "dlt-load \"$U\" --sql \(package)",
            "dlt-load \"$U\" --dry-run \(package) --log-format json",
            "dlt-state pull \"$U\" --pipeline p -v", "dlt-state push \"$U\" --pipeline p",
            "dlt-state show \"$U\"", "dlt-state packages show \"$U\"", "dlt-schema show \"$U\" --pipeline p",
            "dlt-schema history \"$U\" --pipeline p",
            "dlt-schema diff \"$U\" --pipeline p", "dlt-schema validate \"$U\"",
            "dlt-schema import \"$U\" --pipeline p", "dlt-extract files \"$U\"",
            "dlt-normalize \"$U\"", "dlt-extract rest \"$U\"",
        ]
        // What is no URL is a path to those that take paths, and is told as such.
        for command in commands where url.contains("://") || command.hasPrefix("dlt-load") || command.contains(" pu") {
            _ = try place.shell("timeout -k 1 20 \(command)", ["U": url])
        }
        #expect(try PlantedSecret.files(below: place.folder.path).isEmpty)
    }

    @Test func `a command is not repeated with its arguments`() throws {
        let place = try Place()
        for end in ["exit 3", "exit 0", "echo no json", "kill -9 $$"] {
            let result = try place.shell(
                "dlt-extract exec -v -- sh -c '\(end)' \(Self.secret) | tee stream | dlt-normalize --pipeline p -v --events events"
            )
            #expect(!result.stderr.isEmpty)
        }
        #expect(try PlantedSecret.files(below: place.folder.path).isEmpty)
    }

    /// Whoever may list processes sees arguments and nothing else: no secret is handed on to a child in one.
    @Test func `children are not told secrets in arguments`() throws {
        let place = try Place()
        try place.folder.write("x.jsonl", "{\"a\":1}\n")
        try place.folder.write(
            "schema.yaml", "version: 1\nengine_version: 11\nname: p\ntables: {t: {columns: {a: {data_type: bigint}}}}\n"
        )
        let result = try place.shell(
            """
            for command in "dlt-normalize --pipeline p --table t --schema schema.yaml" "dlt-extract exec -- cat x.jsonl"; do
              strace -f -qq -e trace=execve -o trace $command < x.jsonl >/dev/null && tail -n +2 trace | grep -c "$KEY" >> told
            done; cat told
            """, ["KEY": Self.secret])
        // The environment is handed on, as by any shell, and is not among the arguments; strace is not on every machine.
        #expect(result.lines.allSatisfy { $0 == "0" }, "\(result)")
    }

    @Test func `an alert's address is a secret`() throws {
        let place = try Place()
        try place.folder.write("address", "http://127.0.0.1:1/services/\(Self.secret)")
        let made = try place.shell(
            "dlt-normalize --pipeline p --table t --events /dev/stderr >/dev/null", stdin: "{\"a\":1}\n")
        let events = made.stderr.split(separator: "\n").filter { $0.hasPrefix("{") }.joined(separator: "\n") + "\n"
        for options in ["--webhook @address", "--slack-webhook @address", "--webhook ftp://u:\(Self.secret)@h"] {
            let result = try place.shell("dlt-schema alert - \(options) --pipeline p -v --retries 0", stdin: events)
            #expect(result.status == 69 || result.status == 64, "\(result)")
        }
    }
}
