import OpenAPI
import SystemIO
import TestSupport
import Testing

/// dlt-init mock, read by the configuration that dlt-init rest makes.
struct MockTests {
    /// A way to page, as a description has it: parameters, and members of the answer beside the records.
    static let pagings: [(parameters: String, others: String)] = [
        ("[{name: cursor, in: query, schema: {type: string}}]", "next_cursor: {type: string}"),
        (
            "[{name: from, in: query, schema: {type: integer}}, {name: limit, in: query, schema: {type: integer}}]",
            "next: {type: integer}"
        ),
        ("[{name: starting_after, in: query, schema: {type: string}}]", "has_more: {type: boolean}"),
        ("[{name: after, in: query, schema: {type: string}}]", ""),
        (
            "[{name: offset, in: query, schema: {type: integer}}, {name: limit, in: query, schema: {type: integer, maximum: 100}}]",
            "total: {type: integer}"
        ),
        ("[{name: page, in: query, schema: {type: integer, minimum: 0}}]", "total_pages: {type: integer}"),
        (
            "[{name: page, in: query, schema: {type: integer, default: 1}}, {name: per_page, in: query, schema: {type: integer}}]",
            ""
        ),
        ("[]", "links: {properties: {next: {type: string, format: uri}}}"),
        ("[]", ""),
    ]

    private static let schemes = [
        "{type: http, scheme: bearer}", "{type: http, scheme: basic}", "{type: apiKey, in: header, name: X-Key}",
        "{type: apiKey, in: query, name: key}",
        "{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.example.com', scopes: {}}}}",
    ]

    /// One description in which every way to page is a list, the first of them with children.
    private static func description(scheme: String) -> String {
        var text =
            "openapi: 3.0.3\ninfo: {title: Mock, version: '1'}\nservers: [{url: https://api.example.com/v1}]\nsecurity: [{s: []}]\npaths:\n"
        for (index, paging) in pagings.enumerated() {
            let schema = Sketch.answer(
                paging.others, record: "id: {type: \(index % 2 == 0 ? "integer" : "string")}, name: {type: string}")
            text +=
                "  /things\(index): {get: {parameters: \(paging.parameters), responses: {'200': {content: {application/json: {schema: \(schema)}}}}}}\n"
        }
        text +=
            "  /things0/{id}/parts: {get: {responses: {'200': {content: {application/json: {schema: {type: array, items: {properties: {id: {type: string, format: uuid}}}}}}}}}}\n"
        return text + "components: {securitySchemes: {s: \(scheme)}}\n"
    }

    @Test(arguments: schemes)
    func `each list arrives once and whole by the generated configuration`(scheme: String) throws {
        let folder = try WorkDirectory()
        try folder.write("api.yaml", Self.description(scheme: scheme))
        let script = """
            mkfifo url
            dlt-init mock api.yaml -o mock.yaml -q > url &
            trap "kill $!; wait" EXIT
            read -r url < url
            set -o pipefail
            dlt-extract rest mock.yaml --check > /dev/null || exit
            dlt-extract rest mock.yaml |
              jq -r 'select(.type == "RECORD") | "\\(.stream) \\(.record.id)"' | sort | uniq -c |
              awk '{ count[$2]++; twice[$2] += $1 - 1 } END { for (name in count) print name, count[name], twice[name] }' | sort
            MOCK_TOKEN=wrong MOCK_API_KEY= dlt-extract rest mock.yaml --resource things1 --no-resume > /dev/null 2>&1; echo $?
            """
        let result = try runShell(
            script,
            environment: [
                "MOCK_TOKEN": "right", "MOCK_API_KEY": "k", "MOCK_USERNAME": "u", "MOCK_PASSWORD": "p",
                "MOCK_CLIENT_ID": "c",
                "MOCK_CLIENT_SECRET": "s", "DLT_DATA_DIR": folder.path("data"),
            ], currentDirectory: folder.path, timeoutSeconds: 300)
        let expected = (["parts 237 0"] + Self.pagings.indices.map { "things\($0) 237 0" })
        #expect(result.lines.dropLast() == expected[...], "\(result)")
        if scheme.contains("bearer") { #expect(result.lines.last == "77", "\(result)") }
    }
}
