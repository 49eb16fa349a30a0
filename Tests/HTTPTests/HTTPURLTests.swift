import Encodings
import HTTP
import Secrets
import Testing

struct HTTPURLTests {
    @Test(arguments: [
        ("https://api.example.org", "https://api.example.org/"),
        ("HTTPS://API.Example.org:443/a%20b?x=1#part", "https://api.example.org/a%20b?x=1"),
        ("http://127.0.0.1:8080?x", "http://127.0.0.1:8080/?x"),
        ("http://u:p@[::1]:8080/", "http://u:p@[::1]:8080/"),
        ("http://[::1]/", "http://[::1]/"),
        ("http://h/a b\u{e9}|", "http://h/a%20b%C3%A9%7C"),
        ("http://h:80/", "http://h/"),
        ("http://u:p@h:8080/\u{301}?\u{301}#\u{301}", "http://u:p@h:8080/%CC%81?%CC%81"),
        ("http://h?\u{301}", "http://h/?%CC%81"),
    ])
    func `URLs are read and written`(text: String, expected: String) throws {
        #expect(try #require(HTTPURL(text)).text == expected)
    }

    @Test(arguments: [
        "", "api.example.org/a", "/a", "ftp://h/", "file:///etc/passwd", "http:", "http://", "http:///x",
        "https://h:x/",
        "https://h:99999/", "http://a b/", "javascript:alert(1)", "http://h\r\nX: y/",
    ])
    func `what is no URL of http is none`(text: String) {
        #expect(HTTPURL(text) == nil)
    }

    // RFC 3986, 5.4, as far as http goes.
    @Test(arguments: [
        ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
        ("//g", "http://g/"), ("g?\u{301}", "http://a/b/c/g?%CC%81"), ("/\u{301}", "http://a/%CC%81"),
        ("g#\u{301}:", "http://a/b/c/g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"), (";x", "http://a/b/c/;x"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"),
        ("../../../g", "http://a/g"), ("/./g", "http://a/g"), ("g.", "http://a/b/c/g."), ("./../g", "http://a/b/g"),
        ("g/./h", "http://a/b/c/g/h"), ("g?y/../x", "http://a/b/c/g?y/../x"), ("https://x/y", "https://x/y"),
        ("issues?since=10:30", "http://a/b/c/issues?since=10:30"),
    ])
    func `links lead where the RFC says`(link: String, expected: String) throws {
        let base = try #require(HTTPURL("http://a/b/c/d;p?q"))
        #expect(base.resolving(link)?.text == expected)
    }

    @Test func `links to other schemes lead nowhere`() throws {
        let base = try #require(HTTPURL("https://a/b"))
        #expect(base.resolving("mailto:x@y") == nil)
        #expect(base.resolving("ftp://h/") == nil)
    }

    @Test func `values survive a query whatever they hold`() throws {
        let nasty = ["a b", "1+1=2&x", "é€😀", "100%", "%41", "#?/", "", "\u{0}\n"]
        var url = try #require(HTTPURL("http://h/p?first=1"))
        for value in nasty { url.appendQuery("n & m", value) }
        let items = try #require(HTTPURL(url.text)?.query).split(separator: "&").map { item in
            item.split(separator: "=", omittingEmptySubsequences: false).map { part in
                String(decoding: PercentEncoding.decoded(part.utf8), as: UTF8.self)
            }
        }
        #expect(items == [["first", "1"]] + nasty.map { ["n & m", $0] })
        #expect(String(decoding: HTTPURL.form([("a", "x y"), ("b", "&")]), as: UTF8.self) == "a=x%20y&b=%26")
    }

    @Test func `secrets of the query, of the user and known ones are not shown`() {
        Secrets.keep("s3cr3t/value")
        #expect(
            HTTPURL.shown(
                "https://u:p@h/a?page=2&api_key=abc&access_token=d%20e&sort=key&X-Amz-Signature=f&empty_token")
                == "https://***@h/a?page=2&api_key=***&access_token=***&sort=key&X-Amz-Signature=***&empty_token")
        #expect(HTTPURL.shown("https://h/s3cr3t/value?q=s3cr3t%2Fvalue") == "https://h/***?q=***")
        #expect(HTTPURL.shown("not a url s3cr3t/value") == "not a url ***")
    }

    @Test(arguments: [
        ("http://a/x?b=2&a=1", "http://A:80/x?a=1&b=2", true), ("http://a/x?q=2%3A3", "http://a/x?q=2:3", true),
        ("http://a", "http://a/", true), ("http://a/x#f", "http://a/x", true), ("http://a/x", "https://a/x", false),
        ("http://a/x?a=1&a=2", "http://a/x?a=2&a=1", false), ("http://a/x?p=1", "http://a/x?p=2", false),
        ("http://a/x", "http://a/x?p=1", false), ("http://a/x", "http://a:81/x", false),
    ])
    func `two texts may be one URL`(left: String, right: String, isSame: Bool) throws {
        let (left, right) = (try #require(HTTPURL(left)), try #require(HTTPURL(right)))
        #expect(left.leadsWhere(right) == isSame && right.leadsWhere(left) == isSame)
    }
}
