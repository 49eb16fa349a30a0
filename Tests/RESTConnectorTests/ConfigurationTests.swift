import Documents
import JSONText
import LoopbackServer
import SQLite
import SystemIO
import TestSupport
import Testing

@testable import RESTConnector

struct ConfigurationTests {
    private func check(_ text: String, name: String = "api.yaml", environment: [String: String] = [:]) throws
        -> ProgramResult
    {
        let fixture = try RESTFixture()
        return try fixture.extract(text, "--check", name: name, environment: environment).result
    }

    @Test(arguments: [
        ("client: {base_url: \"https://a\", paginatr: auto}\nresources: [x]", 1, "did you mean `paginator`"),
        ("client: {base_url: a}\nresources: [x]", 1, "`a` is not a URL"),
        ("client: {}\nresources: [x]", 1, "needs the key `base_url`"),
        ("client: {base_url: \"https://a\"}\nresources: []", 2, "there is no resource"),
        ("client: {base_url: \"https://a\"}\nresources:\n- x\n- x", 4, "the name x is taken"),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- name: x\n  endpoint:\n    path: y\n    params: 5", 6,
            "expected a mapping, found a number"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- name: x\n  endpoint: \"{resources.nope.id}\"", 3,
            "there is no resource nope"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- name: x\n  endpoint: \"{id}\"", 4,
            "`{id}` is not among the endpoint's params"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- name: x\n  endpoint: \"{resources.x\"", 4,
            "`{` lacks its `}`"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: \"{resources.y.id}\"}\n- {name: y, endpoint: \"{resources.x.id}\"}",
            3, "circle"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: p}\n- {name: q}\n- {name: x, endpoint: \"{resources.p.id}/{resources.q.id}\"}",
            5, "several resources (p, q)"
        ),
        ("client: {base_url: \"https://a\"}\nresources:\n- {name: x, include_from_parent: [id]}", 3, "no parent"),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {json: {a: 1}, data: {b: 2}}}", 3,
            "`json` and `data` are both given"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {paginator: {type: offset}}}", 3,
            "needs the key `limit`"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {paginator: ofset}}", 3,
            "did you mean `offset`"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {paginator: {type: page_number, total_path: null, stop_after_empty_page: false}}}",
            3, "nothing would end the paging"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {data_selector: \"$..a\"}}", 3,
            "`..` is not supported"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {params: {a: {type: resolve, resource: p, field: id}}}}\n- p",
            3, "needs a placeholder of its name"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {params: {a: \"{incremental.start_value}\"}}}",
            3, "needs the endpoint's `incremental`"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, endpoint: {params: {a: {type: incremental, cursor_path: t, initial_value: 1, end_value: 2}}}}",
            3, "a parameter has only a start"
        ),
        (
            "client: {base_url: \"https://a\"}\nresources:\n- {name: x, processing_steps: [{filter: \"lambda r: True\"}]}",
            3, "expected a condition"
        ),
        (
            "client: {base_url: \"https://a\", auth: {token: \"${NOT_SET_1}\"}}\nresources: [x]", 1,
            "there is no value for ${NOT_SET_1}"
        ),
        ("client: {base_url: \"https://a\"\nresources: [x]", 2, "expected"),
        ("client: {base_url: \"https://a\"}\nresources: [x]\nclient: {}", 3, "the key client appears twice"),
    ])
    func `a mistake is told with its line`(text: String, line: Int, words: String) throws {
        let result = try check(text)
        #expect(result.status == 78, "\(result)")
        #expect(result.stderr.contains("api.yaml:\(line)"), "\(result.stderr)")
        #expect(result.stderr.contains(words), "\(result.stderr)")
        #expect(result.stdout.isEmpty)
    }

    @Test func `a missing libyaml is no mistake of the configuration`() throws {
        let folder = try WorkDirectory()
        try folder.write("libyaml-0.so.2", "not a library\n")
        let result = try check("client: {}", environment: ["LD_LIBRARY_PATH": folder.path])
        #expect(result.status == 69 && result.stderr.contains("unable to read "), "\(result)")
        #expect(result.stderr.contains("apt-get install libyaml-0-2"), "\(result)")
    }

    @Test func `all mistakes are told at once`() throws {
        let result = try check(
            "client: {base_url: \"https://a\", x: 1}\nresources:\n- {nme: a}\n- {name: b, endpoint: {y: 1}}")
        #expect(result.stderr.contains("4 mistakes"), "\(result.stderr)")
    }

    @Test func `the three formats say the same`() throws {
        let yaml =
            "client:\n  base_url: https://a.example\nresources:\n- x\n- name: y\n  endpoint: {path: z, params: {n: 1}}"
        let json =
            #"{"client": {"base_url": "https://a.example"}, "resources": ["x", {"name": "y", "endpoint": {"path": "z", "params": {"n": 1}}}]}"#
        let toml =
            "resources = [\"x\", {name = \"y\", endpoint = {path = \"z\", params = {n = 1}}}]\n[client]\nbase_url = \"https://a.example\""
        let printed = try check(yaml).stdout
        #expect(printed.contains("GET z"))
        #expect(try check(json, name: "api.json").stdout == printed)
        #expect(try check(toml, name: "api.toml").stdout == printed)
        let broken = try check("[client]\nbase_url = https", name: "api.toml")
        #expect(broken.status == 78 && broken.stderr.contains("api.toml:2"))
        #expect(try check("{\"client\":\n {}", name: "api.json").stderr.contains("api.json:2"))
    }

    @Test func `a check makes no request`() throws {
        let server = try DemoSite.start()
        let result = try check("client: {base_url: \"\(server.url)\"}\nresources: [parents]")
        #expect(result.status == 0)
        #expect(result.stdout.contains("parents"))
        #expect(server.requests.isEmpty)
    }

    /// Variables come from the environment, from secrets.toml, and by dlt's names; what is missing tells where it was sought.
    @Test func `secrets come from where dlt looks for them`() throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        let explicit = """
            client: {base_url: "\(server.url)", auth: {type: bearer, token: "${SOURCES__DEMO__TOKEN}"}}
            resources: [{name: items, endpoint: auth/bearer}]
            """
        let missing = try fixture.extract(explicit, "--check")
        #expect(missing.status == 78 && missing.result.stderr.contains("SOURCES__DEMO__TOKEN"))
        let fromEnvironment = try fixture.extract(explicit, environment: ["SOURCES__DEMO__TOKEN": DemoSite.token])
        #expect(fromEnvironment.ids("items") == [1, 2])
        try Files.makeDirectory(fixture.folder.path(".dlt"))
        try fixture.folder.write(".dlt/secrets.toml", "[sources.demo]\ntoken = \"\(DemoSite.token)\"")
        #expect(try fixture.extract(explicit).ids("items") == [1, 2])

        // The data directory is that of the command line, for a check as for a run.
        try Files.removeTree(fixture.folder.path(".dlt"))
        try fixture.folder.write("elsewhere/secrets.toml", "[sources.demo]\ntoken = \"\(DemoSite.token)\"")
        #expect(try fixture.extract(explicit, "--check").status == 78)
        for arguments in [["--check", "--data-dir", "elsewhere"], ["--data-dir", "elsewhere"]] {
            #expect(try fixture.extract(explicit, arguments).status == 0)
        }
        let named = try fixture.extract(explicit, "--check", "--data-dir", "empty")
        #expect(named.result.stderr.contains("config.toml in ./.dlt or empty"))

        let implicit = """
            client: {base_url: "\(server.url)", auth: bearer}
            resources: [{name: items, endpoint: auth/bearer}]
            """
        let told = try fixture.extract(implicit)
        #expect(told.status == 78 && told.result.stderr.contains("SOURCES__REST_API__API__CREDENTIALS__TOKEN"))
        let found = try fixture.extract(
            implicit, environment: ["SOURCES__REST_API__CREDENTIALS__TOKEN": DemoSite.token])
        #expect(found.ids("items") == [1, 2])
    }

    @Test func `defaults are merged key by key`() throws {
        let server = try DemoSite.start()
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)", headers: {X-A: one, X-B: two}}
            resource_defaults:
              write_disposition: merge
              primary_key: id
              endpoint: {params: {total: 3, limit: 2}, paginator: {type: offset, limit: 2}}
            resources:
            - {name: pages/offset, table_name: all}
            - {name: few, primary_key: [name, id], endpoint: {path: pages/offset, headers: {X-B: three}, params: {total: 1}}}
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("pages/offset") == [1, 2, 3])
        #expect(read.ids("few") == [1])
        let schemas = read.messages.filter { $0["type"] == "SCHEMA" }
        #expect(schemas[0]["key_properties"] == ["id"] && schemas[0]["dlt", "write_disposition"] == "merge")
        #expect(schemas[0]["dlt", "table_name"] == "all")
        #expect(schemas[1]["key_properties"] == ["name", "id"])
        let few = try #require(server.requests.first { $0["total"] == "1" })
        #expect(few.header("x-a") == "one" && few.header("x-b") == "three")
    }

    @Test func `the JSON Schema is the one that is shipped`() throws {
        let printed = try run(program: "dlt-extract", arguments: ["rest", "--json-schema"])
        let schema = try JSONValue(parsing: printed.stdout)
        #expect(schema["$defs", "client", "required"] == ["base_url"])
        #expect(schema["$defs", "client", "additionalProperties"] == false)
        let shipped = try Files.readAll(repository("examples/rest.schema.json"))
        #expect(
            String(decoding: shipped, as: UTF8.self) == printed.stdout,
            "run `dlt-extract rest --json-schema > examples/rest.schema.json`")
    }
}

/// The examples, each against the demo site.
struct ExampleTests {
    @Test(
        arguments: try Files.list(repository("examples")).filter {
            ["yaml", "json", "toml"].contains(Paths.fileExtension($0)) && $0 != "rest.schema.json"
        })
    func `an example runs`(name: String) throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        let environment = [
            "API_URL": server.url, "API_TOKEN": DemoSite.token, "API_KEY": DemoSite.apiKey, "API_USER": DemoSite.user,
            "API_PASSWORD": DemoSite.password, "API_CLIENT_ID": DemoSite.clientID,
            "API_CLIENT_SECRET": DemoSite.clientSecret,
        ]
        let result = try fixture.pipe(repository("examples/\(name)"), environment: environment)
        #expect(result.status == 0, "\(result)")
        let database = try Database.open(fixture.folder.path("x.db"))
        if name.hasPrefix("parent") {
            #expect(try database.integer("SELECT count(*) FROM parents") == 7)
            #expect(try database.integer("SELECT count(DISTINCT id) FROM children") == 21)
            #expect(try database.integer("SELECT count(DISTINCT _parents_name) FROM children") == 7)
            #expect(try database.integer("SELECT count(*) FROM details") == 7)
        } else {
            #expect(try database.integer("SELECT count(*) FROM items") == 25)
        }
    }
}

/// Each way of authentication, written as dlt writes it.
struct AuthenticationTests {
    @Test(arguments: [
        ("bearer", "{type: bearer, token: \(DemoSite.token)}"), ("bearer", "{token: \(DemoSite.token)}"),
        ("key-header", "{type: api_key, name: X-Api-Key, api_key: \(DemoSite.apiKey)}"),
        ("key-query", "{type: api_key, name: api_key, api_key: \(DemoSite.apiKey), location: query}"),
        ("key-query", "{type: api_key, name: api_key, api_key: \(DemoSite.apiKey), location: param}"),
        ("key-cookie", "{type: api_key, name: api_key, api_key: \(DemoSite.apiKey), location: cookie}"),
        ("basic", "{type: http_basic, username: \(DemoSite.user), password: \(DemoSite.password)}"),
        (
            "oauth",
            "{type: oauth2_client_credentials, access_token_url: URL/oauth/token, client_id: \(DemoSite.clientID), client_secret: \(DemoSite.clientSecret)}"
        ),
        (
            "oauth",
            "{type: oauth2_refresh_token, access_token_url: URL/oauth/token, client_id: \(DemoSite.clientID), client_secret: \(DemoSite.clientSecret), refresh_token: \(DemoSite.refreshToken)}"
        ),
    ])
    func `the right credentials are shown`(path: String, auth: String) throws {
        let server = try DemoSite.start()
        let auth = auth.replacing("URL", with: server.url)
        let fixture = try RESTFixture()
        let onClient =
            "client: {base_url: \"\(server.url)\", auth: \(auth)}\nresources: [{name: x, endpoint: auth/\(path)}]"
        // A refresh token is good once: what came in its place is kept for the second run.
        for _ in 1...2 {
            let read = try fixture.extract(onClient)
            #expect(read.ids("x") == [1, 2], "\(read.result.stderr)")
        }
        let wrong = try fixture.extract(
            "client: {base_url: \"\(server.url)\"}\nresources: [{name: x, endpoint: auth/\(path)}]")
        #expect(wrong.status == 77 && wrong.result.stderr.contains("401"), "\(wrong.result.stderr)")
        let onEndpoint =
            "client: {base_url: \"\(server.url)\", auth: {token: wrong}}\n"
            + "resources: [{name: x, endpoint: {path: auth/\(path), auth: \(auth)}}]"
        if !auth.contains("refresh") {
            #expect(try fixture.extract(onEndpoint).ids("x") == [1, 2])
        }
    }
}
