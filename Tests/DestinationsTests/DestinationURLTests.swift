import Destinations
import Testing

@Suite struct DestinationURLTests {
    @Test(arguments: [
        ("postgresql://u:p@ss@h:5/db?x=1&password=abc", "postgresql://u:***@h:5/db?x=1&password=***"),
        ("postgresql+psycopg2://u@h/db", "postgresql://u@h/db"), ("SQLITE:///x.db", "sqlite:///x.db"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
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
