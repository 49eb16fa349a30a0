import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

/// dlt-init rest as a person runs it.
struct RESTCommandTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String, environment: [String: String] = [:]) throws -> ProgramResult {
        try runShell(script, environment: environment, currentDirectory: folder.path)
    }

    private static let pets = """
        openapi: 3.1.0
        info: {title: Pets, version: '2'}
        servers: [{url: 'SERVER'}]
        security: [{token: []}]
        paths:
          /owners:
            get:
              tags: [people]
              parameters: [{name: cursor, in: query, schema: {type: string}}, {name: limit, in: query, schema: {type: integer, maximum: 2}}]
              responses:
                '200':
                  description: ok
                  content:
                    application/json:
                      schema: {properties: {data: {type: array, items: {$ref: '#/components/schemas/Owner'}}, next_cursor: {type: [string, 'null']}}}
          /owners/{owner_id}/pets:
            get: {responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {properties: {id: {type: integer}}}}}}}}}
          /broken: {$ref: 'elsewhere.yaml#/x'}
        components:
          schemas: {Owner: {properties: {id: {type: integer}}}}
          securitySchemes: {token: {type: http, scheme: bearer}}
        """

    @Test func `the configuration passes the check and reads every record once`() throws {
        let server = try LoopbackServer { request in
            guard request.header("Authorization") == "Bearer geheim" else { return ServerReply(401) }
            switch (request.path, request["cursor"]) {
            case ("/owners", nil): return .json(["data": [["id": 1], ["id": 2]], "next_cursor": "c"])
            case ("/owners", "c"): return .json(["data": [["id": 3]], "next_cursor": .null])
            default: return .json([["id": .integer(Int(request.path.split(separator: "/")[1]) ?? 0)]])
            }
        }
        try folder.write("pets.openapi.yaml", Self.pets.replacing("SERVER", with: server.url))
        let made = try shell("dlt-init rest pets.openapi.yaml -o pets.yaml")
        #expect(made.status == 0 && made.stdout.isEmpty, "\(made)")
        #expect(made.stderr.contains("/broken is left out: line 18:"), "\(made)")
        let environment = ["PETS_TOKEN": "geheim", "DLT_DATA_DIR": folder.path("data")]
        let check = try shell("dlt-extract rest pets.yaml --check", environment: environment)
        #expect(check.status == 0, "\(check)")
        let read = try shell(
            "dlt-extract rest pets.yaml | jq -c 'select(.record).record | [.id, ._owners_id]' | sort",
            environment: environment)
        #expect(read.lines == ["[1,1]", "[1,null]", "[2,2]", "[2,null]", "[3,3]", "[3,null]"], "\(read)")
    }

    @Test func `a file that exists is kept without --force`() throws {
        try folder.write("api.yaml", Self.pets)
        try folder.write("mine.yaml", "mine")
        let refused = try shell("dlt-init rest api.yaml -o mine.yaml")
        #expect(refused.status == 73 && refused.stderr.contains("--force"), "\(refused)")
        #expect(try folder.text("mine.yaml") == "mine")
        #expect(try shell("dlt-init rest api.yaml -o mine.yaml --force -q").status == 0)
        #expect(try folder.text("mine.yaml").hasPrefix("# Pets 2"))
    }

    @Test func `a device, a pipe and a link stay what they are`() throws {
        try folder.write("api.yaml", Self.pets.replacing("SERVER", with: "https://api.example.com"))
        let result = try shell(
            """
            mkfifo pipe; cat pipe > read & dlt-init rest api.yaml -q -o pipe; wait; test -p pipe && head -n 1 read
            touch real; ln -s real link; dlt-init rest api.yaml -q -o link --force; test -L link && head -n 1 real
            dlt-init rest api.yaml -q -o /dev/stdout | head -n 1
            dlt-init rest api.yaml -q -o - | head -n 1
            """)
        #expect(result.lines == Array(repeating: "# Pets 2: configuration for dlt-extract rest", count: 4), "\(result)")
    }

    @Test func `standard input and a URL are read as files are`() throws {
        let text = Self.pets.replacing("SERVER", with: "https://api.example.com")
        let server = try LoopbackServer { _ in ServerReply(text: text) }
        try folder.write("api.yaml", text)
        let results = try [
            "dlt-init rest - -q < api.yaml", "dlt-init rest \(server.url)/api.yaml -q", "dlt-init rest api.yaml -q",
        ]
        .map { try shell($0) }
        for result in results { #expect(result.status == 0, "\(result)") }
        // The first lines name the source, and a mark is made of all that stands before the resources.
        func body(_ result: ProgramResult) -> [String] {
            result.lines.filter { !$0.hasPrefix("# Made") && !$0.hasPrefix("  # made as") }
        }
        #expect(body(results[0]) == body(results[2]))
        #expect(body(results[1]) == body(results[2]))
    }

    @Test func `the list and the report name what was decided`() throws {
        try folder.write("api.yaml", Self.pets)
        let list = try shell("dlt-init rest api.yaml --list")
        #expect(list.lines.contains { $0.hasPrefix("pets ") && $0.contains("owners") }, "\(list)")
        let report = try JSONValue(parsing: try shell("dlt-init rest api.yaml --report json -q").stdout)
        let endpoints = report["endpoints"]?.arrayValue ?? []
        #expect(endpoints.compactMap { $0["kind"]?.stringValue } == ["list", "list", "broken"])
        #expect(endpoints[0]["paginator", "cursor_path"] == "next_cursor")
        #expect(endpoints[2]["problems"]?.arrayValue?.first?["line"] == 18)
    }

    @Test(arguments: [
        ("rest nothing.yaml", 66), ("rest api.yaml --select nothing", 64), ("rest api.yaml --server 2", 64),
        ("rest api.yaml --auth nothing", 64), ("rest bad.yaml", 65), ("rest list.yaml", 65), ("api.yaml", 64),
        ("rest api.yaml --list -o x.yaml", 64), ("rest http://127.0.0.1:1/x", 69), ("rest api.yaml -o no/x.yaml", 73),
    ])
    func `what cannot be done ends with its status`(arguments: String, status: Int32) throws {
        try folder.write("api.yaml", Self.pets)
        try folder.write("bad.yaml", "a: [")
        try folder.write("list.yaml", "openapi: 3.0.0\npaths: {}")
        let result = try shell("dlt-init \(arguments)")
        #expect(result.status == status, "\(result)")
        #expect(result.stderr.contains("hint: "), "\(result)")
    }
}
