import Digests
import Failures
package import JSONText
package import PipelineStates
package import Schemas
import Zlib

/// A row of `_dlt_version`.
package struct StoredSchema: Sendable {
    package let hash: String
    package let schema: Schema

    package init(hash: String, schema: Schema) {
        self.hash = hash
        self.schema = schema
    }

    /// - Parameter text: the document as JSON, or compressed as dlt does where text is limited.
    package init(hash: String, text: String) throws(DestinationError) {
        self.hash = hash
        do { schema = try Schema(document: StoredText.document(text)) } catch {
            throw DestinationError(
                .unusable, "unable to read the schema with hash \(hash) from the destination: \(error)",
                hint: "it was written by a newer dlt or is damaged")
        }
    }
}

/// A row of `_dlt_pipeline_state`.
package struct StoredState: Sendable {
    package let loadID: String
    package let state: PipelineState

    package init(loadID: String, state: PipelineState) {
        self.loadID = loadID
        self.state = state
    }

    package init(loadID: String, text: String) throws(DestinationError) {
        self.loadID = loadID
        let document: JSONValue
        do { document = try StoredText.document(text) } catch {
            throw DestinationError(.unusable, "unable to read the pipeline state of load \(loadID): \(error)")
        }
        guard case .object(let object) = document else {
            throw DestinationError(
                .unusable, "unable to read the pipeline state of load \(loadID): it is not an object")
        }
        let engine = object["_state_engine_version"]?.intValue ?? 0
        guard engine <= PipelineState.engineVersion else {
            throw DestinationError(
                .unusable,
                "unable to read the pipeline state of load \(loadID): its engine version \(engine) is newer than "
                    + "\(PipelineState.engineVersion), the newest this program knows")
        }
        state = PipelineState(document: object)
    }
}

/// How text columns store documents: as JSON, or as Base64 of zlib of JSON.
package enum StoredText {
    struct Unreadable: Error, CustomStringConvertible {
        let description = "it is neither JSON nor compressed JSON"
    }

    package static func compressed(_ document: JSONValue) -> String {
        Base64.encode(Deflate.zlibCompress(document.serializedBytes(), level: 9), padding: true)
    }

    package static func document(_ text: String) throws -> JSONValue {
        if text.utf8.first == UInt8(ascii: "{") { return try JSONValue(parsing: text) }
        guard let bytes = Base64.decode(text) else { throw Unreadable() }
        return try JSONValue(parsing: Deflate.zlibDecompress(bytes))
    }
}
