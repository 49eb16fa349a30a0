import JSONText
import SystemIO
import TestSupport
import Testing

@testable import Scaffolding

/// Text of descriptions stays text.
struct HostileTests {
    private static let texts = [
        "a\nauth: {type: bearer, token: x}", "a\r\nb: c", "${HOME}", "$${HOME}", "$(id)", "`id`", "%h", "\" b: c",
        "' b: c", "#", "a # b",
        "{resources.a.b}", "}{", "{{}}", "\u{2028}x: y", "\u{85}x: y", "\u{202E}abc", "\u{0}", "\u{1B}[31m", "- a",
        "? a", "&a", "*a", "!!x", "<<",
        "@a", "%YAML 1.1", "---", "...", "null", "yes", "1e5", "0x1", "~", "", " ", "\t", "a: b", "é", "日本",
        "\u{1F600}", "\\", "\\n", "\"",
        "${", "$${", "{", "}", "$", "a/../b", "//x", "?a=b", "a b", String(repeating: "x", count: 3000),
    ]

    /// The texts in every place from which text may come.
    private func description() -> JSONValue {
        var paths: JSONObject = [:]
        for (index, text) in Self.texts.enumerated() {
            let record: JSONValue = [
                "type": "object",
                "properties": .object(["id": ["type": "integer"], text: ["type": "string", "format": "date-time"]]),
            ]
            let schema: JSONValue = [
                "type": "object",
                "properties": .object([
                    text + "s": ["type": "array", "items": record], "next_" + text: ["type": "string"],
                ]),
            ]
            let parameters: JSONValue = [
                [
                    "name": .string(text + "_"), "in": "query", "required": true,
                    "schema": ["type": "string", "default": .string(text)],
                ],
                ["name": .string("h" + text), "in": "header", "required": true, "schema": ["type": "string"]],
            ]
            let media: JSONValue = ["application/json": ["schema": schema]]
            paths["/p\(index)/\(text)/things"] = [
                "get": [
                    "summary": .string(text), "description": .string(text), "tags": [.string(text)],
                    "parameters": parameters,
                    "security": [.object([text: []])],
                    "responses": ["200": ["description": .string(text), "content": media]],
                ]
            ]
        }
        var schemes: JSONObject = [:]
        for text in Self.texts {
            schemes[text] = [
                "type": "apiKey", "in": "header", "name": .string("X" + text), "description": .string(text),
            ]
        }
        return [
            "openapi": "3.0.0", "info": ["title": .string(Self.texts.joined()), "version": .string("1\n2: 3")],
            "servers": [
                [
                    "url": "https://{\nx}.example.com/${HOME}",
                    "variables": ["\nx": ["default": "a\"b", "description": "\nq: r"]],
                ]
            ],
            "paths": .object(paths), "components": ["securitySchemes": .object(schemes)],
        ]
    }

    @Test func `hostile names make a configuration that passes the check and says what they said`() throws {
        let folder = try WorkDirectory()
        try folder.write("api.json", description().serialized())
        let made = try run(
            program: "dlt-init", arguments: ["rest", "api.json", "-o", "out.yaml", "-q"], currentDirectory: folder.path)
        #expect(made.status == 0, "\(made)")
        let text = try folder.text("out.yaml")
        let inputs = text.split(separator: "\n").filter { $0.hasPrefix("# ") && $0.contains(": ") }
            .compactMap { $0.dropFirst(2).split(separator: ":").first.map(String.init) }
            .filter {
                !$0.isEmpty && $0.utf8.allSatisfy { ($0 >= 0x41 && $0 <= 0x5A) || $0 == 0x5F || $0 &- 0x30 <= 9 }
            }
        var environment: [String: String] = ["HOME": "stolen"]
        for input in inputs { environment[input] = "value" }
        let check = try run(
            program: "dlt-extract", arguments: ["rest", "out.yaml", "--check", "--json"], environment: environment,
            currentDirectory: folder.path)
        #expect(check.status == 0, "\(check)")
        #expect(!check.stdout.contains("stolen"), "\(check)")
        #expect(
            !text.utf8.contains(0x1B) && !text.unicodeScalars.contains("\u{202E}")
                && !text.unicodeScalars.contains("\u{2028}"))
        // Comments hold nothing that something else could take for its own.
        for line in text.split(separator: "\n") where line.drop(while: { $0 == " " }).hasPrefix("#") {
            #expect(!line.contains("`") && !line.contains("$("), "\(line)")
        }
        _ = try run(
            program: "dlt-init", arguments: ["rest", "api.json", "-o", "out.yaml", "--force", "-q"],
            currentDirectory: folder.path)
        #expect(try folder.text("out.yaml") == text)
    }

    @Test func `names in doubts do not leave the comment`() throws {
        let list = "{type: array, items: {type: object, properties: {x: {type: string}}}}"
        let text = try Sketch.configuration(
            Sketch.list(
                parameters: "[{name: \"per\\npage\", in: query, schema: {type: integer}}]",
                schema: "{type: object, properties: {one: \(list), \"two\\nevil: ${HOME}\\u2028x: y\": \(list)}}"))
        #expect(text.contains("two evil: '{HOME} x: y"), "\(text)")
        #expect(!text.unicodeScalars.contains("\u{2028}"))
        for line in text.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix(" ") {
            #expect(["client:", "resources:"].contains(line), "\(line)")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "data: {type: array, items: {type: object}}, "])
    func `thousands of members like their object take bounded time`(list: String) throws {
        let own = "{$ref: '#/components/schemas/A'}"
        let members = (0..<2500).map { "p\($0): \(own)" }.joined(separator: ", ")
        let text = Sketch.list(
            parameters: "[{name: limit, in: query, schema: {type: integer}}]", schema: own,
            more: "components: {schemas: {A: {type: object, properties: {\(list)\(members)}}}}")
        #expect(try Sketch.scaffold(text).endpoints.first?.kind == (list.isEmpty ? .single : .list))
    }

    /// 40 MB that would take much more if each value had memory of its own; 300 MB are allowed.
    @Test func `large and recursive descriptions take bounded memory`() throws {
        let folder = try WorkDirectory()
        let script = """
            { printf '{"openapi":"3.0.0","paths":{"/things":{"get":{"responses":{"200":{"content":{"application/json":{"schema":'
              printf '{"type":"array","items":{"$ref":"#/components/schemas/S0"}}}}}}}}},"components":{"schemas":{'
              for i in $(seq 0 60); do printf '"S%d":{"allOf":[{"$ref":"#/components/schemas/S%d"},{"$ref":"#/components/schemas/S%d"}]},' $i $((i+1)) $(((i+2) % 60)); done
              printf '"S61":{"$ref":"#/components/schemas/S61"}}},"x":"'; head -c 40M /dev/zero | tr '\\0' x; printf '"}'; } > big.json
            { echo 'openapi: 3.0.0'; echo 'a0: &a0 [x]'; for i in $(seq 1 60); do
              echo "a$i: &a$i {<<: [*a$((i-1)), *a$((i-1))], k: [*a$((i-1)), *a$((i-1))]}"; done
              echo 'paths: {/things: {get: {responses: {200: {content: {application/json: {schema: *a60}}}}}}}'; } > bomb.yaml
            ulimit -d 300000
            dlt-init rest big.json --list; echo $?
            dlt-init rest bomb.yaml --list; echo $?
            """
        let result = try runShell(script, currentDirectory: folder.path, timeoutSeconds: 60)
        let statuses = result.lines.filter { $0.utf8.count <= 2 }
        #expect(statuses.count == 2 && statuses.allSatisfy { $0 == "0" || $0 == "65" }, "\(result)")
    }
}
