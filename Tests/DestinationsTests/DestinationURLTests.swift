import Destinations
import Testing

@Suite struct DestinationURLTests {
    @Test(arguments: [
        ("postgresql://u:p@ss@h:5/db?x=1&password=abc", "postgresql://u:***@h:5/db?x=1&password=***"),
        ("postgresql+psycopg2://u@h/db", "postgresql://u@h/db"), ("SQLITE:///x.db", "sqlite:///x.db"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("md:shop?motherduck_token=abc&x=1", "md:shop?motherduck_token=***&x=1"),
        ("ducklake:postgres:dbname=a password=abc host=h", "ducklake:postgres:dbname=a password=*** host=h"),
        ("ducklake:postgres:password=abc dbname=b", "ducklake:postgres:password=*** dbname=b"),
        ("ducklake:postgres:password='a b\\' c' dbname=b", "ducklake:postgres:password=*** dbname=b"),
        ("ducklake:postgres:password='a b dbname=b", "ducklake:postgres:password=***"),
        ("ducklake:postgres:postgresql://u:a?b c@h/db", "ducklake:postgres:postgresql://u:***@h/db"),
        (
            "postgresql://u:p@\u{301}h/db?\u{301}password=\u{301}abc",
            "postgresql://u:***@\u{301}h/db?\u{301}password=***"
        ),
    ])
    func `a URL is shown without its secrets`(_ url: String, _ shown: String) {
        #expect(DestinationURL(url)?.masked == shown)
    }

    @Test(arguments: ["x.db", "://x", "1a://x", "sq lite:///x", ""])
    func `what is no URL is told apart`(_ text: String) { #expect(DestinationURL(text) == nil) }
}
