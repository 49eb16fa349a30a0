import Documents
import JSONText

extension FuzzTarget {
    /// Configuration files; what is read as JSON is what the JSON parser reads, and no format makes texts that are not JSON.
    static let documents = FuzzTarget(name: "documents") { bytes in
        var input = FuzzInput(bytes)
        let kind = input.option(below: 3)
        let text = input.bytes
        let document: JSONValue
        switch kind {
        case 0: document = try YAMLDocument.read(text).json
        case 1: document = try TOMLDocument.read(text).json
        default:
            document = try JSONDocument.read(text).json
            try require((try? JSONValue(parsing: text)) == document, "read with lines it is another value")
        }
        let written = document.serializedBytes()
        try require(StrictJSON.accepts(written) != false, "no JSON: \(String(decoding: written, as: UTF8.self))")
    }
}
