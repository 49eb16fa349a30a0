import Secrets
import Testing

struct SecretsTests {
    @Test func `what is kept is hidden wherever it stands, as it is and percent-encoded`() {
        Secrets.keep("s3cr3t/value")
        #expect(Secrets.hidden("the token s3cr3t/value is wrong: s3cr3t/value") == "the token *** is wrong: ***")
        #expect(Secrets.hidden("q=s3cr3t%2Fvalue") == "q=***")
        // With the mark the last letter is another character to Swift.
        #expect(Secrets.hidden("s3cr3t/value\u{301}") == "***\u{301}")
    }

    @Test(arguments: [
        (["files", "--primary-key", "id", "a b.csv"], ["files", "--primary-key", "id", "a b.csv"]),
        (
            ["--api-token", "T", "--header", "Authorization: T"],
            ["--api-token", "***", "--header", "Authorization:***"]
        ),
        (
            ["--password=T", "DB_PASSWORD=T", "key=T", "page=T"],
            ["--password=***", "DB_PASSWORD=***", "key=***", "page=T"]
        ),
        (["postgresql://u:T@h/x", "https://h/x?api_key=T"], ["postgresql://u:***@h/x", "https://h/x?api_key=***"]),
        (["u:T@h/x", "{\"a\":[{\"api_key\":\"T\",\"b\":1}]}"], ["u:…", "{\"a\":[{\"api_key\":\"***\",\"b\":1}]}"]),
        (["exec", "-v", "--", "curl", "-u", "T"], ["exec", "-v", "--", "curl", "…"]),
        (["exec", "--command", "a=curl -u T", "--command=b=T2"], ["exec", "--command", "a=curl …", "--command=b=T2"]),
    ])
    func `arguments are kept without what may be a secret`(arguments: [String], shown: [String]) {
        #expect(Secrets.masked(arguments: arguments) == shown)
    }

    @Test func `what is very short is not looked for`() {
        Secrets.keep("wz3")
        #expect(Secrets.hidden("wz3") == "wz3")
        #expect(!Secrets.isHideable("wz3") && Secrets.isHideable("wz3q"))
    }

    @Test func `an excerpt never ends inside of a secret`() {
        Secrets.keep("excerpted-secret")
        #expect(Secrets.excerpt("it is excerpted-secret".utf8, 10) == "it is ***")
    }

    @Test(arguments: [
        ("postgresql://u:p@ss@h:5/db?x=1&password=abc", "postgresql://u:***@h:5/db?x=1&password=***"),
        ("postgresql://u@h/db", "postgresql://u@h/db"), ("sqlite:///a:b@c.db?x", "sqlite:///a:b@c.db?x"),
        ("s3://bucket/a@b", "s3://bucket/a@b"), ("x.db", "x.db"), ("postgresql://u:a/b@h/x", "postgresql://u:***@h/x"),
        ("postgresql://u:a?b@h/x", "postgresql://u:***@h/x"), ("mysql://h:3306/x?a=b@c", "mysql://h:3306/x?a=b@c"),
        ("md://db?motherduck_token=eyJ&x", "md://db?motherduck_token=***&x"),
        ("snowflake://u@a/d?private_key=MII&warehouse=w", "snowflake://u@a/d?private_key=***&warehouse=w"),
        ("az://c?sas=sv%3D1", "az://c?sas=***"), ("az://c?sig=a&se=b", "az://c?sig=***&se=b"),
        ("s3://b?pass%77ord=abc", "s3://b?pass%77ord=***"),
        ("postgresql://h/x?target_session_attrs=any", "postgresql://h/x?target_session_attrs=any"),
        (
            "postgresql://u:p@\u{301}h/db?\u{301}password=\u{301}abc",
            "postgresql://u:***@\u{301}h/db?\u{301}password=***"
        ),
    ])
    func `a URL is shown without its secrets`(url: String, shown: String) {
        #expect(Secrets.masked(url: url) == shown)
        #expect(Secrets.hidden("'\(url)' and \(url)") == "'\(shown)' and \(shown)")
    }

    @Test func `paths and queries of APIs stay as they are`() {
        let url = "GET https://h/v1/x:search?q=a@b"
        #expect(Secrets.hidden(url) == url)
    }

    @Test func `of what is no URL nothing after a colon is shown`() {
        #expect(Secrets.masked(mistaken: "u:secret@h/x") == "u:…")
        #expect(Secrets.masked(mistaken: "x:y.db") == "x:y.db")
    }

    @Test func `names of secrets are told from others`() {
        for name in [
            "token", "API_KEY", "apikey", "client_secret", "X-Api-Key", "password", "sig", "access-token", "key",
            "motherduck_token", "private_key", "sas", "sslkey", "AccountKey", "JSESSIONID", "pass",
        ] {
            #expect(Secrets.isSecret(name: name), "\(name)")
        }
        for name in ["page", "limit", "sort", "q", "cursor", "since", "design", "passive", "warehouse", "codec"] {
            #expect(!Secrets.isSecret(name: name), "\(name)")
        }
    }
}
