import JSONText
import SystemIO
import TestSupport
import Testing

@testable import Scaffolding

/// Requests in place of descriptions.
struct ExchangeTests {
    @Test func `command lines are read by the rules of a shell`() {
        let commands = CurlReader.commands("$ curl \\\n 'a b'\"c\\\"d\"e\\ f $'x\\'y'\nls | curl g; # h\n")
        #expect(commands == [["$", "curl", "a bc\"de f", "x'y"], ["ls"], ["curl", "g"], ["#", "h"]])
    }

    @Test(arguments: [
        ("curl https://a.example.com/x?b=1", "GET", "/x"), ("curl -XPOST https://a.example.com/x", "POST", "/x"),
        ("curl -d '{}' https://a.example.com/x", "POST", "/x"), ("curl -G -d b=1 a.example.com/x", "GET", "/x"),
        ("/usr/bin/curl -sSL --max-time 5 -o f --url https://a.example.com/x", "GET", "/x"),
    ])
    func `a command line is a request`(line: String, method: String, path: String) throws {
        let exchange = try #require(CurlReader.exchanges(line).first)
        #expect(exchange.method == method)
        #expect(exchange.path == path)
        #expect(exchange.server == "https://a.example.com")
    }

    @Test(arguments: [
        "access_token", "accesstoken", "user_key", "hapikey", "appid", "X-Api-Key", "PHPSESSID", "lastpass_token",
        "client-secret",
    ])
    func `a name of a credential is known`(name: String) { #expect(Exchange.isSecret(name)) }

    @Test(arguments: ["page_token", "nextPageToken", "skiptoken", "sort_key", "author", "state", "keyword", "cursor"])
    func `other names are not`(name: String) { #expect(!Exchange.isSecret(name)) }

    @Test func `a value like a secret is not written, whatever its name`() throws {
        let exchanges = CurlReader.exchanges(
            "curl 'https://a.example.com/x?k=b6907d289e10d714a6e88b30761fae22&state=all&day=2026-01-02'")
        let text = try #require(ExchangeDescription(exchanges, title: "x")).document.serialized()
        #expect(!text.contains("b6907d289e10d714a6e88b30761fae22"))
        #expect(text.contains("all") && text.contains("2026-01-02"))
    }

    @Test(arguments: [
        ("/v2/orders/17/lines", "/v2/orders/{order_id}/lines"), ("/v1/companies/acme", "/v1/companies/acme"),
        ("/a/0b8f7a52-8a44-4f0e-9d2f-6b6f0f3c2d11", "/a/{a_id}"), ("/boxes/1/2", "/boxes/{box_id}/{box_id_2}"),
        ("/", "/"),
    ])
    func `what looks like a key is a variable`(path: String, template: String) {
        #expect(ExchangeDescription.template(path) == template)
    }

    private static let har = """
        {"log": {"entries": [
          {"request": {"method": "GET", "url": "https://api.example.com/v1/customers?limit=2&state=all&api_key=PLANTED", "headers": [
            {"name": "Authorization", "value": "Bearer PLANTED"}, {"name": "cookie", "value": "a=PLANTED"}]},
           "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "encoding": "base64",
            "text": "eyJkYXRhIjpbeyJpZCI6MX1dLCJuZXh0X2N1cnNvciI6ImMifQ=="}}},
          {"request": {"method": "GET", "url": "https://api.example.com/v1/customers?limit=2&state=all&cursor=c", "headers": []},
           "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": "{\\"data\\":[],\\"next_cursor\\":null}"}}},
          {"request": {"method": "GET", "url": "https://api.example.com/v1/customers/1/orders", "headers": []},
           "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": "[{\\"id\\": 7}]"}}}]}}
        """
    private static let postman = """
        {"auth": {"type": "bearer", "bearer": [{"key": "token", "value": "PLANTED"}]}, "variable": [{"key": "host", "value": "https://api.example.com"}],
         "item": [{"item": [
          {"request": {"method": "GET", "header": [], "url": {"raw": "{{host}}/v1/customers?limit=2&state=all&cursor=x"}},
           "response": [{"code": 200, "body": "{\\"data\\":[{\\"id\\":1}],\\"next_cursor\\":\\"c\\"}"}]},
          {"request": {"method": "GET", "header": [], "url": {"raw": "{{host}}/v1/customers/:id/orders"}}, "response": [{"code": 200, "body": "[{\\"id\\": 7}]"}]}]}]}
        """

    @Test(arguments: [("--har", har), ("--postman", postman)])
    func `recordings give the configuration of a description, without a secret`(option: String, text: String) throws {
        let folder = try WorkDirectory()
        try folder.write("shop", text)
        let result = try run(program: "dlt-init", arguments: ["rest", option, "shop"], currentDirectory: folder.path)
        #expect(result.status == 0, "\(result)")
        for line in [
            "base_url: \"https://api.example.com\"", "token: \"${SHOP_TOKEN}\"", "path: v1/customers", "limit: 2",
            "state: all",
            "data_selector: data", "cursor_path: next_cursor", "primary_key: id",
            "path: \"v1/customers/{resources.customers.id}/orders\"",
        ] {
            #expect(result.stdout.contains("\(line)\n"), "\(line): \(result)")
        }
        #expect(!result.stdout.contains("PLANTED") && !result.stderr.contains("PLANTED"))
    }

    @Test func `curl lines without answers leave doubts, and no secret`() throws {
        let script = """
            printf '%s\\n' "curl -u me:PLANTED 'https://api.example.com/v1/orders?page=1&per_page=5&access_token=PLANTED'" "curl https://api.example.com/v1/orders/1042" |
              dlt-init rest --curl - | tee out.yaml
            API_API_KEY=k API_USERNAME=u API_PASSWORD=p API_ACCESS_TOKEN=t dlt-extract rest out.yaml --check
            """
        let folder = try WorkDirectory()
        let result = try runShell(script, currentDirectory: folder.path)
        #expect(result.status == 0, "\(result)")
        #expect(
            result.stdout.contains("type: page_number\n") && result.stdout.contains("no answer was seen"), "\(result)")
        #expect(!result.stdout.contains("PLANTED") && !result.stderr.contains("PLANTED"))
    }

    @Test(arguments: ["--har", "--postman", "--curl"])
    func `something else is refused`(option: String) throws {
        let folder = try WorkDirectory()
        try folder.write("x", "{}")
        let result = try run(program: "dlt-init", arguments: ["rest", option, "x"], currentDirectory: folder.path)
        #expect(result.status == 65 && result.stderr.contains("hint: "), "\(result)")
    }
}
