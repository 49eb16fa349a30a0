import JSONText
import Markup

/// An event of a schema, as a program has written it into its journal, for people: in words, with all of it after them.
enum EventWords {
    static func html(_ event: JSONObject) -> HTML {
        let all = JSONValue.object(event)
        return """
            <details class="long"><summary>\(HTML.clipped(words(event), to: 600))</summary>\
            <pre tabindex="0">\(HTML.clipped(all.serialized(.pretty), to: 4000))</pre></details>
            """
    }

    static func words(_ event: JSONObject) -> String {
        func text(_ name: String) -> String? { event[name]?.stringValue }
        // Programs of later versions may have others.
        guard let name = text("event") else { return JSONValue.object(event).serialized() }
        var words = name.replacing("_", with: " ")
        if let reason = text("reason") { return words + ": " + reason }
        let place = [text("table"), text("column") ?? text("child")].compactMap { $0 }.joined(separator: ".")
        if !place.isEmpty { words += ": " + place }
        if let type = text("data_type"), !type.isEmpty { words += ", \(type)" }
        if let expected = text("expected"), let got = text("got") { words += ", expected \(expected), got \(got)" }
        if let key = text("key"), let value = text("value") { words += ", first in \(key): \(value)" }
        return words
    }
}
