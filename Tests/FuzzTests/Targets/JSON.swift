import Coercion
import JSONText

extension FuzzTarget {
    /// The scanner accepts what a simple checker accepts; what it accepts comes back from every layout as it was.
    static let json = FuzzTarget(name: "json") { bytes in
        let expected = StrictJSON.accepts(bytes)
        let tape = JSONTape()
        let accepted =
            (try? bytes.withUnsafeBufferPointer { (text) throws(JSONSyntaxError) in try tape.scan(text) }) != nil
        if let expected { try require(accepted == expected, "accepted: \(accepted), rightly: \(expected)") }
        guard accepted, tape.depth <= StrictJSON.maximumDepth else { return }
        let value = try JSONValue(parsing: bytes)
        for style in [JSONStyle.compact, .sorted, .pretty] {
            let again = try? JSONValue(parsing: value.serializedBytes(style))
            try require(again == value, "laid out as \(style) it is another value")
        }
        try bytes.withUnsafeBufferPointer { text in
            let compact = ByteBuffer()
            appendCompact(text, to: compact)
            try require((try? JSONValue(parsing: compact.bytes)) == value, "made compact it is another value")
            let canonical = ByteBuffer()
            CanonicalJSON(tape: tape, text: text).append(0, to: canonical)
            // Reals beyond doubles have no canonical form, and get none in rows.
            if StrictJSON.accepts(Array(canonical.bytes)) == true {
                let once = Array(canonical.bytes)
                let twice = ByteBuffer()
                let other = JSONTape()
                try once.withUnsafeBufferPointer { text in
                    try other.scan(text)
                    CanonicalJSON(tape: other, text: text).append(0, to: twice)
                }
                try require(twice.bytes.elementsEqual(once), "its canonical form is not its own canonical form")
            }
        }
    }
}
