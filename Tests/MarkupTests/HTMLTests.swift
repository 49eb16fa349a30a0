import Markup
import Testing

@Suite struct HTMLTests {
    private func text(_ html: HTML) -> String { String(decoding: html.bytes, as: UTF8.self) }

    @Test func `text that is put into markup stays text`() {
        let name = "<script>alert('\"&\")</script>"
        let html: HTML = "<td title=\"\(name)\">\(name)</td>"
        let escaped = "&lt;script&gt;alert(&#39;&quot;&amp;&quot;)&lt;/script&gt;"
        #expect(text(html) == "<td title=\"\(escaped)\">\(escaped)</td>")
    }

    @Test func `markup that is put into markup stays markup`() {
        let inner: HTML = "<b>\("a<b")</b>"
        #expect(
            text("<p>\(inner)\([inner, inner].joined(" "))</p>") == "<p><b>a&lt;b</b><b>a&lt;b</b> <b>a&lt;b</b></p>")
        #expect(text("<p>\(nil as HTML?)\(3)</p>") == "<p>3</p>")
    }

    @Test func `control characters and overrides of the writing direction are shown`() {
        let hidden = "a\u{202E}b\u{0}c\u{2066}d\u{7F}\u{FEFF}"
        #expect(text(HTML(hidden)) == "a\\u{202e}b\\u{0}c\\u{2066}d\\u{7f}\\u{feff}")
        let harmless = "ü\n\t漢🙂"
        #expect(text(HTML(harmless)) == harmless)
    }
}
