import OpenAPI
import Testing

@testable import Scaffolding

struct CredentialTests {
    private func client(_ scheme: String, security: String = "[{s: []}]") throws -> [String] {
        let text = try Sketch.configuration(
            Sketch.list(
                schema: Sketch.answer(), operation: "security: \(security)",
                more: "components: {securitySchemes: {s: \(scheme), t: {type: apiKey, in: header, name: X-Second}}}"))
        let lines = text.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: "client:"))
        let end = try #require(lines.firstIndex(of: "resources:"))
        return lines[start..<end].filter { !$0.contains("#") }.map { String($0.drop { $0 == " " }) }
    }

    @Test(arguments: [
        ("{type: http, scheme: bearer}", ["type: bearer", "token: \"${THINGS_TOKEN}\""]),
        (
            "{type: http, scheme: basic}",
            ["type: http_basic", "username: \"${THINGS_USERNAME}\"", "password: \"${THINGS_PASSWORD}\""]
        ),
        (
            "{type: apiKey, in: query, name: key}",
            ["type: api_key", "api_key: \"${THINGS_API_KEY}\"", "name: key", "location: query"]
        ),
        (
            "{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.example.com/t', scopes: {}}}}",
            [
                "type: oauth2_client_credentials", "access_token_url: \"https://id.example.com/t\"",
                "client_id: \"${THINGS_CLIENT_ID}\"", "client_secret: \"${THINGS_CLIENT_SECRET}\"",
            ]
        ),
        (
            "{type: oauth2, flows: {authorizationCode: {authorizationUrl: 'https://x', tokenUrl: 'https://y', scopes: {}}}}",
            ["type: bearer", "token: \"${THINGS_TOKEN}\""]
        ),
    ])
    func `a security scheme becomes credentials`(scheme: String, expected: [String]) throws {
        let lines = try client(scheme)
        #expect(Array(lines.drop { $0 != "auth:" }.dropFirst()) == expected, "\(lines)")
    }

    @Test func `of two keys at once one is a header`() throws {
        let lines = try client("{type: apiKey, in: header, name: X-First}", security: "[{s: [], t: []}]")
        #expect(lines.contains("X-Second: \"${THINGS_X_SECOND}\""), "\(lines)")
        #expect(lines.contains("name: X-First"))
    }

    @Test func `an endpoint without security sends what the client sends`() throws {
        #expect(try client("{type: http, scheme: bearer}", security: "[]").contains("auth:") == false)
    }

    @Test(arguments: [
        (
            "[{url: 'https://{region}.example.com/v1', variables: {region: {default: eu}}}]",
            "\"https://${THINGS_REGION:-eu}.example.com/v1\""
        ),
        (
            "[{url: 'https://{tenant}.example.com', variables: {tenant: {default: your-tenant}}}]",
            "\"https://${THINGS_TENANT}.example.com\""
        ),
        ("[{url: /api/v3}]", "\"${THINGS_BASE_URL}\""),
        ("[]", "\"${THINGS_BASE_URL}\""),
    ])
    func `the server's variables are inputs`(servers: String, base: String) throws {
        let text = Sketch.list(schema: Sketch.answer())
            .replacing("servers: [{url: https://api.example.com/v1}]", with: "servers: \(servers)")
        #expect(try Sketch.configuration(text).contains("base_url: \(base)\n"))
    }

    @Test func `a relative server is at the host of the description`() throws {
        let text = Sketch.list(schema: Sketch.answer())
            .replacing("servers: [{url: https://api.example.com/v1}]", with: "servers: [{url: /api/v3}]")
        let options = ScaffoldOptions(sourceURL: "https://docs.example.com/x/openapi.yaml")
        #expect(try Sketch.configuration(text, options).contains("base_url: \"https://docs.example.com/api/v3\"\n"))
    }
}
