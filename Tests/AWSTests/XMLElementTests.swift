import AWS
import Testing

struct XMLElementTests {
    private func parsed(_ text: String) -> XMLElement? { XMLElement(parsing: Array(text.utf8)) }

    @Test func `elements, text and references are read`() throws {
        let root = try #require(
            parsed(
                """
                <?xml version="1.0" encoding="UTF-8"?><!-- a list --><l:List xmlns:l="urn:x">
                <Key>a &amp; b&#x20;&#252;&lt;</Key><Key><![CDATA[<raw>&amp;]]></Key><Empty/><Deep a="1"><In> x </In></Deep></l:List>
                """))
        #expect(root.name == "List")
        #expect(root.all("Key").map(\.text) == ["a & b ü<", "<raw>&amp;"])
        #expect(root["Empty"]?.text == "")
        #expect(root["Deep"]?["In"]?.text == " x ")
    }

    @Test(
        arguments: [
            "", "text", "<a>", "<a></b>", "<a>&unknown;</a>", "<a>&#xD800;</a>", "<a>&#1114112;</a>", "<a><!-- </a>",
            "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "<>", "</a>", "<a", "<a>&",
            String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40),
        ])
    func `what is not such a document is refused`(text: String) { #expect(parsed(text) == nil) }
}
