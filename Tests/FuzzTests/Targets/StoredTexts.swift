import Destinations
import Digests
import JSONText
import PipelineStates

extension FuzzTarget {
    /// The pipeline state and schemas as they lie in a destination.
    static let storedText = FuzzTarget(name: "stored-text") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let decoded = Base64.decode(text) {
            try require(Base64.decode(Base64.encode(decoded, padding: true)) == decoded, "Base64 comes back as another")
        }
        if let state = try? StoredState(loadID: "1", text: text) {
            let document = JSONValue.object(state.state.document)
            let again = try StoredText.document(StoredText.compressed(document))
            try require(again == document, "the state is another after packing")
        }
        _ = try? StoredSchema(hash: "h", text: text)
        // Whatever JSON it is, it can be kept.
        if let document = try? JSONValue(parsing: bytes) {
            try require(try StoredText.document(StoredText.compressed(document)) == document, "it is another")
        }
    }
}
